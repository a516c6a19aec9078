#pragma once
// Files of resources as they lie on disk: JSON or NDJSON, plain or gzip.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::intake {

inline constexpr size_t k_file_bytes_max = 64u << 20; ///< a JSON file, unpacked; NDJSON may be longer, its lines not

struct File {
  std::string path;
  bool lines = false; ///< NDJSON
};

/// The files named, and below the directories named all *.json, *.ndjson and *.jsonl, also with .gz. Directories are
/// read in this order, so that what is referred to tends to come first: NDJSON named after a type (Type.ndjson) by
/// Organization, Location, Practitioner, PractitionerRole, Patient, RelatedPerson, Questionnaire, Encounter, then by
/// name. Throws base::Refused(not_found) for what is not there, and for a directory without any.
std::vector<File> find_files(const std::vector<std::string>& paths);

/// The whole file, unpacked. Throws base::Refused: not_found, malformed (damaged gzip), too_large.
std::string read_file(const std::string& path);

/// The bytes as they lie there. Throws base::Refused(not_found).
std::string read_bytes(const std::string& path);

/// Calls `each` with the number (from 1) and text of each line that is not blank; return false to stop. Throws as
/// read_file does.
void read_lines(const std::string& path, const std::function<bool(int line, std::string text)>& each);

/// The same for the same unpacked content, whatever the file is called or packed with.
std::string digest_of_file(const std::string& path);

/// Writes NDJSON into a file beside `path` and puts it in place whole on finish(); gzip where the name ends with .gz.
class LineWriter {
public:
  explicit LineWriter(std::string path);
  ~LineWriter(); ///< without finish() nothing is left behind
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  void line(std::string_view text);
  void finish();

private:
  void fail(std::string_view what);
  std::string m_path;
  std::string m_temporary;
  void* m_file = nullptr;
};

} // namespace xinglin::intake
