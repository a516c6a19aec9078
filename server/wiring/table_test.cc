#include "server/wiring/table.h"

#include <doctest/doctest.h>

using namespace xinglin;

TEST_CASE("a Chinese character is two wide") {
  CHECK(wiring::display_width("abc") == 3);
  CHECK(wiring::display_width("出院人次") == 8);
  CHECK(wiring::display_width("é%") == 2);
  CHECK(wiring::display_width("（无）") == 6);
}

TEST_CASE("columns stand under each other") {
  wiring::Table table({false, true});
  table.row({"出院", "7"});
  table.row({"beds", "123"});
  CHECK(table.text() == "出院    7\nbeds  123\n");
}
