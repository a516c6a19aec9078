#include "server/package/names.h"
#include "server/package/returns_of.h"
#include "server/package/rules.h"
#include "server/package/sql_rules.h"
#include "server/package/ucum.h"
#include "server/package/words.h"

#include <doctest/doctest.h>

using namespace xinglin::package;

TEST_CASE("units: what is one and what is not") {
  for (const char* unit : {"mm[Hg]", "kg",        "mg/dL",   "mmol/L",     "10*9/L",
                           "/min",   "{bed}",     "d",       "kg/m2",      "cm",
                           "Cel",    "%",         "[IU]/L",  "ug/kg/h",    "mL/min/{1.73_m2}",
                           "1",      "g.m/s2",    "m-1",     "[arb'U]/mL", "10*3/uL",
                           "km/h",   "(mol/L)/s", "{人次}/d"})
    CHECK_MESSAGE(ucum_problem(unit).empty(), unit);
  CHECK(ucum_problem("mmHg") == "'mmHg' is not a UCUM unit; did you mean 'mm[Hg]'?");
  CHECK(ucum_problem("次") == "'次' is not a UCUM unit; a counted thing is written in braces, as {bed}");
  for (const char* unit : {"", "kg/", "{bed", "(m", "KG", "mm [Hg]", "mg//L", "m)"})
    CHECK_MESSAGE(!ucum_problem(unit).empty(), unit);
}

TEST_CASE("names of a query, outside strings and comments") {
  CHECK(names_in_sql("select A.x, 'b''c' -- d\n from /* e */ a_1 where x=1e5") ==
        std::vector<std::string>{"select", "a", "x", "from", "a_1", "where"});
}

TEST_CASE("the period stands in for :first and :last") {
  CHECK(replace_period("a between :first and :last", "F", "L") == "a between F and L");
  CHECK(replace_period("':first' -- :first\n/* :last */ :firsts a::last", "F", "L") ==
        "':first' -- :first\n/* :last */ :firsts a::last");
}

TEST_CASE("rules: %last.ITEM becomes a name, strings stay") {
  CHECK(prepare_rule("sbp - %last.sbp > 1 and '%last.sbp' = x", {"sbp"}) == "sbp - %last_sbp > 1 and '%last.sbp' = x");
  CHECK(prepare_rule("%last.authored", {"sbp"}) == "%last.authored");
  CHECK(mentions_variable("%about.birthDate", "about"));
  CHECK(!mentions_variable("'%about' = %aboutness", "about"));
}

TEST_CASE("codes name their system") {
  CHECK(parse_code("loinc|8480-6").system == "http://loinc.org");
  CHECK(parse_code("http://x.org/y|1").system == "http://x.org/y");
  CHECK(parse_code("lonic|1").code.empty());
  CHECK(parse_code("8480-6").code.empty());
}

TEST_CASE("the returns that figures rest on are read off the package") {
  Catalog catalog;
  const auto form = [&](const std::string& id, ReturnCycle cycle) {
    catalog.forms[id].id = id;
    catalog.forms[id].cycle = cycle;
  };
  form("visit", ReturnCycle::none);
  form("visit_return", ReturnCycle::month);
  form("population_return", ReturnCycle::year);
  form("bulletin", ReturnCycle::month);
  catalog.facts["counted_visit"].sql = "select * from visit_return where state = 'accepted'";
  catalog.facts["counted_again"].sql = "select * from counted_visit";
  catalog.indicators["t.recorded"].sql = "select * from visit -- visit_return";
  catalog.indicators["t.visits"].sql = "select * from counted_again";
  catalog.indicators["t.people"].sql = "select * from population_return";
  catalog.indicators["t.rate"].sql = "select * from visit";
  catalog.indicators["t.rate"].population = "t.people";
  catalog.indicators["t.share"].derived = "t.visits / t.rate * 100";
  catalog.indicators["t.rank"].sql = "select * from bulletin__districts";
  using Names = std::set<std::string>;
  CHECK(returns_of({"t.recorded"}, catalog).empty());
  CHECK(returns_of({"t.visits"}, catalog) == Names{"visit_return"});
  CHECK(returns_of({"t.rate"}, catalog) == Names{"population_return"});
  CHECK(returns_of({"t.share"}, catalog) == Names{"population_return", "visit_return"});
  CHECK(returns_of({"t.rank"}, catalog) == Names{"bulletin"});
  CHECK(returns_of({"t.recorded", "t.visits", "t.none"}, catalog) == Names{"visit_return"});
}
