#pragma once
// Quantities: comparison and arithmetic with conversion of units, UCUM's (ucum.h) and the calendar's. Quantities in
// units that are neither compare only when the units are written alike, and are not computed with.

#include "lib/fhirpath/item.h"

#include <compare>
#include <optional>
#include <string>

namespace xinglin::fhirpath {

/// Empty when the units cannot be brought together, or a calendar year or month meets UCUM's 'a' or 'mo', whose
/// lengths differ.
std::optional<std::strong_ordering> compare(const QuantityValue& a, const QuantityValue& b);
/// Two units of UCUM that measure different things, as 'kg' and 's': such quantities are not equal, rather than
/// unknown.
bool differ_in_kind(const QuantityValue& a, const QuantityValue& b);
/// Equal after rounding to the less precise of the two; calendar and UCUM years and months count as alike.
bool equivalent(const QuantityValue& a, const QuantityValue& b);
/// Quantities that compare as equal have equal hashes.
size_t hash(const QuantityValue& quantity);
/// Can the one be converted to the other's unit?
bool comparable(const QuantityValue& a, const QuantityValue& b);
/// The value of `a` in the unit of `b`; empty when there is no conversion.
std::optional<base::Decimal> value_in(const QuantityValue& a, const QuantityValue& b);
/// a + b or a - b in the finer of the two units. Empty when they have no common unit, or one that is not on a ratio
/// scale (Cel).
std::optional<QuantityValue> sum(const QuantityValue& a, const QuantityValue& b, bool minus);
/// The number a quantity is whose unit is one ('1', '%', 'g/kg'). Empty for another.
std::optional<base::Decimal> as_number(const QuantityValue& quantity);
/// Empty when a unit is unknown or not on a ratio scale, or when a calendar unit meets more than a number. A unit that
/// had to be made lives in `made`.
std::optional<QuantityValue> product(const QuantityValue& a, const QuantityValue& b, std::string& made);
/// The same; empty also when b is zero or in a calendar unit.
std::optional<QuantityValue> quotient(const QuantityValue& a, const QuantityValue& b, std::string& made);
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
