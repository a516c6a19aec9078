#include "server/api/respond.h"
#include "server/api/router.h"

#include <doctest/doctest.h>

using namespace xinglin;

TEST_CASE("each refusal has its status") {
  using enum base::Refusal;
  const std::pair<base::Refusal, int> k_table[] = {{malformed, 400},   {invalid, 422},   {not_found, 404},
                                                   {gone, 410},        {conflict, 409},  {precondition_failed, 412},
                                                   {forbidden, 403},   {too_large, 413}, {method_not_allowed, 405},
                                                   {unsupported, 501}, {busy, 503},      {unavailable, 500}};
  for (const auto& [refusal, status] : k_table)
    CHECK(api::status_of(refusal) == status);
}

TEST_CASE("Prefer") {
  using Return = api::Preferences::Return;
  CHECK(api::parse_prefer("").returned == Return::unsaid);
  CHECK(api::parse_prefer("").strict);
  CHECK(api::parse_prefer("return=minimal").returned == Return::minimal);
  CHECK(api::parse_prefer("handling=lenient, return=representation").returned == Return::representation);
  CHECK_FALSE(api::parse_prefer("return=OperationOutcome; handling=lenient").strict);
}

TEST_CASE("indenting leaves strings, numbers and empty values as they are") {
  CHECK(api::indented(R"({"a":[1.50,{}],"b":"x{,\":\"}","c":[],"d":{"e":null}})") ==
        "{\n  \"a\": [\n    1.50,\n    {}\n  ],\n  \"b\": \"x{,\\\":\\\"}\",\n  \"c\": [],\n  \"d\": {\n    \"e\": "
        "null\n  }\n}\n");
}

TEST_CASE("a part of a resource says that it is one") {
  const std::string whole =
      R"({"resourceType":"Observation","id":"a","meta":{"versionId":"1","tag":[{"code":"x"}]},"status":"final","code":{"text":"c"},"valueQuantity":{"value":1.50},"note":[{"text":"n"}],"text":{"status":"empty"}})";
  api::Shape shape;
  CHECK(api::shaped(whole, shape) == whole);
  shape.elements = {"value"};
  const std::string part = api::shaped(whole, shape);
  CHECK(
      part.find(
          R"("tag":[{"code":"x"},{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}])") !=
      std::string::npos);
  CHECK(part.find(R"("valueQuantity":{"value":1.50})") != std::string::npos); // asked by the name of the choice
  CHECK(part.find(R"("status":"final")") != std::string::npos);               // mandatory
  CHECK(part.find("note") == std::string::npos);
  api::Shape summary;
  summary.summary = api::Shape::Summary::text;
  const std::string text =
      api::shaped(R"({"resourceType":"Patient","id":"a","active":true,"text":{"status":"empty"}})", summary);
  CHECK(text.find("active") == std::string::npos);
  CHECK(text.find(R"("text":)") != std::string::npos);
}

TEST_CASE("what never reaches a function is an OperationOutcome too") {
  const http::Response response = api::Router::refuse(413, "too large");
  CHECK(response.status == 413);
  CHECK(response.body.find("OperationOutcome") != std::string::npos);
  CHECK(response.body.find("too large") != std::string::npos);
}
