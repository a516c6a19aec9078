#pragma once
// Which program this is.

#include <string_view>

namespace xinglin::wiring {

std::string_view program_version(); ///< "0.1.0"
std::string_view program_commit();  ///< the commit it was built from, "unknown" outside a repository

} // namespace xinglin::wiring
