#include "server/flatten/rows.h"

#include "lib/base/issue.h"

#include <doctest/doctest.h>

using namespace xinglin;
using flatten::Cell;
using flatten::CellType;
using Kind = flatten::CellType::Kind;

namespace {

/// The cell as text, "misfit" when it does not fit.
std::string read(std::string_view text, CellType type, int zone_minutes = 480) {
  Cell cell;
  std::string arena = "before";
  if (!flatten::read_cell(text, type, base::Zone{zone_minutes}, cell, arena)) {
    CHECK(cell.is_null);
    return "misfit";
  }
  CHECK_FALSE(cell.is_null);
  switch (type.kind) {
  case Kind::text: return arena.substr(static_cast<size_t>(cell.number), cell.length);
  case Kind::decimal: return base::Decimal::from_parts(cell.number, type.scale).to_string();
  case Kind::date: return base::Date::from_days(static_cast<int32_t>(cell.number)).to_string();
  default: return base::Decimal::from_parts(cell.number, 0).to_string();
  }
}

} // namespace

TEST_CASE("decimals fit to the last digit or not at all") {
  const CellType money{Kind::decimal, 38, 6};
  CHECK(read("12.5", money) == "12.500000");
  CHECK(read("-0.000001", money) == "-0.000001");
  CHECK(read("1.1234560000", money) == "1.123456"); // noughts behind the point are no digits lost
  CHECK(read("1.1234567", money) == "misfit");
  CHECK(read("99999999999999999999999999999999", money) == "99999999999999999999999999999999.000000");
  CHECK(read("100000000000000000000000000000000", money) == "misfit");
  CHECK(read("1e3", money) == "1000.000000");
  CHECK(read("12", CellType{Kind::decimal, 3, 1}) == "12.0");
  CHECK(read("100", CellType{Kind::decimal, 3, 1}) == "misfit");
  CHECK(read("twelve", money) == "misfit");
}

TEST_CASE("whole numbers, words and truth") {
  CHECK(read("2147483647", {Kind::integer}) == "2147483647");
  CHECK(read("2147483648", {Kind::integer}) == "misfit");
  CHECK(read("2147483648", {Kind::bigint}) == "2147483648");
  CHECK(read("1.5", {Kind::integer}) == "misfit");
  CHECK(read("", {Kind::integer}) == "misfit");
  CHECK(read("true", {Kind::boolean}) == "1");
  CHECK(read("yes", {Kind::boolean}) == "misfit");
  CHECK(read("张三", {Kind::text}) == "张三");
}

TEST_CASE("a date is never shifted; a moment becomes the county's day") {
  CHECK(read("2024-02-29", {Kind::date}) == "2024-02-29");
  CHECK(read("2023-02-29", {Kind::date}) == "misfit");
  CHECK(read("2023-05", {Kind::date}) == "misfit");
  CHECK(read("2023-05-01T23:30:00+08:00", {Kind::date}) == "2023-05-01");
  CHECK(read("2023-05-01T23:30:00Z", {Kind::date}) == "2023-05-02");
  CHECK(read("2023-05-01T00:00:00Z", {Kind::timestamp}) == "1682928000000000"); // 08:00 there
  CHECK(read("1970-01-02", {Kind::timestamp}) == "86400000000");
}

TEST_CASE("types of columns are those the tables may have") {
  CHECK(flatten::parse_cell_type("DECIMAL(18,2)").scale == 2);
  CHECK_THROWS_AS(flatten::parse_cell_type("DOUBLE"), base::Refused);
  CHECK_THROWS_AS(flatten::parse_cell_type("DECIMAL(39,2)"), base::Refused);
  CHECK_THROWS_AS(flatten::parse_cell_type("DECIMAL(9,2) NOT NULL"), base::Refused);
}
