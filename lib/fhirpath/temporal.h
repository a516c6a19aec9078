#pragma once
// Dates and times that know how precisely they are known (http://hl7.org/fhirpath/N1/#datetime-comparison-operators).

#include "lib/base/clock.h"
#include "lib/base/decimal.h"
#include "lib/fhirpath/expression.h"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace xinglin::fhirpath {

using TemporalKind = Temporal::Kind;

/// The parts of a date, dateTime or time, as many as were written.
struct Moment {
  enum Precision : uint8_t { year = 1, month, day, hour, minute, second };

  TemporalKind kind = TemporalKind::date;
  Precision precision = day;
  int16_t years = 1;
  int8_t months = 1;
  int8_t days = 1;
  int8_t hours = 0;
  int8_t minutes = 0;
  int8_t seconds = 0;
  int8_t fraction_digits = 0; ///< digits written after the second, at most 9
  int32_t nanoseconds = 0;
  bool has_zone = false;
  int16_t zone_minutes = 0;

  /// Strict: YYYY[-MM[-DD]] for a date, with [Thh[:mm[:ss[.fff]]][zone]] for a dateTime, hh[:mm[:ss[.fff]]] for a time.
  /// A real day, hour 0..23; empty otherwise.
  static std::optional<Moment> parse(std::string_view text, TemporalKind kind);
  static Moment from_millis(base::Millis at, base::Zone zone);
  static Moment from_date(base::Date date);
  /// Without @ and T: "2023-05", "2023-05-01T08:30:00.000+08:00", "08:30".
  std::string to_string() const;
  /// Number of digits, as precision() counts them: 4, 6, 8, 10, 12, 14, 17; for times 2, 4, 6, 9.
  int digits() const;
};

/// Order as far as the precisions tell; empty when undecidable or when one is a time and the other is not.
std::optional<std::strong_ordering> compare(const Moment& a, const Moment& b);
/// Moments that compare as equal have equal hashes.
size_t hash(const Moment& moment);
/// Same precision and equal.
bool same(const Moment& a, const Moment& b);
/// `moment` moved by whole `unit`s (calendar word); a date moved by hours moves by the whole days in them. Empty when
/// the year leaves 1..9999.
std::optional<Moment> add(const Moment& moment, int64_t amount, std::string_view unit);
/// The earliest or latest moment it can mean, to `digits` (see Moment::digits()). Empty for a wrong number.
std::optional<Moment> boundary(const Moment& moment, int digits, bool high);

} // namespace xinglin::fhirpath
