#include "lib/base/clock.h"

#include <chrono>
#include <cstdlib>
#include <fmt/format.h>

namespace xinglin::base {

namespace {

constexpr Millis k_day_ms = 86'400'000;

/// Whole days towards the past, so that moments before 1970 fall on the right day.
int64_t floor_days(Millis at) {
  return at >= 0 ? at / k_day_ms : -((-at + k_day_ms - 1) / k_day_ms);
}

std::optional<int> two_digits(std::string_view text, size_t at) {
  if (at + 2 > text.size()) return {};
  char tens = text[at];
  char ones = text[at + 1];
  if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return {};
  return (tens - '0') * 10 + (ones - '0');
}

} // namespace

Millis system_now() {
  using std::chrono::milliseconds, std::chrono::system_clock;
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string to_instant(Millis at, Zone zone) {
  Millis local = at + Millis{zone.offset_minutes} * 60'000;
  int64_t days = floor_days(local);
  auto ms = static_cast<int>(local - days * k_day_ms);
  int offset = std::abs(zone.offset_minutes);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}", Date::from_days(static_cast<int32_t>(days)).to_string(),
                     ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000, zone.offset_minutes < 0 ? '-' : '+',
                     offset / 60, offset % 60);
}

std::optional<Millis> parse_instant(std::string_view text) {
  // YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)
  if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':') return {};
  auto date = Date::parse(text.substr(0, 10));
  auto hour = two_digits(text, 11);
  auto minute = two_digits(text, 14);
  auto second = two_digits(text, 17);
  if (!date || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return {};
  size_t at = 19;
  Millis fraction_ms = 0;
  if (text[at] == '.') {
    size_t digits = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
      if (digits < 3) fraction_ms = fraction_ms * 10 + (text[at] - '0');
    }
    if (digits == 0) return {};
    for (; digits < 3; ++digits)
      fraction_ms *= 10;
  }
  std::string_view rest = text.substr(at);
  int offset = 0;
  if (rest != "Z") {
    if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return {};
    auto hours = two_digits(rest, 1);
    auto minutes = two_digits(rest, 4);
    if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > 14 * 60) return {};
    offset = (*hours * 60 + *minutes) * (rest[0] == '-' ? -1 : 1);
  }
  Millis seconds = (Millis{*hour} * 60 + *minute - offset) * 60 + *second;
  return Millis{date->days()} * k_day_ms + seconds * 1000 + fraction_ms;
}

Date local_date(Millis at, Zone zone) {
  return Date::from_days(static_cast<int32_t>(floor_days(at + Millis{zone.offset_minutes} * 60'000)));
}

} // namespace xinglin::base
