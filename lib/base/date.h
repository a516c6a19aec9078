#pragma once
// Calendar days without a zone (a date is never shifted by a time zone), and the periods figures are made for.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xinglin::base {

/// A day of the proleptic Gregorian calendar, as days since 1970-01-01.
class Date {
public:
  Date() = default;
  static Date from_days(int32_t days) { return Date(days); }
  /// Year 1..9999, a real day; empty otherwise.
  static std::optional<Date> from_civil(int year, int month, int day);
  /// Exactly YYYY-MM-DD.
  static std::optional<Date> parse(std::string_view text);
  int year() const;
  int month() const;
  int day() const;
  int32_t days() const { return m_days; }
  std::string to_string() const; ///< YYYY-MM-DD
  Date operator+(int32_t days) const { return Date(m_days + days); }
  int32_t operator-(Date other) const { return m_days - other.m_days; }
  auto operator<=>(const Date&) const = default;

private:
  explicit Date(int32_t days) : m_days(days) {}
  int32_t m_days = 0;
};

/// The first day of the month `months` after the month of `date`.
Date month_start(Date date, int months = 0);

/// A reporting period: `2023`, `2023H1`, `2023Q1`, `2023-05` or `DATE..DATE` (both days included).
class Period {
public:
  enum class Kind { year, half, quarter, month, range };
  static std::optional<Period> parse(std::string_view text);
  static Period year_of(int year);
  static Period month_of(int year, int month);
  static Period range(Date first, Date last);
  Kind kind() const { return m_kind; }
  Date first() const { return m_first; }
  Date last() const { return m_last; }    ///< included
  Date end() const { return m_last + 1; } ///< first day after
  int days() const { return m_last - m_first + 1; }
  Period last_year() const; ///< 同期: the same period a year before (29 February becomes the 28th)
  Period previous() const;  ///< 上期 (环比): the period just before, of the same kind or length
  std::string to_string() const;
  bool operator==(const Period&) const = default;

private:
  Kind m_kind = Kind::year;
  Date m_first, m_last;
};

} // namespace xinglin::base
