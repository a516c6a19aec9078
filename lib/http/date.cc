#include "lib/http/date.h"

#include "lib/base/date.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace xinglin::http {

namespace {
constexpr std::string_view k_days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; // 1970-01-01 was a Thursday
constexpr std::string_view k_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr int64_t k_day_ms = 86'400'000;

std::optional<int> number(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + (c - '0');
  }
  return value;
}
} // namespace

std::string to_http_date(int64_t millis) {
  const auto days = static_cast<int32_t>((millis >= 0 ? millis : millis - k_day_ms + 1) / k_day_ms);
  const base::Date date = base::Date::from_days(days);
  const int64_t second = (millis - days * k_day_ms) / 1000;
  char text[40];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", k_days[((days % 7) + 7) % 7].data(),
                date.day(), k_months[date.month() - 1].data(), date.year(), static_cast<int>(second / 3600),
                static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
  return text;
}

std::optional<int64_t> parse_http_date(std::string_view text) {
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return {};
  const auto day = number(text.substr(5, 2)), year = number(text.substr(12, 4)), hour = number(text.substr(17, 2)),
             minute = number(text.substr(20, 2)), second = number(text.substr(23, 2));
  if (!day || !year || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return {};
  for (int month = 1; month <= 12; ++month)
    if (text.substr(8, 3) == k_months[month - 1])
      if (const auto date = base::Date::from_civil(*year, month, *day))
        return date->days() * k_day_ms + ((*hour * 60 + *minute) * 60 + *second) * int64_t{1000};
  return {};
}

} // namespace xinglin::http
