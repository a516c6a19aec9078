#pragma once
// The real data and public suites stand beside the repository; tests find them through XINGLIN_DATA.

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace xinglin::test {

/// The folder of one data set ("synthea"), or empty after saying `SKIPPED: TEST: reason` on a line of its own, which
/// the test runner counts (and in CI takes for a failure).
inline std::optional<std::filesystem::path> data_folder(const std::string& name, const std::string& test) {
  const char* set = std::getenv("XINGLIN_DATA");
  auto folder = std::filesystem::path(set && *set ? set : "../shared/data") / name;
  if (std::filesystem::is_directory(folder)) return folder;
  std::cout << "SKIPPED: " << test << ": no data at " << folder.string() << " (set XINGLIN_DATA)" << std::endl;
  return {};
}

/// A fresh directory that goes away with the object.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "xinglin-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary directory");
    m_path = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return m_path; }

private:
  std::filesystem::path m_path;
};

} // namespace xinglin::test
