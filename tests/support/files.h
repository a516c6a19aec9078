#pragma once
// Reading test data, plain or gzip. A target that uses this links ZLIB::ZLIB.

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>
#include <zlib.h>

namespace xinglin::test {

/// The bytes of a file, unpacked if it is gzip. Throws std::runtime_error when it cannot be read.
inline std::string read_file(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error("cannot open " + path.string());
  std::string bytes;
  char buffer[1 << 16];
  int got = 0;
  while ((got = gzread(file, buffer, sizeof buffer)) > 0)
    bytes.append(buffer, static_cast<size_t>(got));
  gzclose(file);
  if (got < 0) throw std::runtime_error("cannot read " + path.string());
  return bytes;
}

/// The files of a folder whose name ends so, sorted.
inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().ends_with(ending)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace xinglin::test
