#pragma once
// The container of docx and xlsx (ECMA-376 part 2): named parts in a zip file. Written with fixed times, so that the
// same parts give the same bytes; read with limits, because a small archive may unpack to anything.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::office {

struct ZipLimits {
  size_t archive_bytes_max = 64u << 20; ///< of the file as it came
  size_t entries_max = 4096;
  size_t entry_bytes_max = 64u << 20;  ///< of one part, unpacked
  size_t total_bytes_max = 256u << 20; ///< of all parts read, unpacked
};

/// Looks into an archive in memory; `bytes` must outlive it.
class ZipReader {
public:
  /// Throws Refused(malformed) when it is not a zip file, Refused(too_large) over a limit.
  explicit ZipReader(std::string_view bytes, const ZipLimits& limits = {});
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;
  /// The unpacked part, empty when there is none of that name. Throws Refused(malformed) for a damaged or encrypted
  /// part, Refused(too_large) when it unpacks beyond a limit, whatever size its header claims.
  std::optional<std::string> read(std::string_view name);

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

struct ZipPart {
  std::string name, bytes;
};
/// The archive, parts in the given order, dated 1980-01-01: the same parts give the same bytes.
std::string write_zip(const std::vector<ZipPart>& parts);

} // namespace xinglin::office
