#include "server/intake/files.h"

#include "lib/base/id.h"
#include "lib/base/issue.h"
#include "lib/base/text.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>

namespace xinglin::intake {

namespace fs = std::filesystem;
using base::Refusal;
using base::Refused;

namespace {

constexpr size_t k_read_bytes = 1u << 20;

[[noreturn]] void refuse(Refusal refusal, std::string_view code, const std::string& path, const std::string& text) {
  base::Issue issue;
  issue.code = code;
  issue.text = text;
  issue.file = path;
  base::Issues issues;
  issues.add(std::move(issue));
  throw Refused(refusal, std::move(issues));
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  auto ends_with = [&](std::string_view ending) { // in capitals too
    return name.size() >= ending.size() &&
           std::equal(ending.begin(), ending.end(), name.end() - static_cast<std::ptrdiff_t>(ending.size()),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
  };
  if (ends_with(".gz")) name.remove_suffix(3);
  return std::any_of(endings.begin(), endings.end(), ends_with);
}

bool is_lines(std::string_view name) {
  return ends_with_any(name, {".ndjson", ".jsonl"});
}

/// Types that others refer to come first.
int rank(const fs::path& path) {
  static constexpr std::array<std::string_view, 8> k_first = {"Organization",     "Location", "Practitioner",
                                                              "PractitionerRole", "Patient",  "RelatedPerson",
                                                              "Questionnaire",    "Encounter"};
  const std::string name = path.filename().string();
  if (!is_lines(name)) return -1; // bundles keep to the order of their names
  const std::string stem = name.substr(0, name.find_first_of(".-"));
  const auto found = std::find(k_first.begin(), k_first.end(), stem);
  return static_cast<int>(found - k_first.begin());
}

/// zlib reads plain files as they are and unpacks the others.
class Reader {
public:
  explicit Reader(const std::string& path) : m_path(path), m_file(gzopen(path.c_str(), "rb"), gzclose) {
    if (!m_file)
      refuse(errno == ENOENT ? Refusal::not_found : Refusal::unavailable, errno == ENOENT ? "not-found" : "exception",
             path, "The file cannot be opened: " + std::generic_category().message(errno) + ".");
    gzbuffer(m_file.get(), 256u << 10);
  }
  /// Fewer than asked only at the end.
  size_t read(char* to, size_t bytes) {
    const int got = gzread(m_file.get(), to, static_cast<unsigned>(bytes));
    int error = Z_OK;
    const char* text = gzerror(m_file.get(), &error);
    // A gzip file that ends early reads as a short file with Z_BUF_ERROR.
    if (got < 0 || error == Z_BUF_ERROR || error == Z_DATA_ERROR)
      refuse(Refusal::malformed, "structure", m_path,
             std::string("The file cannot be read: ") + (text && *text ? text : "damaged") + "; fetch it again.");
    return static_cast<size_t>(got);
  }

private:
  std::string m_path;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> m_file;
};

} // namespace

std::vector<File> find_files(const std::vector<std::string>& paths) {
  std::vector<File> files;
  for (const std::string& path : paths) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (!fs::exists(status)) refuse(Refusal::not_found, "not-found", path, "There is no such file or directory.");
    if (!fs::is_directory(status)) {
      files.push_back({path, is_lines(path)});
      continue;
    }
    std::vector<fs::path> found;
    for (fs::recursive_directory_iterator it(path, failed), end; it != end && !failed; it.increment(failed))
      if (it->is_regular_file() && ends_with_any(it->path().string(), {".json", ".ndjson", ".jsonl"}))
        found.push_back(it->path());
    if (failed)
      refuse(Refusal::unavailable, "exception", path, "The directory cannot be read: " + failed.message() + ".");
    if (found.empty())
      refuse(
          Refusal::not_found, "not-found", path,
          "There is nothing to read in this directory; of a directory *.json, *.ndjson and *.jsonl are read, also with "
          ".gz.");
    std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
      return std::make_tuple(rank(a), a.string()) < std::make_tuple(rank(b), b.string());
    });
    for (const fs::path& file : found)
      files.push_back({file.string(), is_lines(file.string())});
  }
  return files;
}

std::string read_file(const std::string& path) {
  if (fs::is_directory(path)) refuse(Refusal::malformed, "invalid", path, "This is a directory; name a file.");
  Reader reader(path);
  std::string text;
  for (;;) {
    const size_t before = text.size();
    text.resize(before + k_read_bytes);
    const size_t got = reader.read(text.data() + before, k_read_bytes);
    text.resize(before + got);
    if (text.size() > k_file_bytes_max)
      refuse(Refusal::too_large, "too-long", path,
             "The file is over the limit of " + std::to_string(k_file_bytes_max) +
                 " bytes; cut it up, or write one resource a line (NDJSON).");
    if (got < k_read_bytes) return text;
  }
}

std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) refuse(Refusal::not_found, "not-found", path, "The file is not there.");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void read_lines(const std::string& path, const std::function<bool(int line, std::string text)>& each) {
  Reader reader(path);
  std::string piece(k_read_bytes, '\0'), rest;
  int line = 0;
  auto give = [&](std::string text) {
    ++line;
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return base::trim(text).empty() || each(line, std::move(text));
  };
  for (;;) {
    const size_t got = reader.read(piece.data(), piece.size());
    std::string_view unread(piece.data(), got);
    for (size_t end; (end = unread.find('\n')) != std::string_view::npos; unread.remove_prefix(end + 1)) {
      rest.append(unread.substr(0, end));
      if (!give(std::move(rest))) return;
      rest.clear();
    }
    rest.append(unread);
    if (rest.size() > k_file_bytes_max)
      refuse(Refusal::too_large, "too-long", path,
             "Line " + std::to_string(line + 1) + " is over the limit of " + std::to_string(k_file_bytes_max) +
                 " bytes; is this NDJSON?");
    if (got < piece.size()) break;
  }
  if (!rest.empty()) give(std::move(rest));
}

std::string digest_of_file(const std::string& path) {
  // A chain over pieces, so that a file of any length takes little memory.
  Reader reader(path);
  std::string piece(k_read_bytes, '\0'), digest;
  for (;;) {
    const size_t got = reader.read(piece.data(), piece.size());
    digest = base::sha256_hex(digest + base::sha256_hex(std::string_view(piece.data(), got)));
    if (got < piece.size()) return digest;
  }
}

LineWriter::LineWriter(std::string path) : m_path(std::move(path)), m_temporary(m_path + ".part") {
  // Level and header are fixed, so that the same lines give the same bytes.
  m_file = gzopen(m_temporary.c_str(), m_path.ends_with(".gz") ? "wb6" : "wbT");
  if (!m_file) fail("cannot be made");
  gzbuffer(static_cast<gzFile>(m_file), 256u << 10);
}

LineWriter::~LineWriter() {
  if (!m_file) return;
  gzclose(static_cast<gzFile>(m_file));
  std::error_code ignored;
  fs::remove(m_temporary, ignored);
}

void LineWriter::fail(std::string_view what) {
  refuse(Refusal::unavailable, "exception", m_path,
         "The file " + std::string(what) + ": " + std::generic_category().message(errno) + ".");
}

void LineWriter::line(std::string_view text) {
  auto* file = static_cast<gzFile>(m_file);
  // gzwrite of nothing returns 0, which is also its error.
  if ((!text.empty() && gzwrite(file, text.data(), static_cast<unsigned>(text.size())) == 0) || gzputc(file, '\n') < 0)
    fail("cannot be written");
}

void LineWriter::finish() {
  const int closed = gzclose(static_cast<gzFile>(m_file));
  m_file = nullptr;
  if (closed != Z_OK) fail("cannot be written");
  std::error_code failed;
  fs::rename(m_temporary, m_path, failed);
  if (failed) {
    errno = failed.value();
    fail("cannot be put in place");
  }
}

} // namespace xinglin::intake
