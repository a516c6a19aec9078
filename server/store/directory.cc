#include "server/store/directory.h"

#include "lib/base/issue.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace xinglin::store {

using base::Refusal;
using base::Refused;
namespace fs = std::filesystem;

DirectoryLock::DirectoryLock(const fs::path& directory, bool create) {
  auto refuse = [&](std::string_view what) -> Refused {
    return {Refusal::unavailable, "exception",
            fmt::format("the data directory {} {}; name another with --data", directory.string(), what)};
  };
  std::error_code error;
  fs::file_status status = fs::status(directory, error);
  if (status.type() == fs::file_type::not_found) {
    if (!create) throw refuse("does not exist");
    fs::create_directories(directory, error);
    if (error) throw refuse("cannot be made: " + error.message());
  } else if (status.type() == fs::file_type::none) {
    throw refuse("cannot be read: " + error.message());
  } else if (status.type() != fs::file_type::directory) {
    throw refuse("is not a directory");
  }
  fs::path file = directory / "lock";
  m_file = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (m_file < 0) throw refuse(fmt::format("cannot be written: {}", std::strerror(errno)));
  if (::flock(m_file, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    ssize_t length = ::pread(m_file, holder, sizeof holder - 1, 0);
    ::close(m_file);
    std::string who = length > 0 ? fmt::format(" (process {})", holder) : "";
    throw Refused(
        Refusal::busy, "lock-error",
        fmt::format("the data directory {} is in use by another process{}; stop it, or name another with --data",
                    directory.string(), who));
  }
  // The number is for the message above only; what holds is the lock.
  std::string self = std::to_string(::getpid());
  if (::ftruncate(m_file, 0) == 0) {
    [[maybe_unused]] ssize_t written = ::pwrite(m_file, self.data(), self.size(), 0);
  }
}

DirectoryLock::~DirectoryLock() {
  if (m_file >= 0) ::close(m_file);
}

} // namespace xinglin::store
