#include "lib/viewdef/view.h"

#include "lib/base/issue.h"
#include "lib/viewdef/definition.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace xinglin;
using viewdef::View;

const char* const k_response = R"~({
  "resourceType": "QuestionnaireResponse", "id": "r1", "status": "completed",
  "subject": {"reference": "Patient/wang"},
  "extension": [{"url": "urn:xinglin:organization", "valueReference": {"reference": "Organization/clinic"}}],
  "authored": "2023-05-01T08:30:00+08:00",
  "item": [
    {"linkId": "sbp", "answer": [{"valueInteger": 182}]},
    {"linkId": "income", "answer": [{"valueDecimal": 12.50}]},
    {"linkId": "adherence", "answer": [{"valueCoding": {"system": "urn:x", "code": "2", "display": "间断"}}]},
    {"linkId": "drugs", "item": [{"linkId": "name", "answer": [{"valueString": "氨氯地平"}]},
                                 {"linkId": "dose", "answer": [{"valueDecimal": 5.0}]}]},
    {"linkId": "drugs", "item": [{"linkId": "name", "answer": [{"valueString": "缬沙坦"}]}]}
  ]
})~";

/// "a|b" a row, one row a line; null is -.
std::string rows(const std::string& view, const char* resource = k_response) {
  const auto document = fhir::Document::parse(resource);
  std::string out;
  View::compile(view).run(document.root(), [&](std::span<const viewdef::Cell> cells) {
    std::string line;
    for (const auto& cell : cells)
      line += (line.empty() ? "" : "|") + cell.value_or("-");
    out += (out.empty() ? "" : "\n") + line;
  });
  return out;
}

/// "PLACE: sentence" of each issue, a line each.
std::string refusal(const std::string& view) {
  try {
    rows(view);
    return "no error";
  } catch (const base::Refused& refused) {
    std::string out;
    for (const auto& issue : refused.issues())
      out += (out.empty() ? "" : "\n") + issue.expression + ": " + issue.text;
    return out;
  }
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string response_view(const std::string& select) {
  return R"~({"resource": "QuestionnaireResponse", "select": [)~" + select + "]}";
}

} // namespace

TEST_CASE("a form's table and its child table") {
  const std::string head = R"~({"column": [
    {"name": "record", "path": "getResourceKey()"},
    {"name": "subject", "path": "subject.getReferenceKey(Patient)"},
    {"name": "org", "path": "extension.where(url = 'urn:xinglin:organization').value.ofType(Reference).getReferenceKey(Organization)"}]
},)~";
  CHECK(rows(response_view(head + R"~({"column": [
    {"name": "sbp", "path": "item.where(linkId='sbp').answer.value", "type": "integer"},
    {"name": "dbp", "path": "item.where(linkId='dbp').answer.value", "type": "integer"},
    {"name": "income", "path": "item.where(linkId='income').answer.value", "type": "decimal"},
    {"name": "adherence", "path": "item.where(linkId='adherence').answer.value.ofType(Coding).code", "type": "code"}]})~")) ==
        "QuestionnaireResponse/r1|Patient/wang|Organization/clinic|182|-|12.50|2");
  CHECK(rows(response_view(head + R"~({"forEach": "item.where(linkId='drugs')", "column": [
    {"name": "n", "path": "%rowIndex"},
    {"name": "name", "path": "item.where(linkId='name').answer.value.ofType(string)"},
    {"name": "dose", "path": "item.where(linkId='dose').answer.value.ofType(decimal)"}]
  })~")) == "QuestionnaireResponse/r1|Patient/wang|Organization/clinic|0|氨氯地平|5.0\n"
            "QuestionnaireResponse/r1|Patient/wang|Organization/clinic|1|缬沙坦|-");
}

TEST_CASE("many columns over one list agree with single ones") {
  // Enough columns that the list is read once for all, and enough items that it is sorted.
  std::string items;
  std::string columns;
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    const std::string id = "q" + std::to_string(i * 7 % 40);
    items += std::string(i ? "," : "") + R"~({"linkId": ")~" + id + R"~(", "answer": [{"valueInteger": )~" +
             std::to_string(i) + "}]}";
    columns += std::string(i ? "," : "") + R"~({"name": ")~" + id + R"~(", "path": "item.where(linkId=')~" + id +
               R"~(').answer.value", "type": "integer"})~";
    expected += std::string(i ? "|" : "") + std::to_string(i);
  }
  const std::string resource = R"~({"resourceType": "QuestionnaireResponse", "item": [)~" + items + "]}";
  CHECK(rows(response_view(R"~({"column": [)~" + columns + "]}"), resource.c_str()) == expected);
}

TEST_CASE("types of columns") {
  const auto view = View::compile(response_view(R"~({"column": [
    {"name": "a", "path": "authored"}, {"name": "b", "path": "status"}, {"name": "c", "path": "item.count()"},
    {"name": "d", "path": "item.answer.value.ofType(decimal)"}, {"name": "e", "path": "item.exists()"},
    {"name": "f", "path": "item.answer.value.ofType(date)"}, {"name": "g", "path": "item.linkId", "collection": true},
    {"name": "h", "path": "item.answer.value", "type": "dateTime"}]
})~"));
  using enum viewdef::ColumnType;
  const viewdef::ColumnType wanted[] = {timestamp, text, integer, decimal, boolean, date, text, timestamp};
  REQUIRE(view.columns().size() == std::size(wanted));
  for (size_t i = 0; i < std::size(wanted); ++i)
    CHECK_MESSAGE(view.columns()[i].type == wanted[i], view.columns()[i].name);
  CHECK(view.columns()[6].collection);
  CHECK(view.resource_type() == "QuestionnaireResponse");
}

TEST_CASE("cells keep what was written") {
  const char* const patient = R"~({"resourceType": "Patient", "active": true, "birthDate": "1950-03",
    "name": [{"given": ["A\"b", null], "_given": [null, {"extension": [{"url": "u", "valueString": "x"}]}]}],
    "extension": [{"url": "n", "valueDecimal": 1.500}]})~";
  CHECK(rows(R"~({"resource": "Patient", "select": [{"column": [
    {"name": "active", "path": "active"}, {"name": "born", "path": "birthDate"},
    {"name": "given", "path": "name.given", "collection": true},
    {"name": "number", "path": "extension('n').value.ofType(decimal)"
},
    {"name": "numbers", "path": "extension('n').value.ofType(decimal)", "collection": true},
    {"name": "none", "path": "telecom.value", "collection": true}]
}]
})~",
             patient) == R"~(true|1950-03|["A\"b",null]|1.500|[1.500]|[])~");
  CHECK(rows(R"~({"resource": "Observation", "select": [{"column": [{"name": "id", "path": "id"}]}]})~", patient)
            .empty());
}

TEST_CASE("a wrong view is refused with the path within it") {
  CHECK(
      refusal(
          response_view(
              R"~({"column": [{"name": "id", "path": "id"}]}, {"column": [{"name": "a", "path": "itme.linkId"}]})~"))
          .find("ViewDefinition.select[1].column[0].path: FHIRPath: 'itme' is not an element of QuestionnaireResponse: "
                "did you "
                "mean 'item'?") == 0);
  CHECK(contains(
      refusal(response_view(R"~({"forEach": "item", "column": [{"name": "a", "path": "linkid"}]})~")),
      "ViewDefinition.select[0].column[0].path: FHIRPath: 'linkid' is not an element of QuestionnaireResponse.item"));
  CHECK(contains(refusal(response_view(R"~({"forEech": "item", "column": [{"name": "a", "path": "id"}]})~")),
                 "did you mean 'forEach'?"));
  CHECK(contains(refusal(response_view(R"~({"column": [{"name": "1a", "path": "id"}]})~")), "is not a column name"));
  CHECK(contains(refusal(response_view(R"~({"column": [{"name": "a", "path": "id"}, {"name": "a", "path": "id"}]})~")),
                 "two columns 'a'"));
  CHECK(contains(refusal(response_view(R"~({"column": [{"name": "a", "path": "item"}]})~")), "a structure"));
  CHECK(contains(refusal(response_view(R"~({"column": [{"name": "a", "path": "item.linkId"}]})~")),
                 "gives 5 values for one row"));
  CHECK(contains(refusal(response_view(R"~({"column": [{"name": "a", "path": "%x"}]})~")),
                 "the variable %x is not defined"));
  CHECK(contains(refusal(response_view(R"~({"column": [{"name": "a", "path": "id", "type": "integr"}]})~")),
                 "did you mean 'integer'?"));
  CHECK(contains(
      refusal(response_view(R"~({"forEach": "item", "repeat": ["item"], "column": [{"name": "a", "path": "id"}]})~")),
      "exclude one another"));
  CHECK(contains(refusal(R"~({"resource": "Patinet", "select": [{"column": [{"name": "a", "path": "id"}]}]})~"),
                 "did you mean 'Patient'?"));
  CHECK(contains(
      refusal(
          R"~({"resource": "Patient", "select": [{"column": [{"name": "a", "path": "id"}]}], "where": [{"path": "name"}]})~"),
      "ViewDefinition.where[0].path: a where is a condition"));
  CHECK(contains(
      refusal(response_view(
          R"~({"unionAll": [{"column": [{"name": "a", "path": "id"}]}, {"column": [{"name": "b", "path": "id"}]}]})~")),
      "ViewDefinition.select[0].unionAll[1].column[0].name"));
  CHECK(contains(refusal(R"~({"resource": "Patient")~"), "malformed") == false); // broken JSON has its own sentence
  CHECK_THROWS_AS(View::compile(R"~({"resource": "Patient")~"), base::Refused);
  // Everything wrong at once, not only the first.
  CHECK(contains(refusal(response_view(R"~({"column": [{"name": "a", "path": "x1"}, {"name": "b", "path": "x2"}]})~")),
                 "column[1].path"));
}

TEST_CASE("every limit refuses") {
  std::string columns;
  for (size_t i = 0; i <= viewdef::k_columns_max; ++i)
    columns += std::string(i ? "," : "") + R"~({"name": "c)~" + std::to_string(i) + R"~(", "path": "id"})~";
  CHECK(contains(refusal(response_view(R"~({"column": [)~" + columns + "]}")), "more than 1000 columns"));
  std::string open;
  std::string close;
  for (int i = 0; i <= viewdef::k_select_depth_max; ++i) {
    open += R"~({"select": [)~";
    close += "]}";
  }
  CHECK(contains(refusal(response_view(open + R"~({"column": [{"name": "a", "path": "id"}]})~" + close)),
                 "deeper than 32 levels"));
  CHECK(contains(refusal(response_view(R"~({"repeat": ["$this"], "column": [{"name": "a", "path": "id"}]})~")),
                 "must lead down"));
}
