#pragma once
// Values in the form in which they are compared when searching: text without case, width and accents; dates as the span
// of time they stand for; numbers as text that sorts like the number. https://hl7.org/fhir/R4/search.html

#include "lib/base/clock.h"
#include "lib/base/decimal.h"

#include <optional>
#include <string>
#include <string_view>

namespace xinglin::store {

/// Lower case, half width, without accents and combining marks, blanks made one. Chinese characters stay. Bytes that
/// are no UTF-8 stay as they are.
std::string normalise(std::string_view text);

/// Milliseconds since 1970, from low to before high.
struct TimeSpan {
  base::Millis low = 0, high = 0;
  bool operator==(const TimeSpan&) const = default;
};
inline constexpr base::Millis k_time_min = INT64_MIN / 2; ///< an open beginning
inline constexpr base::Millis k_time_max = INT64_MAX / 2; ///< an open end

/// A FHIR date, dateTime or instant, whole or in part ("2023", "2023-05", "2023-05-01T08:30", "...+08:00"). What has no
/// zone is the county's own time. Empty when it is no date.
std::optional<TimeSpan> time_span(std::string_view text, base::Zone zone);

/// Text whose byte order is the order of the numbers; equal numbers give equal text (1.0 and 1.00).
std::string sortable(const base::Decimal& number);

/// The numbers that a written one stands for: half a unit of its last digit to both sides (100 → 99.5 to before 100.5).
struct NumberSpan {
  base::Decimal low, high;
};
std::optional<NumberSpan> number_span(std::string_view text);

/// Each byte as two hex digits, and back; empty when it is no such text.
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

} // namespace xinglin::store
