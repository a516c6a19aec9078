#include "server/package/check.h"

namespace xinglin::package {

void check(const Catalog&, base::Issues&) {}

} // namespace xinglin::package
