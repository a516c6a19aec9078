#include "server/wiring/version.h"

#include "server/wiring/commit.h" // made by the build

namespace xinglin::wiring {

std::string_view program_version() {
  return XINGLIN_VERSION;
}
std::string_view program_commit() {
  return XINGLIN_COMMIT;
}

} // namespace xinglin::wiring
