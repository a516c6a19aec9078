#include "lib/base/date.h"

#include "lib/base/clock.h"

#include <doctest/doctest.h>

namespace xinglin::base {
namespace {

Period period(std::string_view text) {
  auto value = Period::parse(text);
  REQUIRE_MESSAGE(value.has_value(), std::string(text));
  return *value;
}

TEST_CASE("every day from year 1 to 9999 comes after the one before") {
  int32_t days = Date::from_civil(1, 1, 1)->days();
  for (int year = 1; year <= 9999; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= 31; ++day) {
        auto date = Date::from_civil(year, month, day);
        if (!date) {
          REQUIRE(day > 28);
          continue;
        }
        if (date->days() != days || date->year() != year || date->month() != month || date->day() != day) {
          FAIL("day " << date->to_string());
        }
        ++days;
      }
    }
  }
  CHECK(days == Date::from_civil(9999, 12, 31)->days() + 1);
  CHECK(Date::from_civil(1970, 1, 1)->days() == 0);
  CHECK(Date::from_civil(2000, 3, 1)->days() == 11017);
}

TEST_CASE("a date is exactly YYYY-MM-DD and a real day") {
  CHECK(Date::parse("2024-02-29")->to_string() == "2024-02-29");
  CHECK(Date::parse("0001-01-01")->to_string() == "0001-01-01");
  for (const char* text :
       {"", "2023-02-29", "1900-02-29", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00", "0000-01-01",
        "2023-1-1", "2023/01/01", "20230101", "2023-01-01 ", "2023-01-0a", "-023-01-01", "2023-+1-01"}) {
    CAPTURE(text);
    CHECK_FALSE(Date::parse(text).has_value());
  }
}

TEST_CASE("month_start walks months in both directions") {
  Date date = *Date::parse("2023-01-31");
  CHECK(month_start(date).to_string() == "2023-01-01");
  CHECK(month_start(date, 1).to_string() == "2023-02-01");
  CHECK(month_start(date, -1).to_string() == "2022-12-01");
  CHECK(month_start(date, 13).to_string() == "2024-02-01");
}

TEST_CASE("periods: grammar, first and last day") {
  struct Row {
    const char* text;
    const char* first;
    const char* last;
    int days;
  };
  for (auto [text, first, last, days] : {Row{"2023", "2023-01-01", "2023-12-31", 365},
                                         {"2024", "2024-01-01", "2024-12-31", 366},
                                         {"2023H1", "2023-01-01", "2023-06-30", 181},
                                         {"2023H2", "2023-07-01", "2023-12-31", 184},
                                         {"2023Q1", "2023-01-01", "2023-03-31", 90},
                                         {"2023Q4", "2023-10-01", "2023-12-31", 92},
                                         {"2024-02", "2024-02-01", "2024-02-29", 29},
                                         {"2023-12", "2023-12-01", "2023-12-31", 31},
                                         {"2023-02-05..2023-03-04", "2023-02-05", "2023-03-04", 28},
                                         {"2023-02-05..2023-02-05", "2023-02-05", "2023-02-05", 1}}) {
    CAPTURE(text);
    Period p = period(text);
    CHECK(p.first().to_string() == first);
    CHECK(p.last().to_string() == last);
    CHECK(p.days() == days);
    CHECK(p.end() == p.last() + 1);
    CHECK(p.to_string() == text);
    CHECK(period(p.to_string()) == p);
  }
  for (const char* text : {"",
                           "23",
                           "202",
                           "20233",
                           "0999",
                           "2023H0",
                           "2023H3",
                           "2023Q0",
                           "2023Q5",
                           "2023q1",
                           "2023-0",
                           "2023-00",
                           "2023-13",
                           "2023-1",
                           "2023-01-01",
                           "2023-01-01..",
                           "2023-01-01..2022-12-31",
                           "2023-01-01..2023-02-30",
                           "2023-01-01...2023-02-01",
                           "2023 ",
                           "abcd"}) {
    CAPTURE(text);
    CHECK_FALSE(Period::parse(text).has_value());
  }
}

TEST_CASE("the same period last year, and the one before") {
  struct Row {
    const char* text;
    const char* last_year;
    const char* previous;
  };
  for (auto [text, last_year, previous] :
       {Row{"2023", "2022", "2022"},
        {"2023H1", "2022H1", "2022H2"},
        {"2023H2", "2022H2", "2023H1"},
        {"2023Q1", "2022Q1", "2022Q4"},
        {"2024-02", "2023-02", "2024-01"},
        {"2023-02", "2022-02", "2023-01"},
        {"2023-01", "2022-01", "2022-12"},
        {"2024-02-29..2024-02-29", "2023-02-28..2023-02-28", "2024-02-28..2024-02-28"},
        {"2024-02-01..2024-02-29", "2023-02-01..2023-02-28", "2024-01-03..2024-01-31"},
        {"2023-01-01..2023-03-31", "2022-01-01..2022-03-31", "2022-10-03..2022-12-31"}}) {
    CAPTURE(text);
    CHECK(period(text).last_year().to_string() == last_year);
    CHECK(period(text).previous().to_string() == previous);
  }
  CHECK(period("2024-02").last_year().last().to_string() == "2023-02-28");
  CHECK(period("2025-02").last_year().last().to_string() == "2024-02-29");
}

TEST_CASE("the previous period ends the day before and is as long") {
  for (const char* text : {"2023", "2024H2", "2023Q3", "2024-03", "2023-05-10..2023-06-02"}) {
    CAPTURE(text);
    Period p = period(text);
    CHECK(p.previous().end() == p.first());
    CHECK(p.previous().kind() == p.kind());
  }
  CHECK(period("2023-05-10..2023-06-02").previous().days() == period("2023-05-10..2023-06-02").days());
}

TEST_CASE("instants: written in the county's zone, read in any") {
  Millis at = *parse_instant("2023-05-01T08:30:00+08:00");
  CHECK(to_instant(at) == "2023-05-01T08:30:00.000+08:00");
  CHECK(to_instant(at, {0}) == "2023-05-01T00:30:00.000+00:00");
  CHECK(to_instant(at, {-210}) == "2023-04-30T21:00:00.000-03:30");
  CHECK(*parse_instant("2023-05-01T00:30:00Z") == at);
  CHECK(*parse_instant("2023-05-01T08:30:00.1239+08:00") == at + 123);
  CHECK(*parse_instant("2023-05-01T08:30:00.1+08:00") == at + 100);
  CHECK(*parse_instant("1970-01-01T00:00:00Z") == 0);
  CHECK(*parse_instant("1969-12-31T23:59:59.999Z") == -1);
  CHECK(to_instant(-1, {0}) == "1969-12-31T23:59:59.999+00:00");
  CHECK(local_date(*parse_instant("2023-12-31T16:00:00Z")).to_string() == "2024-01-01");
  CHECK(local_date(*parse_instant("2023-12-31T15:59:59Z")).to_string() == "2023-12-31");
  for (const char* text :
       {"", "2023-05-01", "2023-05-01T08:30:00", "2023-05-01T08:30Z", "2023-05-01T24:00:00Z", "2023-02-30T00:00:00Z",
        "2023-05-01T08:60:00Z", "2023-05-01T08:30:61Z", "2023-05-01T08:30:00.Z", "2023-05-01T08:30:00+15:00",
        "2023-05-01T08:30:00+0800", "2023-05-01 08:30:00Z", "2023-05-01T08:30:00z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_instant(text).has_value());
  }
  CHECK(system_now() > *parse_instant("2020-01-01T00:00:00Z"));
}

} // namespace
} // namespace xinglin::base
