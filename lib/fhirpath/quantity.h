#pragma once
// Quantities: comparison and arithmetic with conversion of UCUM units (https://ucum.org/ucum). The common units are
// known (see quantity.cc); quantities in units that are not compare only when the units are written alike.

#include "lib/fhirpath/item.h"

#include <compare>
#include <optional>
#include <string>

namespace xinglin::fhirpath {

/// Empty when the units cannot be brought together, or a calendar year or month meets UCUM's 'a' or 'mo', whose
/// lengths differ.
std::optional<std::strong_ordering> compare(const QuantityValue& a, const QuantityValue& b);
/// Equal after rounding to the less precise of the two; calendar and UCUM years and months count as alike.
bool equivalent(const QuantityValue& a, const QuantityValue& b);
/// Quantities that compare as equal have equal hashes.
size_t hash(const QuantityValue& quantity);
/// Can the one be converted to the other's unit?
bool comparable(const QuantityValue& a, const QuantityValue& b);
/// The value of `a` in the unit of `b`; empty when there is no exact-enough conversion.
std::optional<base::Decimal> value_in(const QuantityValue& a, const QuantityValue& b);
/// a / b of quantities of one kind; b not zero. Empty when they are not.
std::optional<base::Decimal> ratio(const QuantityValue& a, const QuantityValue& b);
/// Is the unit of `a` smaller than that of `b`?
bool is_finer(const QuantityValue& a, const QuantityValue& b);
/// UCUM code of a product or quotient.
std::string product_unit(std::string_view a, std::string_view b);
std::string quotient_unit(std::string_view a, std::string_view b);
/// "wk" for the calendar word "week", and so on; the unit itself when it is UCUM.
std::string_view ucum_code(const QuantityValue& quantity);
/// The calendar word ("day") that a time-valued unit moves a date by: a calendar word, or UCUM 'wk' and shorter. Empty
/// otherwise.
std::string_view calendar_unit(const QuantityValue& quantity);
/// 5 'mg' or 4 days, as toString() and toQuantity() write it.
std::string to_text(const QuantityValue& quantity);
/// Reads what to_text() writes; a bare number has the unit '1'. The unit is a part of `text`. Empty when it is not one.
std::optional<QuantityValue> parse_quantity(std::string_view text);

} // namespace xinglin::fhirpath
