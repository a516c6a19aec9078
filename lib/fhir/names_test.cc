#include "lib/fhir/names.h"

#include "lib/fhir/definitions.h"

#include <doctest/doctest.h>

#include <map>

namespace xinglin::fhir {

TEST_CASE("every name an element has in JSON has a number of its own") {
  const Names& names = Names::r4();
  std::map<NameId, std::string> by_id;
  const auto look = [&](const std::string& name) {
    const NameId id = names.find(name);
    REQUIRE_MESSAGE(id != k_no_name, name);
    REQUIRE_MESSAGE(by_id.emplace(id, name).first->second == name, name);
    CHECK((id & k_twin) == 0);
    CHECK(names.find("_" + name) == (id | k_twin));
    CHECK(names.find(name + "x") != id);
  };
  for (const TypeDefinition& type : types())
    for (const ElementDefinition& element : type.elements)
      for (const std::string_view one : element.types)
        look(element.is_choice ? written_name(element, one) : std::string(element.name));
  CHECK(by_id.size() > 1500);
  CHECK(by_id.at(name::k_id) == "id");
  CHECK(by_id.at(name::k_reference) == "reference");
  CHECK(names.find("resourceType") == name::k_resource_type);
}

TEST_CASE("what is no element's name has no number") {
  const Names& names = Names::r4();
  for (const char* name : {"", "_", "__id", "Id", "famil", "familyy", "familie", "x", "姓名"})
    CHECK_MESSAGE(names.find(name) == k_no_name, name);
  CHECK(names.find(std::string_view()) == k_no_name);
  // The same first and last eight letters, and the same size.
  CHECK(names.find("valueCodeableConcept") != k_no_name);
  CHECK(names.find("valueCodXableConcept") == k_no_name);
}

TEST_CASE("what stands behind a name does not matter") {
  const Names& names = Names::r4();
  std::string text;
  for (const char* part : {"identifier", "family"})
    text += part;
  const std::string_view family = std::string_view(text).substr(10, 6);
  const std::string_view id = std::string_view(text).substr(0, 2);
  CHECK(names.find(family, text.data() + text.size()) == names.find("family"));
  CHECK(names.find(id, text.data() + text.size()) == name::k_id);
  CHECK(names.find(id, id.data() + id.size()) == name::k_id);
}

} // namespace xinglin::fhir
