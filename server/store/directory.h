#pragma once
// The data directory: one process at a time.

#include <filesystem>

namespace xinglin::store {

/// Holds a directory for this process until it goes (or dies: the kernel lets go of the lock).
class DirectoryLock {
public:
  /// Makes the directory if asked. Throws Refused(unavailable) when it is absent, not a directory or not to be written,
  /// Refused(busy) when another process, or another store of this one, holds it.
  DirectoryLock(const std::filesystem::path& directory, bool create);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

private:
  int m_file = -1;
};

} // namespace xinglin::store
