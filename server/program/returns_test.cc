#include "server/program/returns.h"

#include <doctest/doctest.h>

using namespace xinglin;
using program::due_day;
using program::periods_of;

TEST_CASE("a return is due so many days, or working days, after its period") {
  package::Form form;
  form.cycle = package::ReturnCycle::month;
  const auto may = *base::Period::parse("2023-05"); // ends on a Wednesday
  const auto day = [&](int days, bool working) {
    form.due_days = days;
    form.due_working_days = working;
    const auto due = due_day(form, may);
    return due ? due->to_string() : "";
  };
  CHECK(day(0, false) == "");
  CHECK(day(10, false) == "2023-06-10");
  CHECK(day(1, true) == "2023-06-01");
  CHECK(day(2, true) == "2023-06-02");
  CHECK(day(3, true) == "2023-06-05"); // over a weekend
  CHECK(day(8, true) == "2023-06-12");
}

TEST_CASE("the periods of a cycle within a period") {
  using enum package::ReturnCycle;
  const auto texts = [](package::ReturnCycle cycle, std::string_view within) {
    std::string out;
    for (const auto& period : periods_of(cycle, *base::Period::parse(within)))
      out += period.to_string() + " ";
    return out;
  };
  CHECK(texts(month, "2023Q2") == "2023-04 2023-05 2023-06 ");
  CHECK(texts(quarter, "2023H1") == "2023Q1 2023Q2 ");
  CHECK(texts(half, "2023") == "2023H1 2023H2 ");
  CHECK(texts(year, "2023") == "2023 ");
  CHECK(texts(year, "2023H1") == ""); // not whole
  CHECK(texts(month, "2022-12-15..2023-02-28") == "2023-01 2023-02 ");
}
