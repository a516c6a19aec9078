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
      line += (line.empty() ? "" : "|") + std::string(cell.value_or("-"));
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

TEST_CASE("a wrong type, tag, constant or member is refused with its place") {
  const auto column = [](const std::string& members) {
    return response_view(R"~({"column": [{"name": "a", )~" + members + "}]}");
  };
  const std::string at = "ViewDefinition.select[0].column[0].";
  CHECK(refusal(column(R"~("path": "status", "type": "boolean")~")) ==
        at + "type: the path gives code, not boolean: correct the type or the path");
  CHECK(refusal(column(R"~("path": "status", "type": "string")~")) == "no error");
  CHECK(refusal(column(R"~("path": "item.count()", "type": "decimal")~")) == "no error");
  CHECK(contains(refusal(column(R"~("path": "1.5", "type": "integer")~")), at + "type: the path gives Decimal"));
  CHECK(contains(refusal(column(R"~("path": "subject", "type": "string")~")), "the path gives Reference, not string"));
  CHECK(contains(refusal(column(R"~("path": "subject")~")), R"~(or say "type": "Reference" to have it as JSON)~"));
  // A choice tells its type only when it runs.
  const std::string answer = R"~("path": "item.where(linkId='adherence').answer.value", "type": ")~";
  CHECK(refusal(column(answer + R"~(integer")~")) ==
        at.substr(0, at.size() - 1) +
            ": the column 'a' gives Coding, not integer as its type says: correct the type or the path");
  CHECK(refusal(column(R"~("path": "item.where(linkId='sbp').answer.value", "type": "string")~"))
            .find("gives integer, not string") != std::string::npos);
  const auto document = fhir::Document::parse(k_response);
  std::string found;
  View::compile(column(R"~("path": "item.where(linkId='sbp').answer.value", "type": "string")~"),
                viewdef::Values::as_found)
      .run(document.root(), [&](std::span<const viewdef::Cell> cells) { found = cells[0].value_or("-"); });
  CHECK(found == "182"); // for a caller that judges each cell itself

  const auto tagged = [&](const std::string& value) {
    return column(R"~("path": "authored", "tag": [{"name": "ansi/type", "value": ")~" + value + R"~("}])~");
  };
  const auto sql_type = [&](const std::string& value) { return View::compile(tagged(value)).columns()[0].sql_type; };
  CHECK(sql_type("timestamp  with time zone") == "TIMESTAMP WITH TIME ZONE");
  CHECK(sql_type("Numeric(10, 2)") == "DECIMAL(10,2)");
  CHECK(sql_type("character varying") == "VARCHAR");
  CHECK(sql_type("int") == "INTEGER");
  for (const char* wrong : {"MONEY", "DECIMAL(39,2)", "DECIMAL(3,4)", "DECIMAL(a,1)", "DECIMAL(3)"})
    CHECK_MESSAGE(contains(refusal(tagged(wrong)), at + "tag[0].value: '" + wrong + "' is no SQL type"), wrong);
  CHECK(contains(refusal(column(R"~("path": "id", "tag": [{"name": "x"}])~")), at + "tag[0]: a tag wants"));
  CHECK(refusal(column(R"~("path": "id", "tag": [{"name": "other/thing", "value": "y"}])~")) == "no error");

  const auto constant = [](const std::string& members) {
    return R"~({"resource": "Patient", "constant": [)~" + members +
           R"~(], "select": [{"column": [{"name": "a", "path": "id"}]}]})~";
  };
  const std::string of = "ViewDefinition.constant[0]";
  CHECK(refusal(constant(R"~({"name": "c", "valueInteger64": "9007199254740993"})~")) == "no error");
  CHECK(contains(refusal(constant(R"~({"name": "c", "valueInteger64": "9a"})~")), of + ".valueInteger64: "));
  CHECK(contains(refusal(constant(R"~({"name": "c", "valueDate": "2023-13-01"})~")), of + ".valueDate: "));
  CHECK(contains(refusal(constant(R"~({"name": "c", "valueInteger": "1"})~")), of + ".valueInteger: "));
  CHECK(contains(refusal(constant(R"~({"name": "c", "valueQuantity": {"value": 1}})~")), "of a primitive type"));
  CHECK(contains(refusal(constant(R"~({"name": "c", "valueCode": "a", "valueString": "b"})~")), "has 2 values"));
  CHECK(contains(refusal(constant(R"~({"name": "c"})~")), of + ": the constant has no value"));
  CHECK(contains(refusal(constant(R"~({"name": "c-d", "valueCode": "a"})~")), of + ".name: 'c-d' is not a name"));
  CHECK(contains(refusal(constant(R"~({"name": "rowIndex", "valueCode": "a"})~")), "has a meaning already"));
  CHECK(contains(refusal(constant(R"~({"name": "c", "valueCode": "a"}, {"name": "c", "valueCode": "b"})~")),
                 "ViewDefinition.constant[1].name: the view has two constants 'c'"));
  CHECK(contains(refusal(constant(R"~({"name": "c", "valueCode": "a", "valeuString": "b"})~")),
                 "did you mean 'valueString'?"));

  const std::string rest = R"~("resource": "Patient", "select": [{"column": [{"name": "a", "path": "id"}]}]})~";
  CHECK(contains(refusal(R"~({"wehre": [{"path": "active"}], )~" + rest),
                 "ViewDefinition.wehre: \"wehre\" means nothing here: did you mean 'where'?"));
  CHECK(contains(refusal(R"~({"where": [{"pth": "active"}], )~" + rest), "ViewDefinition.where[0].pth: "));
  CHECK(contains(refusal(R"~({"resourceType": "Patient", )~" + rest), "not a ViewDefinition"));
  CHECK(contains(refusal(R"~({"name": "a b", )~" + rest), "ViewDefinition.name: "));
  CHECK(contains(refusal(R"~({"fhirVersion": ["5.0.0"], )~" + rest), "ViewDefinition.fhirVersion: "));
  CHECK(refusal(R"~({"fhirVersion": ["5.0.0", "4.0.1"], "name": "a_b", )~" + rest) == "no error");
  CHECK(contains(refusal(response_view(R"~({"repeat": ["itm"], "column": [{"name": "a", "path": "id"}]})~")),
                 "ViewDefinition.select[0].repeat[0]: FHIRPath: 'itm' is not an element of QuestionnaireResponse: did "
                 "you mean 'item'?"));
}

TEST_CASE("a structure is given as JSON where the column says so") {
  CHECK(rows(response_view(R"~({"column": [{"name": "a", "path": "subject", "type": "Reference"},
    {"name": "b", "path": "item.where(linkId='drugs').item.answer", "type": "QuestionnaireResponse.item.answer",
     "collection": true}]})~")) ==
        R"~({"reference":"Patient/wang"}|[{"valueString":"氨氯地平"},{"valueDecimal":5.0},{"valueString":"缬沙坦"}])~");
}

TEST_CASE("the row of an empty forEachOrNull is null but for %rowIndex") {
  const std::string each = R"~({"column": [{"name": "id", "path": "id"}]}, {"forEachOrNull": "author", "column": [
    {"name": "n", "path": "%rowIndex"}, {"name": "count", "path": "1 + 1"}, {"name": "all", "path": "reference", "collection": true}],
    "select": [{"forEach": "identifier", "column": [{"name": "value", "path": "value"}]}]})~";
  CHECK(rows(response_view(each)) == "r1|0|-|-|-");
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
