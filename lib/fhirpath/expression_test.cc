#include "lib/fhirpath/expression.h"

#include "lib/base/issue.h"
#include "lib/fhir/definitions.h"
#include "lib/fhirpath/ast.h"
#include "lib/fhirpath/evaluator.h"
#include "lib/fhirpath/lexer.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

using namespace xinglin;
using fhirpath::Environment;
using fhirpath::Expression;

const char* const k_patient = R"({
  "resourceType": "Patient", "id": "wang",
  "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "x"}, {"system": "urn:other", "value": "y"}],
  "name": [{"use": "official", "family": "王", "given": ["秀英"]}, {"use": "usual", "given": ["Anna", "Li"]}],
  "birthDate": "1950-03", "_birthDate": {"extension": [{"url": "urn:source", "valueString": "card"}]},
  "deceasedBoolean": false,
  "multipleBirthInteger": 2,
  "generalPractitioner": [{"reference": "Practitioner/li"}, {"reference": "http://x/fhir/Organization/1/_history/2"},
                          {"reference": "#gp"}],
  "contained": [{"resourceType": "Practitioner", "id": "gp", "name": [{"family": "Zhou"}]}]
})";

/// "type text, type text" of the result, or the error's sentence.
std::string run(std::string_view expression, const Environment& environment = {}, std::string_view context = "Patient",
                const std::vector<std::string>& names = {}) {
  const auto document = fhir::Document::parse(k_patient);
  try {
    std::string out;
    for (const auto& value : Expression::compile(expression, context, names).evaluate(document.root(), environment)) {
      if (!out.empty()) out += ", ";
      out += std::string(value.type) + " " + fhirpath::to_text(value).value_or("{}");
    }
    return out;
  } catch (const base::Refused& refused) {
    const auto& issue = refused.issues().front();
    return "error at " + std::to_string(issue.line) + ":" + std::to_string(issue.column) + " " + issue.text;
  }
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("paths") {
  CHECK(run("name.family") == "string 王");
  CHECK(run("Patient.name.given") == "string 秀英, string Anna, string Li");
  CHECK(run("name[1].given[0]") == "string Anna");
  CHECK(run("deceased") == "boolean false");
  CHECK(run("multipleBirth + 1") == "Integer 3");
  CHECK(run("birthDate.extension('urn:source').value") == "string card");
  CHECK(run("contained.name.family") == "string Zhou");
  CHECK(run("Observation.value") == ""); // another type's path, as search parameters have
  CHECK(run("identifier.where(system = 'urn:other').value") == "string y");
  CHECK(run("name.where(use = 'usual').given.count()") == "Integer 2");
  CHECK(run("%resource.id") == "id wang");
}

TEST_CASE("a choice") {
  const auto document = fhir::Document::parse(
      R"({"resourceType": "Observation", "valueQuantity": {"value": 12.50, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}})");
  const auto value = [&](std::string_view expression) {
    return fhirpath::to_text(Expression::compile(expression, "Observation").evaluate(document.root()).at(0));
  };
  CHECK(value("value.ofType(Quantity).value") == "12.50");
  CHECK(value("(value as Quantity).unit") == "kg");
  CHECK(value("value.value") == "12.50");
  CHECK(value("value = 12500 'g'") == "true");
  CHECK(value("value.is(Quantity)") == "true");
  CHECK(Expression::compile("value.ofType(CodeableConcept)", "Observation").evaluate(document.root()).empty());
  CHECK(Expression::compile("value.value", "").evaluate(document.root()).size() == 1); // without a context
}

TEST_CASE("three-valued logic") {
  const char* const k_values[] = {"true", "false", "{}"};
  const auto shown = [](const std::string& operation, const char* left, const char* right) {
    const std::string result = run("(" + std::string(left) + " " + operation + " " + right + ")");
    return result.empty() ? std::string("{}") : result.substr(std::string("Boolean ").size());
  };
  struct Row {
    const char* operation;
    const char* results; // row by row over k_values
  };
  for (const Row& row :
       {Row{"and", "true false {} false false false {} false {}"}, Row{"or", "true true true true false {} true {} {}"},
        Row{"xor", "false true {} true false {} {} {} {}"},
        Row{"implies", "true false {} true true true true {} {}"}}) {
    std::string all;
    for (const char* left : k_values)
      for (const char* right : k_values)
        all += (all.empty() ? "" : " ") + shown(row.operation, left, right);
    CHECK_MESSAGE(all == row.results, row.operation);
  }
}

TEST_CASE("dates are compared as far as they are known") {
  CHECK(run("birthDate < @1950-04-01") == "Boolean true");
  CHECK(run("birthDate < @1950-03-10") == ""); // the day is not known
  CHECK(run("birthDate = @1950") == "");
  CHECK(run("birthDate >= @1951") == "Boolean false");
  CHECK(run("@2023-05-01T00:30:00+08:00 > @2023-04-30T16:00:00Z") == "Boolean true");
  CHECK(run("@2023-05-01 = @2023-05-01T00:30:00+08:00") == "");
  CHECK(run("@2023-05-01 < @2023-05-02T00:30:00+08:00") == "Boolean true"); // a date is never shifted by a zone
  CHECK(run("@2024-01-31 + 1 month") == "Date 2024-02-29");
  CHECK(run("@2023-03-01 - 1 day") == "Date 2023-02-28");
  Environment environment;
  environment.today = *base::Date::parse("2023-06-01");
  CHECK(run("today() - 1 week", environment) == "Date 2023-05-25");
  CHECK(run("%today > @2023-05-31", environment) == "Boolean true");
}

TEST_CASE("decimals are exact") {
  CHECK(run("0.1 + 0.2 = 0.3") == "Boolean true");
  CHECK(run("1.10 * 3") == "Decimal 3.30");
  CHECK(run("1 / 3") == "Decimal 0.333333333333333333");
  CHECK(run("9223372036854775807 + 1") == "");
  CHECK(run("2.5.round(0)") == "Decimal 3");
  CHECK(run("7 div 2 + 7 mod 2") == "Integer 4");
  CHECK(run("1 / 0") == "");
}

TEST_CASE("the type of a reference is read from its text") {
  CHECK(run("generalPractitioner.where(resolve() is Practitioner).reference") == "string Practitioner/li, string #gp");
  CHECK(run("generalPractitioner.where(resolve() is Organization).count()") == "Integer 1");
  CHECK(run("generalPractitioner[2].resolve().name.family") == "string Zhou");
  CHECK(run("generalPractitioner[0].resolve().exists()") == "Boolean false"); // nobody resolves
  CHECK(run("generalPractitioner.getReferenceKey()") == "String Practitioner/li, String Organization/1");
  CHECK(run("generalPractitioner.getReferenceKey(Organization)") == "String Organization/1");
  CHECK(run("getResourceKey()") == "String Patient/wang");
  const auto other = fhir::Document::parse(R"({"resourceType": "Practitioner", "id": "li", "gender": "male"})");
  Environment environment;
  environment.resolve = [&](std::string_view reference) {
    return reference == "Practitioner/li" ? std::optional(other.root()) : std::nullopt;
  };
  CHECK(run("generalPractitioner.resolve().gender", environment) == "code male");
}

TEST_CASE("names and variables") {
  Environment environment;
  environment.variables["sbp"] = {{int64_t{182}, "Integer", {}}};
  environment.variables["dbp"] = {{int64_t{80}, "Integer", {}}};
  const std::vector<std::string> names = {"sbp", "dbp", "heart_rate"};
  environment.variables["heart_rate"] = {};
  CHECK(run("sbp >= 180 or dbp >= 110", environment, "", names) == "Boolean true");
  CHECK(run("dbp >= sbp", environment, "", names) == "Boolean false");
  CHECK(run("heart_rate > 100", environment, "", names) == "");
  CHECK(run("%sbp + 1", environment) == "Integer 183");
  CHECK(contains(run("sbp > dpb", environment, "", names), "did you mean 'dbp'?"));
  CHECK(contains(run("%spb + 1", environment), "did you mean 'sbp'?"));
  const auto document = fhir::Document::parse(k_patient);
  environment.variables["about"] = {{document.root(), "", {}}};
  CHECK(run("%about.name.family.first()", environment, "", names) == "string 王");
}

TEST_CASE("a wrong expression is refused with its place and the mend") {
  CHECK(run("nmae.family").find("error at 1:1 FHIRPath: 'nmae' is not an element of Patient: did you mean 'name'?") ==
        0);
  CHECK(run("name.\n  famly")
            .find("error at 2:3 FHIRPath: 'famly' is not an element of HumanName: did you mean 'family'?") == 0);
  CHECK(contains(run("deceasedBoolean"), "write 'deceased.ofType(boolean)'"));
  CHECK(contains(run("name.were(use = 'x')"), "error at 1:6"));
  CHECK(contains(run("name.were(use = 'x')"), "did you mean 'where'?"));
  CHECK(contains(run("name.first(1)"), "first() takes 0 arguments, not 1"));
  CHECK(contains(run("deceased is Bolean"), "there is no type 'Bolean'"));
  CHECK(contains(run("name.where("), "the expression ends"));
  CHECK(contains(run("'abc"), "the text is not closed"));
  CHECK(contains(run("@2023-02-30"), "is not a real date"));
  CHECK(contains(run("name.single()"), "single() wants one item and there are 2"));
  CHECK(contains(run("name.family < 3"), "have no order"));
  CHECK(contains(run("name.given.matches('(')"), "is not a regular expression"));
  CHECK(contains(run("identifier.startsWith('x')"), "Identifier is a structure"));
}

TEST_CASE("every limit refuses") {
  CHECK(contains(run(std::string(fhirpath::k_text_max + 1, ' ')), "longer than"));
  std::string deep;
  for (int i = 0; i <= fhirpath::k_depth_max; ++i)
    deep += "(";
  CHECK(contains(run(deep + "1"), "deeper than"));
  std::string chain = "1";
  for (int i = 0; i <= fhirpath::k_depth_max; ++i)
    chain += ".abs()";
  CHECK(contains(run(chain), "deeper than"));
  std::string many = "(1|2|3|4|5|6|7|8|9|10)";
  CHECK(contains(run(many + ".select(" + many + ".select(" + many + ".select(" + many + ".select(" + many + ".select(" +
                     many + ".select(" + many + "))))))"),
                 "narrow the expression"));
  CHECK(contains(run("name.repeatAll($this)"), "narrow the expression"));
  CHECK(contains(run("(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25|26|27|28|29|30)"
                     ".aggregate($total & $total, 'aaaaaaaaaaaaaaaa')"),
                 "narrow the expression"));
}

TEST_CASE("every R4 search parameter compiles") {
  size_t compiled = 0;
  for (const auto& parameter : fhir::search_parameters()) {
    if (parameter.expression.empty()) continue;
    for (const auto base : parameter.base) {
      try {
        Expression::compile(parameter.expression, base);
        ++compiled;
      } catch (const base::Refused& refused) {
        CHECK_MESSAGE(false, std::string(parameter.url) << " on " << std::string(base) << ": " << refused.what());
      }
    }
    for (const auto& component : parameter.components)
      CHECK_NOTHROW(Expression::compile(component.expression));
  }
  CHECK(compiled > 1300);
}

TEST_CASE("Long is a type of its own") {
  CHECK(run("5L") == "Long 5");
  CHECK(run("5L + 2") == "Long 7");
  CHECK(run("-(5L)") == "Long -5");
  CHECK(run("5L / 2") == "Decimal 2.5");
  CHECK(run("5L is Long and (5 is Long).not() and (5L is Integer).not() and 5L = 5") == "Boolean true");
  CHECK(run("'3000000000'.toLong()") == "Long 3000000000");
  CHECK(run("'3000000000'.toInteger()") == "");
  CHECK(run("9223372036854775807L + 1L") == "");
  CHECK(run("5L.type().name") == "String Long");
  CHECK(contains(run("9223372036854775808L"), "too large"));
}

TEST_CASE("calendar durations") {
  CHECK(run("1 year = 12 months") == "Boolean true");
  CHECK(run("1 year = 365 days") == "Boolean true");
  CHECK(run("1 month = 30 days") == "Boolean true");
  CHECK(run("1 year = 1 'a'") == "");
  CHECK(run("1 year ~ 1 'a'") == "Boolean true");
  CHECK(run("1 'mo' = 30 days") == "");
  CHECK(run("7 days = 1 'wk'") == "Boolean true");
  CHECK(run("1 year + 6 months") == "Quantity 18 months");
  CHECK(run("1 year + 1 'a'") == "");
  CHECK(run("1 year / 2 = 6 months") == "Boolean true");
  CHECK(run("1 year / 1 month") == "");
  CHECK(run("2 'kg/kg' * 3 days") == "Quantity 6 days");
  CHECK(run("(1 year).toQuantity('days')") == "Quantity 365 days");
  CHECK(run("(1 year).toQuantity('d')") == "");
  CHECK(run("1 year + @2016-02-29") == "Date 2017-02-28");
  CHECK(contains(run("@T10:00 + 1 day"), "hours, minutes or seconds"));
  CHECK(contains(run("@2016-02-29 + 1 'a'"), "a date moves by"));
}

TEST_CASE("work is bounded") {
  std::string deep = R"({"resourceType": "Patient", "contact": [)";
  for (int i = 0; i < 400; ++i)
    deep += std::string(i > 0 ? "," : "") + R"({"name": {"given": ["a", "b", "c", "d", "e", "f", "g", "h"]}})";
  const auto document = fhir::Document::parse(deep + "]}");
  const auto refusal = [&](const char* text) -> std::string {
    try {
      Expression::compile(text, "Patient").evaluate(document.root());
      return "";
    } catch (const base::Refused& refused) {
      return refused.kind() == base::Refusal::too_large ? refused.what() : "";
    }
  };
  CHECK(refusal("descendants().count()").empty());
  CHECK(contains(refusal("descendants().select(%resource.descendants().select(%resource.descendants()))"), "narrow"));
  CHECK(contains(
      refusal("descendants().where(%resource.descendants().where(%resource.descendants().exists(false)).exists())"),
      "steps"));
  CHECK(contains(refusal("repeatAll($this)"), "narrow"));
  CHECK(contains(refusal("contact.repeatAll(%resource.contact)"), "narrow"));
  CHECK(contains(refusal("contact.name.given.aggregate($total & $total & $this, 'x')"), "bytes"));
  CHECK(refusal("contact.repeat(%resource.contact).count()").empty()); // each item once
}

TEST_CASE("trace tells what it sees") {
  const auto document = fhir::Document::parse(k_patient);
  std::string seen;
  Environment environment;
  environment.trace = [&](std::string_view name, const fhirpath::Collection& values) {
    seen += std::string(name) + ":";
    for (const auto& value : values)
      seen += " " + fhirpath::to_text(value).value_or("{}");
    seen += ";";
  };
  const auto traced = Expression::compile("name.trace('use', use).given.trace('given').count()", "Patient");
  CHECK(traced.evaluate(document.root(), environment).size() == 1);
  CHECK(seen == "use: official usual;given: 秀英 Anna Li;");
}

TEST_CASE("htmlChecks() is the validator's") {
  const auto check = [](const char* div) {
    const auto document =
        fhir::Document::parse(std::string(R"({"resourceType": "Patient", "text": {"div": ")") + div + "\"}}");
    return Expression::compile("text.div.htmlChecks()", "Patient").holds(document.root());
  };
  CHECK(check("<div xmlns='http://www.w3.org/1999/xhtml'><p>x</p></div>"));
  CHECK_FALSE(check("<div xmlns='http://www.w3.org/1999/xhtml'><script>x</script></div>"));
}

TEST_CASE("variables are in reach where they are defined") {
  CHECK(run("defineVariable('n', name.count()).select(%n)") == "Integer 2");
  CHECK(contains(run("defineVariable('n').defineVariable('n')"), "defined already"));
  CHECK(contains(run("defineVariable('resource')"), "defined already"));
  CHECK(contains(run("name.select(defineVariable('g', given).select(%g.first())) | %g"), "not in reach"));
}

TEST_CASE("starts() tells what cannot give anything") {
  const auto document = fhir::Document::parse(k_patient);
  const uint64_t there = Expression::starts_of(document.root());
  for (const char* text : {"name.given", "Patient.name.where(use = 'usual').given", "deceased",
                           "deceased.ofType(boolean)", "birthDate.extension", "photo | name", "1", "name.count()",
                           "photo.count()", "photo.exists()", "$this", "iif(photo.exists(), 1, 2)"}) {
    const auto expression = Expression::compile(text, "Patient");
    CHECK_MESSAGE((expression.starts() & there) != 0, text); // each of these gives something
    CHECK(!expression.evaluate(document.root()).empty());
  }
  CHECK((Expression::compile("Observation.code", "Patient").starts() & there) == 0);
  CHECK((Expression::compile("photo.url", "Patient").starts() & there) == 0);
  CHECK((Expression::compile("photo.where(title = 'x') | photo.url", "Patient").starts() & there) == 0);
}
