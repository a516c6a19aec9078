#include "lib/office/zip.h"

#include "lib/base/issue.h"

#include <fmt/format.h>
#include <zip.h>

namespace xinglin::office {

using base::Refusal;
using base::Refused;

namespace {

constexpr zip_uint16_t k_dos_date = (0 << 9) | (1 << 5) | 1; // 1980-01-01, the first a zip file can say
constexpr zip_uint32_t k_plain_file = 0100644u << 16;        // rw-r--r--

[[noreturn]] void refuse_zip(const std::string& why) {
  throw Refused(Refusal::malformed, "structure",
                "not a readable Office file (zip archive): " + why + "; save it again as .docx or .xlsx");
}

} // namespace

struct ZipReader::Impl {
  ZipLimits limits;
  zip_t* archive = nullptr;
  size_t read_bytes = 0;
  ~Impl() {
    if (archive) zip_discard(archive);
  }
};

ZipReader::ZipReader(std::string_view bytes, const ZipLimits& limits) : m_impl(std::make_unique<Impl>()) {
  m_impl->limits = limits;
  if (bytes.size() > limits.archive_bytes_max)
    throw Refused(
        Refusal::too_large, "too-long",
        fmt::format("the file has {} bytes, the limit is {}; split it", bytes.size(), limits.archive_bytes_max));
  zip_error_t error;
  zip_error_init(&error);
  auto fail = [&] {
    std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    refuse_zip(why);
  };
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (!source) fail();
  m_impl->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (!m_impl->archive) {
    zip_source_free(source);
    fail();
  }
  zip_error_fini(&error);
  auto entries = static_cast<size_t>(zip_get_num_entries(m_impl->archive, 0));
  if (entries > limits.entries_max)
    throw Refused(Refusal::too_large, "too-long",
                  fmt::format("the archive has {} parts, the limit is {}", entries, limits.entries_max));
}

ZipReader::~ZipReader() = default;

std::optional<std::string> ZipReader::read(std::string_view name) {
  std::string key(name);
  zip_int64_t index = zip_name_locate(m_impl->archive, key.c_str(), ZIP_FL_ENC_GUESS);
  if (index < 0) return {};
  zip_file_t* file = zip_fopen_index(m_impl->archive, static_cast<zip_uint64_t>(index), 0);
  if (!file) refuse_zip(key + ": " + zip_strerror(m_impl->archive));
  std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> closing(file, zip_fclose);
  // The size in the header is a claim: what counts is what comes out.
  size_t room = std::min(m_impl->limits.entry_bytes_max, m_impl->limits.total_bytes_max - m_impl->read_bytes);
  std::string out;
  char buffer[1 << 16];
  while (true) {
    zip_int64_t got = zip_fread(file, buffer, sizeof buffer);
    if (got < 0) refuse_zip(key + ": " + zip_file_strerror(file));
    if (got == 0) break;
    if (out.size() + static_cast<size_t>(got) > room)
      throw Refused(Refusal::too_large, "too-long",
                    fmt::format("{} unpacks to more than {} bytes; split the file", key, room));
    out.append(buffer, static_cast<size_t>(got));
  }
  m_impl->read_bytes += out.size();
  return out;
}

std::string write_zip(const std::vector<ZipPart>& parts) {
  auto fail = [](const char* why) {
    throw Refused(Refusal::unavailable, "exception", std::string("cannot write the archive: ") + why);
  };
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (!target) fail(zip_error_strerror(&error));
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  if (!archive) fail(zip_error_strerror(&error));
  zip_source_keep(target); // zip_close gives up the archive's own hold; the bytes are read afterwards
  for (const auto& part : parts) {
    zip_source_t* source = zip_source_buffer(archive, part.bytes.data(), part.bytes.size(), 0);
    zip_int64_t index = source ? zip_file_add(archive, part.name.c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) {
      zip_discard(archive);
      fail(part.name.c_str());
    }
    auto at = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(archive, at, ZIP_CM_DEFLATE, 6);
    zip_file_set_dostime(archive, at, 0, k_dos_date, 0);
    zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_UNIX, k_plain_file);
  }
  if (zip_close(archive) != 0) {
    std::string why = zip_strerror(archive);
    zip_discard(archive);
    fail(why.c_str());
  }
  std::string out;
  if (zip_source_open(target) != 0) fail("cannot read it back");
  char buffer[1 << 16];
  for (zip_int64_t got; (got = zip_source_read(target, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<size_t>(got));
  zip_source_close(target);
  zip_source_free(target);
  zip_error_fini(&error);
  return out;
}

} // namespace xinglin::office
