#include "server/package/element_path.h"

#include "lib/base/text.h"
#include "lib/fhir/definitions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

namespace xinglin::package {
namespace {

[[noreturn]] void fail(std::string text) {
  throw base::Refused(base::Refusal::invalid, "not-found", std::move(text));
}

struct WrittenStep {
  std::string_view name;
  bool has_index = false;
  size_t index = 0;
};

/// "coding[0]" → coding, 0.
WrittenStep split_index(std::string_view text, std::string_view path) {
  WrittenStep step{text};
  const size_t open = text.find('[');
  if (open == std::string_view::npos) return step;
  step.name = text.substr(0, open);
  step.has_index = true;
  const std::string_view digits = text.substr(open + 1, text.size() - open - 2);
  const auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), step.index);
  if (!text.ends_with("]") || digits.empty() || problem != std::errc() || rest != digits.data() + digits.size() ||
      step.index > k_element_index_max)
    fail(fmt::format("'{}' in '{}' is not an element with its place; write coding[0], at most [{}]", text, path,
                     k_element_index_max));
  return step;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

LeafKind leaf_kind(const fhir::TypeDefinition& type) {
  if (type.kind == fhir::TypeDefinition::Kind::primitive) {
    if (type.name == "boolean") return LeafKind::boolean;
    return is_one_of(type.name, {"integer", "positiveInt", "unsignedInt", "decimal"}) ? LeafKind::number
                                                                                      : LeafKind::text;
  }
  if (type.name == "Reference") return LeafKind::reference;
  if (type.name == "Coding") return LeafKind::coding;
  if (type.name == "CodeableConcept") return LeafKind::codeable_concept;
  if (is_one_of(type.name, {"Quantity", "Age", "Duration", "Distance", "Count", "SimpleQuantity"}))
    return LeafKind::quantity;
  return LeafKind::other;
}

std::vector<std::string> element_names(const fhir::TypeDefinition& type) {
  std::vector<std::string> names;
  for (const auto& element : type.elements) {
    if (!element.is_choice) {
      names.emplace_back(element.name);
      continue;
    }
    for (const auto choice : element.types) {
      std::string name = std::string(element.name) + std::string(choice);
      char& first = name[element.name.size()];
      if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 32);
      names.push_back(std::move(name));
    }
  }
  return names;
}

} // namespace

ElementPath compile_element_path(std::string_view resource, std::string_view text) {
  const fhir::TypeDefinition* type = fhir::find_type(resource);
  if (!type || !fhir::is_resource_type(resource)) fail(fmt::format("'{}' is not a resource type of FHIR R4", resource));
  ElementPath path;
  path.text = std::string(text);
  for (const auto part : base::split(text, '.')) {
    if (type->kind == fhir::TypeDefinition::Kind::primitive)
      fail(fmt::format("'{}' goes on after {}, a {}, which has no parts", text, path.steps.back().name, type->name));
    const WrittenStep step = split_index(part, text);
    std::string_view chosen;
    const fhir::ElementDefinition* element = fhir::find_element(*type, step.name, &chosen);
    if (!element || (element->is_choice && chosen.empty())) {
      const std::string near = base::suggest(step.name, element_names(*type));
      fail(near.empty() ? fmt::format("{} has no element '{}'", type->name, step.name)
                        : fmt::format("{} has no element '{}'; did you mean '{}'?", type->name, step.name, near));
    }
    const bool is_list = element->max > 1;
    if (step.has_index && !is_list)
      fail(fmt::format("{}.{} does not repeat; take [{}] out", type->name, step.name, step.index));
    path.steps.push_back({std::string(step.name), is_list, step.index});
    path.leaf_is_open_list = is_list && !step.has_index;
    const std::string_view next = chosen.empty() ? element->types.front() : chosen;
    type = fhir::find_type(next);
    if (!type) fail(fmt::format("'{}' leads to {}, which cannot be set", text, next));
  }
  if (path.steps.size() == 1 && is_one_of(path.steps[0].name, {"id", "resourceType"}))
    fail(fmt::format("'{}' is given by the program; take it out", text));
  if (path.steps[0].name == "meta") fail("'meta' is given by the program; take it out");
  path.type = std::string(type->name);
  path.kind = leaf_kind(*type);
  return path;
}

} // namespace xinglin::package
