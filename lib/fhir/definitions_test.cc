#include "lib/fhir/definitions.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace xinglin::fhir {
namespace {

const ElementDefinition& element(std::string_view type, std::string_view name) {
  const TypeDefinition* definition = find_type(type);
  REQUIRE_MESSAGE(definition != nullptr, std::string(type));
  const ElementDefinition* found = find_element(*definition, name);
  REQUIRE_MESSAGE(found != nullptr, (std::string(type) + "." + std::string(name)));
  return *found;
}

TEST_CASE("all 146 resource types are there, sorted, and nothing abstract among them") {
  auto names = resource_types();
  CHECK(names.size() == 146);
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(names.front() == "Account");
  CHECK(names.back() == "VisionPrescription");
  CHECK(is_resource_type("Patient"));
  for (const char* no : {"Resource", "DomainResource", "patient", "HumanName", "string", "", "Patient.contact"}) {
    CHECK_FALSE(is_resource_type(no));
  }
  CHECK(find_type("DomainResource")->is_abstract);
  CHECK(find_type("nothing") == nullptr);
}

TEST_CASE("every type is whole: elements have known types, names are unique, limits make sense") {
  for (const TypeDefinition& type : types()) {
    CAPTURE(type.name);
    CHECK(find_type(type.name) == &type);
    CHECK(&types()[type.index] == &type);
    CHECK(type.elements.size() <= 64);
    std::vector<std::string_view> names;
    for (const ElementDefinition& child : type.elements) {
      CAPTURE(child.name);
      names.push_back(child.name);
      REQUIRE_FALSE(child.types.empty());
      for (std::string_view name : child.types)
        CHECK(find_type(name) != nullptr);
      for (std::string_view name : child.targets)
        CHECK(is_resource_type(name));
      CHECK(child.min <= child.max);
      CHECK((child.is_choice || child.types.size() == 1));
      CHECK((child.binding.empty() == (child.value_set == ElementDefinition::k_no_value_set)));
    }
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  }
}

TEST_CASE("elements: cardinality, types, choices, backbones, content references") {
  CHECK(element("Patient", "birthDate").types[0] == "date");
  CHECK(element("Patient", "id").types[0] == "id");
  CHECK(element("Extension", "url").types[0] == "uri");
  CHECK(element("HumanName", "id").types[0] == "string");
  CHECK(element("Patient", "contact").types[0] == "Patient.contact");
  CHECK(element("Patient", "contact").max == 65535);
  CHECK(find_type("Patient.contact")->base == "BackboneElement");
  CHECK(find_type("Timing.repeat")->base == "Element");
  CHECK(element("Questionnaire.item", "item").types[0] == "Questionnaire.item");
  CHECK(element("Observation.component", "referenceRange").types[0] == "Observation.referenceRange");
  CHECK(element("Observation", "status").min == 1);
  CHECK(element("Observation", "status").is_modifier);
  CHECK(element("Observation", "status").is_summary);
  CHECK(element("Observation", "value").is_choice);
  std::string_view chosen;
  CHECK(find_element(*find_type("Observation"), "valueQuantity", &chosen) == &element("Observation", "value"));
  CHECK(chosen == "Quantity");
  CHECK(find_element(*find_type("Observation"), "valueAddress") == nullptr);
  CHECK(find_element(*find_type("Observation"), "") == nullptr);
  CHECK(find_element(*find_type("Patient"), "brithDate") == nullptr);
  auto written = find_written(*find_type("Patient"), "deceasedDateTime");
  CHECK(written.type == find_type("dateTime"));
  CHECK(written.element->name == "deceased");
  CHECK(find_written(*find_type("Patient"), "deceased").element == nullptr);
  auto targets = element("Observation", "subject").targets;
  CHECK(std::vector<std::string_view>(targets.begin(), targets.end()) ==
        std::vector<std::string_view>{"Patient", "Group", "Device", "Location"});
  CHECK(element("Provenance", "target").targets.empty());
  CHECK(find_type("Age")->base == "Quantity");
  CHECK(find_type("code")->kind == TypeDefinition::Kind::primitive);
}

TEST_CASE("search parameters are found by type and by what the type is derived from") {
  CHECK(search_parameters().size() > 1300);
  const auto* birthdate = find_search_parameter("Patient", "birthdate");
  REQUIRE(birthdate != nullptr);
  CHECK(birthdate->type == "date");
  CHECK(birthdate->expression.find("Patient.birthDate") != std::string_view::npos);
  CHECK(find_search_parameter("Patient", "_id")->expression == "Resource.id");
  CHECK(find_search_parameter("Bundle", "_lastUpdated") != nullptr);
  CHECK(find_search_parameter("Patient", "_text")->base[0] == "DomainResource");
  CHECK(find_search_parameter("Bundle", "_text") == nullptr);
  CHECK(find_search_parameter("Patient", "code") == nullptr);
  CHECK(find_search_parameter("Nothing", "code") == nullptr);
  const auto* composite = find_search_parameter("Observation", "code-value-quantity");
  REQUIRE(composite != nullptr);
  CHECK(composite->components.size() == 2);
  CHECK(composite->components[0].definition_url == "http://hl7.org/fhir/SearchParameter/clinical-code");
  CHECK(find_search_parameter("Observation", "subject")->targets.size() == 4);
}

TEST_CASE("rules between elements stand with the type or element they are stated on") {
  const auto& period = find_type("Period")->constraints;
  REQUIRE(period.size() == 1);
  CHECK(period[0].key == "per-1");
  CHECK(period[0].is_error);
  CHECK(period[0].element == ConstraintDefinition::k_whole);
  CHECK(period[0].expression == "start.hasValue().not() or end.hasValue().not() or (start <= end)");
  CHECK(period[0].human == "If present, start SHALL have a lower value than end");
  const TypeDefinition& organization = *find_type("Organization");
  REQUIRE(organization.constraints.size() == 3);
  for (const auto& rule : organization.constraints)
    if (rule.key == "org-3") CHECK(organization.elements[rule.element].name == "telecom");
  // A backbone's stand on its type; what is inherited stands with the base.
  CHECK(find_type("Patient")->constraints.empty());
  CHECK(find_type("Patient.contact")->constraints[0].key == "pat-1");
  CHECK(find_type("DomainResource")->constraints.size() == 5);
  size_t all = 0;
  for (const TypeDefinition& type : types())
    all += type.constraints.size();
  CHECK(all == 239);
}

TEST_CASE("value sets: yes, no, and unknown where the set cannot be listed") {
  constexpr auto k_gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
  CHECK(element("Patient", "gender").binding == k_gender);
  CHECK(in_value_set(k_gender, "", "female") == Membership::yes);
  CHECK(in_value_set(k_gender, "http://hl7.org/fhir/administrative-gender", "female") == Membership::yes);
  CHECK(in_value_set(k_gender, "urn:other", "female") == Membership::no);
  CHECK(in_value_set(k_gender, "", "Female") == Membership::no);
  CHECK(in_value_set(element("Patient", "gender").value_set, "", "other") == Membership::yes);
  CHECK(codes_of(element("Patient", "gender").value_set) ==
        std::vector<std::string_view>{"female", "male", "other", "unknown"});
  // Codes below others in the code system's tree.
  CHECK(in_value_set("http://hl7.org/fhir/ValueSet/condition-clinical", "", "recurrence") == Membership::yes);
  // Only some codes of the system.
  CHECK(in_value_set("http://hl7.org/fhir/ValueSet/immunization-status", "", "completed") == Membership::yes);
  CHECK(in_value_set("http://hl7.org/fhir/ValueSet/immunization-status", "", "preparation") == Membership::no);
  for (const char* open : {"http://hl7.org/fhir/ValueSet/mimetypes", "http://hl7.org/fhir/ValueSet/ucum-units",
                           "http://example.org/nothing"}) {
    CHECK(in_value_set(open, "", "x") == Membership::unknown);
  }
  CHECK(in_value_set(ElementDefinition::k_no_value_set, "", "x") == Membership::unknown);
  CHECK(codes_of(ElementDefinition::k_no_value_set).empty());
}

TEST_CASE("code systems the specification lists whole") {
  CHECK(in_code_system("http://hl7.org/fhir/administrative-gender", "male") == Membership::yes);
  CHECK(in_code_system("http://hl7.org/fhir/administrative-gender", "m") == Membership::no);
  CHECK(in_code_system("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP") == Membership::yes);
  CHECK(in_code_system("http://loinc.org", "8480-6") == Membership::unknown);
  CHECK(in_code_system("", "x") == Membership::unknown);
}

TEST_CASE("the specification's own extensions") {
  const auto* birth_time = find_extension("http://hl7.org/fhir/StructureDefinition/patient-birthTime");
  REQUIRE(birth_time != nullptr);
  CHECK(birth_time->contexts[0] == "Patient.birthDate");
  CHECK(birth_time->types[0] == "dateTime");
  CHECK(find_extension("http://hl7.org/fhir/StructureDefinition/patient-nationality")->types.empty());
  CHECK(find_extension("urn:other") == nullptr);
}

} // namespace
} // namespace xinglin::fhir
