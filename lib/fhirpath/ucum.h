#pragma once
// Units of measure: the Unified Code for Units of Measure (https://ucum.org/ucum, case sensitive form). A unit is an
// exact factor over the seven base units m, s, g, rad, K, C, cd.

#include "lib/base/decimal.h"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace xinglin::fhirpath {

inline constexpr size_t k_unit_size_max = 256; ///< bytes of a unit; a longer one is taken as unknown

/// base value = value × factor + shift
struct Unit {
  base::Rational factor = 1;
  base::Rational shift = 0;                                 ///< of temperatures in Cel, [degF] and [degRe]
  std::vector<std::pair<std::string_view, int>> dimensions; ///< sorted by base unit, exponents not zero
  /// Not on a ratio scale: neither added nor multiplied (UCUM §21). Of those, temperatures convert; the others, as
  /// [pH] and B (logarithms), convert among multiples of themselves.
  bool is_special = false;

  bool is_number() const { return dimensions.empty() && !is_special; }
};

/// Null when it is not a UCUM unit (or its factor does not fit 128 bits). Cheap: the latest are remembered.
std::shared_ptr<const Unit> find_unit(std::string_view code);

} // namespace xinglin::fhirpath
