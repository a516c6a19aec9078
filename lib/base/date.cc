#include "lib/base/date.h"

#include "lib/base/issue.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>

namespace xinglin::base {

namespace {

struct Civil {
  int year;
  int month;
  int day;
};

// Years are counted from 1 March, so that the leap day ends the year and a 400-year era has 146,097 days.
constexpr int k_days_per_era = 146097;
constexpr int k_days_to_epoch = 719468; // from 0000-03-01 to 1970-01-01

int days_from_civil(int year, int month, int day) {
  if (month <= 2) --year;
  int era = (year >= 0 ? year : year - 399) / 400;
  int year_of_era = year - era * 400;
  int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * k_days_per_era + day_of_era - k_days_to_epoch;
}

Civil civil_from_days(int32_t days) {
  int64_t shifted = int64_t{days} + k_days_to_epoch;
  int64_t era = (shifted >= 0 ? shifted : shifted - (k_days_per_era - 1)) / k_days_per_era;
  int day_of_era = static_cast<int>(shifted - era * k_days_per_era);
  int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int shifted_month = (5 * day_of_year + 2) / 153;
  int day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  int year = static_cast<int>(era * 400) + year_of_era + (month <= 2 ? 1 : 0);
  return {year, month, day};
}

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int year, int month) {
  static constexpr int k_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : k_days[month - 1];
}

/// The number in exactly these digits; -1 if there is anything else.
int number(std::string_view text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? -1 : value;
}

Date day_of(int year, int month, int day) {
  auto date = Date::from_civil(year, month, day);
  assert(date && "a day that was computed must exist");
  return *date;
}

/// The same day a year before; 29 February becomes the 28th.
Date year_before(Date date) {
  int year = date.year() - 1;
  return day_of(year, date.month(), std::min(date.day(), days_in_month(year, date.month())));
}

constexpr int k_period_year_min = 1000; // four digits, and there is always a year before

} // namespace

std::optional<Date> Date::from_civil(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return {};
  return Date(days_from_civil(year, month, day));
}

std::optional<Date> Date::parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  return from_civil(number(text.substr(0, 4)), number(text.substr(5, 2)), number(text.substr(8, 2)));
}

int Date::year() const {
  return civil_from_days(m_days).year;
}
int Date::month() const {
  return civil_from_days(m_days).month;
}
int Date::day() const {
  return civil_from_days(m_days).day;
}

std::string Date::to_string() const {
  Civil civil = civil_from_days(m_days);
  return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

Date month_start(Date date, int months) {
  Civil civil = civil_from_days(date.days());
  int month = civil.year * 12 + (civil.month - 1) + months;
  return Date::from_days(days_from_civil(month / 12, month % 12 + 1, 1));
}

std::optional<Period> Period::parse(std::string_view text) {
  if (text.size() == 22 && text.substr(10, 2) == "..") {
    auto first = Date::parse(text.substr(0, 10));
    auto last = Date::parse(text.substr(12));
    if (!first || !last || *last < *first || first->year() < k_period_year_min) return {};
    return range(*first, *last);
  }
  if (text.size() < 4) return {};
  int year = number(text.substr(0, 4));
  if (year < k_period_year_min) return {};
  std::string_view rest = text.substr(4);
  if (rest.empty()) return year_of(year);
  if (rest.size() == 3 && rest[0] == '-') {
    int month = number(rest.substr(1));
    if (month < 1 || month > 12) return {};
    return month_of(year, month);
  }
  if (rest.size() != 2) return {};
  int part = number(rest.substr(1));
  int months = rest[0] == 'H' ? 6 : rest[0] == 'Q' ? 3 : 0;
  if (months == 0 || part < 1 || part > 12 / months) return {};
  Period period;
  period.m_kind = months == 6 ? Kind::half : Kind::quarter;
  period.m_first = day_of(year, (part - 1) * months + 1, 1);
  period.m_last = month_start(period.m_first, months) + -1;
  return period;
}

Period Period::year_of(int year) {
  Period period;
  period.m_kind = Kind::year;
  period.m_first = day_of(year, 1, 1);
  period.m_last = day_of(year, 12, 31);
  return period;
}

Period Period::month_of(int year, int month) {
  Period period;
  period.m_kind = Kind::month;
  period.m_first = day_of(year, month, 1);
  period.m_last = month_start(period.m_first, 1) + -1;
  return period;
}

Period Period::range(Date first, Date last) {
  assert(first <= last);
  Period period;
  period.m_kind = Kind::range;
  period.m_first = first;
  period.m_last = last;
  return period;
}

Period Period::last_year() const {
  Period period;
  period.m_kind = m_kind;
  period.m_first = year_before(m_first);
  // A whole month ends with its month (February 2024 follows the whole of February 2023, and the other way round).
  period.m_last = m_kind == Kind::range ? year_before(m_last) : month_start(year_before(m_last), 1) + -1;
  return period;
}

Period Period::previous() const {
  Period period;
  period.m_kind = m_kind;
  period.m_last = m_first + -1;
  switch (m_kind) {
  case Kind::year: period.m_first = month_start(m_first, -12); break;
  case Kind::half: period.m_first = month_start(m_first, -6); break;
  case Kind::quarter: period.m_first = month_start(m_first, -3); break;
  case Kind::month: period.m_first = month_start(m_first, -1); break;
  case Kind::range: period.m_first = m_first + -days(); break;
  }
  return period;
}

std::string Period::to_string() const {
  Civil civil = civil_from_days(m_first.days());
  switch (m_kind) {
  case Kind::year: return fmt::format("{:04}", civil.year);
  case Kind::half: return fmt::format("{:04}H{}", civil.year, (civil.month - 1) / 6 + 1);
  case Kind::quarter: return fmt::format("{:04}Q{}", civil.year, (civil.month - 1) / 3 + 1);
  case Kind::month: return fmt::format("{:04}-{:02}", civil.year, civil.month);
  case Kind::range: break;
  }
  return m_first.to_string() + ".." + m_last.to_string();
}

} // namespace xinglin::base
