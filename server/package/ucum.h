#pragma once
// The Unified Code for Units of Measure (https://ucum.org/ucum), case sensitive: is a text a unit? The atoms are those
// that health records use.

#include <string>
#include <string_view>

namespace xinglin::package {

/// Empty when `text` is a unit; else what is wrong and the mend, in English.
std::string ucum_problem(std::string_view text);

} // namespace xinglin::package
