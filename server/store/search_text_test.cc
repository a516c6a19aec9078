#include "server/store/resource_text.h"
#include "server/store/search_parameters.h"
#include "server/store/search_text.h"

#include <doctest/doctest.h>
#include <set>

using namespace xinglin;
using namespace xinglin::store;
using base::Decimal;

TEST_CASE("text to search by is without case, width, accents and needless blanks") {
  CHECK(normalise("  Ann\t MARIE \n") == "ann marie");
  CHECK(normalise("ＷＡＮＧ　１２") == "wang 12");
  CHECK(normalise("Ærøskøbing Größe Łódź Ñandú") == "aeroskobing grosse lodz nandu");
  CHECK(normalise("e\xCC\x81") == "e"); // a combining accent
  CHECK(normalise("王小明") == "王小明");
  CHECK(normalise("ΑΒΓ ЯБ") == "αβγ яб");
  CHECK(normalise("\xFF"
                  "A\xC3") == "\xFF"
                              "a\xC3"); // no UTF-8: left
  CHECK(normalise("").empty());
}

TEST_CASE("dates are spans in the county's own time") {
  base::Zone zone;
  auto hours = [](base::Millis n) { return n * 3'600'000; };
  auto day = *time_span("2023-05-01", zone);
  CHECK(day.high - day.low == hours(24));
  CHECK(time_span("2023-05-01T00:00:00+08:00", zone)->low == day.low);
  CHECK(time_span("2023-04-30T16:00:00Z", zone)->low == day.low);
  CHECK(time_span("2023-05-01T00:00", zone)->low == day.low);
  CHECK(time_span("2023-05-01T00:00", zone)->high == day.low + 60'000);
  CHECK(time_span("2023-05-01T00:00:00.25", zone)->low == day.low + 250);
  CHECK(time_span("2023-05-01T00:00:00.25", zone)->high == day.low + 260);
  CHECK(time_span("2023", zone)->high == time_span("2024", zone)->low);
  CHECK(time_span("2024-02", zone)->high - time_span("2024-02", zone)->low == hours(29 * 24));
  CHECK(time_span("2023-12", zone)->high == time_span("2024-01", zone)->low);
  for (const char* no :
       {"", "23", "2023-13", "2023-02-29", "2023-5-1", "2023-05-01T", "2023-05-01T25:00", "2023-05-01T08:00+8",
        "20230501", "2023-05-01 08:00", "0000", "2023-05-01T08:00:00.Z", "today"})
    CHECK_FALSE_MESSAGE(time_span(no, zone), no);
}

TEST_CASE("numbers sort as numbers, to the last digit") {
  const char* in_order[] = {
      "-1e30",   "-1000", "-12.5",     "-12.45", "-1.23",  "-1.2", "-1", "-0.001",
      "-0.0001", "0",     "0.0000001", "0.001",  "0.0011", "0.5",  "1",  "1.000000000000000000000000000001",
      "9.99",    "10",    "99",        "100",    "100.5",  "1e20"};
  for (size_t i = 0; i + 1 < std::size(in_order); i++)
    CHECK_MESSAGE(sortable(*Decimal::parse(in_order[i])) < sortable(*Decimal::parse(in_order[i + 1])), in_order[i]);
  CHECK(sortable(*Decimal::parse("1.0")) == sortable(*Decimal::parse("1.00")));
  CHECK(sortable(*Decimal::parse("100")) == sortable(*Decimal::parse("1e2")));
  CHECK(sortable(*Decimal::parse("-0")) == sortable(*Decimal::parse("0.00")));
  CHECK(number_span("100")->low == *Decimal::parse("99.5"));
  CHECK(number_span("100.00")->high == *Decimal::parse("100.005"));
  CHECK(number_span("-5")->low == *Decimal::parse("-5.5"));
  CHECK(number_span("1e2")->high == *Decimal::parse("150"));
  CHECK_FALSE(number_span("1,5"));
  CHECK_FALSE(number_span(""));
}

TEST_CASE("hex text and back") {
  CHECK(from_hex(to_hex(std::string("\0\xFFz", 3))) == std::string("\0\xFFz", 3));
  CHECK_FALSE(from_hex("abc"));
  CHECK_FALSE(from_hex("zz"));
}

TEST_CASE("references by their form") {
  using Form = ReferenceForm;
  auto form = [](const char* text) { return read_reference(text).form; };
  CHECK(form("Patient/1") == Form::relative);
  CHECK(form("Patient/1/_history/2") == Form::relative);
  CHECK(read_reference("Patient/1/_history/2").id == "1");
  CHECK(form("Patient?identifier=a|b") == Form::conditional);
  CHECK(form("#a") == Form::contained);
  CHECK(form("urn:uuid:x") == Form::urn);
  CHECK(form("urn:oid:1.2") == Form::urn);
  CHECK(form("http://a/Patient/1") == Form::outside);
  CHECK(form("urn:isbn:1") == Form::outside);
  for (const char* no : {"", "Patient", "Patient/", "patient/1", "Patient/1/2", "Patient/a b", "Patient/1/_history/",
                         "/Patient/1", "?a=b"})
    CHECK_MESSAGE(form(no) == Form::unreadable, no);
}

TEST_CASE("every search parameter of R4 is made for every type that has it") {
  ParameterTable table;
  int made = 0;
  for (std::string_view type : fhir::resource_types())
    for (const std::string& code : ParameterTable::codes(type)) {
      const Parameter* parameter = table.find(type, code);
      REQUIRE(parameter);
      bool is_without = parameter->values.empty() && parameter->paths.empty();
      // Those that stand for no element have no expression; two the specification only sketches.
      static const std::set<std::string> k_without = {"_text", "_content", "_query", "age", "birthOrderBoolean"};
      bool may_be = parameter->kind == ParameterKind::special || k_without.contains(code);
      CHECK_MESSAGE((may_be || !is_without), (std::string(type) + "." + code));
      made++;
    }
  CHECK(made > 2000);
  CHECK(table.find("Patient", "none") == nullptr);
}

TEST_CASE("reference parameters are paths and a type of the target") {
  ParameterTable table;
  CHECK(table.find("Observation", "patient")->paths == std::vector<std::string>{"Observation.subject"});
  CHECK(table.find("Observation", "patient")->targets == std::vector<std::string>{"Patient"});
  CHECK(table.find("Group", "value")->kind == ParameterKind::token);
  CHECK(table.find("MedicationRequest", "medication")->paths ==
        std::vector<std::string>{"MedicationRequest.medicationReference"});
  CHECK(table.find("Encounter", "practitioner")->paths == std::vector<std::string>{"Encounter.participant.individual"});
  CHECK(table.find("QuestionnaireResponse", "questionnaire")->paths.empty()); // a canonical
  CHECK_FALSE(table.find("QuestionnaireResponse", "questionnaire")->values.empty());
}

TEST_CASE("terms of an expression that speak of a type") {
  using List = std::vector<std::string>;
  CHECK(terms_for_type("Patient.name | (Person.name as string) | Resource.id", "Person") ==
        List{"(Person.name as string)", "Resource.id"});
  CHECK(terms_for_type("A.where(b = '|' or c) | B.x", "A") == List{"A.where(b = '|' or c)"});
  CHECK(terms_for_type("PatientX.name", "Patient").empty());
  CHECK(terms_for_type("code", "Patient") == List{"code"});
}

TEST_CASE("placement: the resident a record is about, else the organisation") {
  auto placement = [](const char* json) {
    auto document = fhir::Document::parse(json);
    auto references = find_references(document.root());
    std::vector<std::string> targets;
    for (auto& each : references)
      targets.emplace_back(each.value.text());
    return placement_of(document.root()["resourceType"].text(), document.root()["id"].text(), references, targets);
  };
  CHECK(placement(R"({"resourceType":"Patient","id":"p","managingOrganization":{"reference":"Organization/o"}})") ==
        "Patient/p");
  CHECK(
      placement(
          R"({"resourceType":"Observation","performer":[{"reference":"Organization/o"},{"reference":"Patient/q"}],"subject":{"reference":"Patient/p"}})") ==
      "Patient/p");
  CHECK(placement(R"({"resourceType":"Encounter","serviceProvider":{"reference":"Organization/o"}})") ==
        "Organization/o");
  CHECK(placement(R"({"resourceType":"Basic"})").empty());
}
