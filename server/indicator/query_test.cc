#include "server/indicator/query.h"

#include <doctest/doctest.h>

using namespace xinglin;
using indicator::sql_names;

namespace {

std::string names(std::string_view sql) {
  std::string out;
  for (const auto& name : sql_names(sql))
    out += (out.empty() ? "" : " ") + name.text;
  return out;
}

} // namespace

TEST_CASE("names stand outside strings, comments and numbers") {
  CHECK(names("select a, B from Stay") == "select a b from stay");
  CHECK(names("select 'from x' as y") == "select as y");
  CHECK(names("select 'it''s from x', z") == "select z");
  CHECK(names("select a -- from x\n, b") == "select a b");
  CHECK(names("select /* from /* nested */ x */ a") == "select a");
  CHECK(names("select \"Mixed Name\", 12abc") == "select Mixed Name");
  CHECK(names("select a::date, :first, b:last") == "select a date :first b :last");
  CHECK(names("出院人次") == "出院人次");
  CHECK(names("select 'open").starts_with("select"));
  CHECK(names("/* open").empty());
}
