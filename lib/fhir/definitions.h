#pragma once
// The FHIR R4 (4.0.1) definitions, compiled into the binary at build time from the pinned npm package of the
// specification (see docs/decisions). Immutable, shared by all threads.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhir {

/// One element of a type: `name` under its parent type.
struct ElementDefinition {
  std::string_view name;                     ///< "birthDate"; a choice is "value" with several types
  std::span<const std::string_view> types;   ///< "date"; a backbone is the path of itself, e.g. "Patient.contact"
  std::span<const std::string_view> targets; ///< resource types a Reference may point at; empty = any
  uint16_t min;
  uint16_t max;             ///< 65535 = unbounded
  bool is_choice;           ///< written name + capitalised type ("valueQuantity")
  std::string_view binding; ///< value set URL of a required binding, without version; else empty
  bool is_modifier;
  bool is_summary;
  uint16_t value_set; ///< of the binding, for in_value_set(); k_no_value_set when there is none
  static constexpr uint16_t k_no_value_set = 65535;
};

/// A rule between elements (ElementDefinition.constraint), as published.
struct ConstraintDefinition {
  std::string_view key;        ///< "per-1"; not always the only one of that name ("inv-1")
  std::string_view human;      ///< the rule in words
  std::string_view expression; ///< FHIRPath
  bool is_error;               ///< false: a warning
  uint16_t element;            ///< position of the element it stands on in its type; k_whole: on the type itself
  static constexpr uint16_t k_whole = 65535;
};

/// A resource, complex type, backbone ("Patient.contact") or primitive ("date").
struct TypeDefinition {
  std::string_view name;
  std::string_view base; ///< "DomainResource", "BackboneElement", "Element", ...
  enum class Kind : uint8_t { resource, complex, backbone, primitive } kind;
  bool is_abstract;
  std::span<const ElementDefinition> elements;       ///< own and inherited, in the order of the specification
  uint16_t index;                                    ///< position in types()
  std::span<const ConstraintDefinition> constraints; ///< its own and its elements', not those of its base
};

struct SearchParameterDefinition {
  std::string_view code; ///< "birthdate"
  std::string_view url;
  std::string_view type;                     ///< number date string token reference composite quantity uri special
  std::string_view expression;               ///< FHIRPath, as published
  std::span<const std::string_view> base;    ///< resource types it is for ("Resource", "DomainResource" = all)
  std::span<const std::string_view> targets; ///< of a reference
  struct Component {
    std::string_view definition_url, expression;
  };
  std::span<const Component> components; ///< of a composite
};

std::span<const TypeDefinition> types();
const TypeDefinition* find_type(std::string_view name);
/// Also finds a choice by its written name ("valueQuantity"); then *chosen_type, if given, is set to "Quantity".
const ElementDefinition* find_element(const TypeDefinition& type, std::string_view written_name,
                                      std::string_view* chosen_type = nullptr);
/// The name a choice has in JSON when its value is of that type: "valueQuantity".
std::string written_name(const ElementDefinition& choice, std::string_view type);
/// A member name of a JSON object that stands for an element, with the type its value has.
struct WrittenElement {
  const ElementDefinition* element = nullptr; ///< nullptr: the type has no such element
  const TypeDefinition* type = nullptr;       ///< of the value: "Quantity" of "valueQuantity"
};
/// find_element with the type looked up; the fast way for walking data.
WrittenElement find_written(const TypeDefinition& type, std::string_view written_name);
bool is_resource_type(std::string_view name);       ///< concrete: one of the 146
std::span<const std::string_view> resource_types(); ///< the 146, sorted
std::span<const SearchParameterDefinition> search_parameters();
const SearchParameterDefinition* find_search_parameter(std::string_view resource_type, std::string_view code);
/// Is the code in the value set (URL without version)? Unknown when the set is not enumerable here (e.g. all of UCUM).
enum class Membership : uint8_t { yes, no, unknown };
/// An empty system asks for the code in any system of the set, as an element of type code does.
Membership in_value_set(std::string_view value_set_url, std::string_view system, std::string_view code);
/// The same for ElementDefinition::value_set.
Membership in_value_set(uint16_t value_set, std::string_view system, std::string_view code);
/// All known codes of the set, of all its systems.
std::vector<std::string_view> codes_of(uint16_t value_set);

/// Is the code in the code system (URL)? Unknown when the specification does not list all its codes (LOINC, SNOMED CT).
Membership in_code_system(std::string_view system, std::string_view code);

/// An extension the specification itself defines.
struct ExtensionDefinition {
  std::string_view url;
  std::span<const std::string_view> contexts; ///< types ("Patient", "Element") and element paths ("Patient.birthDate")
  std::span<const std::string_view> types;    ///< of its value; empty: it has extensions instead
};
const ExtensionDefinition* find_extension(std::string_view url);

} // namespace xinglin::fhir
