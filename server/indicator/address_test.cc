#include "server/indicator/engine.h"

#include <doctest/doctest.h>

using namespace xinglin;
using indicator::Address;
using indicator::AsOf;

TEST_CASE("addresses print as they were read") {
  for (const char* text : {
           "hospital_ops.discharges@3f0c/hosp-1@2023-12-31/2023/1:42",
           "hospital_ops.discharges/hosp-1/2023",
           "a.b/h.1/2023H1",
           "a.b/h/2023Q4/1:0",
           "a.b/h/2023-05/2:7",
           "a.b@ab/h/2023-01-01..2023-03-31/1:42",
           "average(hospital_ops.beds)/h/2023",
           "days(hospital_ops.inpatients)@12/h@2020-02-29/2023/1:1",
       })
    CHECK(Address::parse(text).to_string() == text);
}

TEST_CASE("the parts of an address") {
  const Address address = Address::parse("a.b@3f/h@2023-12-31/2023Q1/1:42");
  CHECK(address.indicator == "a.b");
  CHECK(address.hash == "3f");
  CHECK(address.org == "h");
  CHECK(address.tree_date == "2023-12-31");
  CHECK(address.period.last().to_string() == "2023-03-31");
  CHECK(address.as_of == AsOf{1, 42});
}

TEST_CASE("a wrong address says which part") {
  const auto refusal = [](const char* text) -> std::string {
    try {
      Address::parse(text);
    } catch (const base::Refused& refused) {
      CHECK(refused.kind() == base::Refusal::malformed);
      return refused.what();
    }
    return "";
  };
  CHECK(refusal("a.b/h").find("2 parts") != std::string::npos);
  CHECK(refusal("a.b/h/2023/1:2/3").find("5 parts") != std::string::npos);
  CHECK(refusal("/h/2023").find("indicator is missing") != std::string::npos);
  CHECK(refusal("a b/h/2023").find("\"a b\" is no indicator id") != std::string::npos);
  CHECK(refusal("a.b@xyz/h/2023").find("\"xyz\" is no definition hash") != std::string::npos);
  CHECK(refusal("a.b/h h/2023").find("\"h h\" is no Organization id") != std::string::npos);
  CHECK(refusal("a.b/h@2023-02-30/2023").find("\"2023-02-30\" is no tree date") != std::string::npos);
  CHECK(refusal("a.b/h/2023Q5").find("\"2023Q5\" is no period") != std::string::npos);
  CHECK(refusal("a.b/h/2023/42").find("\"42\" is no as-of") != std::string::npos);
  CHECK(refusal("a.b/h/2023/-1:2").find("\"-1:2\" is no as-of") != std::string::npos);
}
