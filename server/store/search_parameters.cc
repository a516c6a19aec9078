#include "server/store/search_parameters.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <regex>
#include <set>

namespace xinglin::store {

namespace {

ParameterKind kind_of(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, ParameterKind>, 8> k_kinds = {{
      {"number", ParameterKind::number},
      {"date", ParameterKind::date},
      {"string", ParameterKind::string},
      {"token", ParameterKind::token},
      {"reference", ParameterKind::reference},
      {"composite", ParameterKind::composite},
      {"quantity", ParameterKind::quantity},
      {"uri", ParameterKind::uri},
  }};
  for (auto [name, kind] : k_kinds)
    if (name == type) return kind;
  return ParameterKind::special;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The type a term starts from: "Condition" of "(Condition.onset as Age)"; empty when it starts otherwise.
std::string_view leading_type(std::string_view term) {
  size_t at = 0;
  while (at < term.size() && (term[at] == '(' || term[at] == ' '))
    at++;
  size_t end = at;
  while (end < term.size() && is_letter(term[end]))
    end++;
  return at < term.size() && term[at] >= 'A' && term[at] <= 'Z' ? term.substr(at, end - at) : std::string_view();
}

/// What a term of a reference parameter says, when it is a path and perhaps a type.
struct ReferencePath {
  std::vector<std::string> elements; ///< after the type
  std::string target;                ///< of `.where(resolve() is X)`; empty = any
};

std::optional<ReferencePath> plain_path(const std::string& term) {
  static const std::regex k_form(
      R"(^\(?([A-Z][A-Za-z]+)((?:\.[A-Za-z]+)+?)(?: as Reference\)|\.as\(Reference\)|\.ofType\(Reference\))?(?:\.where\(resolve\(\) is ([A-Za-z]+)\))?$)");
  std::smatch match;
  if (!std::regex_match(term, match, k_form)) return {};
  ReferencePath path;
  std::string rest = match[2].str().substr(1);
  for (std::string_view element : base::split(rest, '.'))
    path.elements.emplace_back(element);
  path.target = match[3].str();
  return path;
}

/// The element at the end of a path; null where there is none.
const fhir::ElementDefinition* element_at(std::string_view type, const std::vector<std::string>& path) {
  const fhir::TypeDefinition* definition = fhir::find_type(type);
  const fhir::ElementDefinition* element = nullptr;
  for (const std::string& name : path) {
    if (!definition) return nullptr;
    element = fhir::find_element(*definition, name);
    if (!element)
      for (const auto& each : definition->elements)
        if (each.name == name) element = &each; // a choice by its bare name
    if (!element) return nullptr;
    definition = element->types.empty() ? nullptr : fhir::find_type(element->types[0]);
  }
  return element;
}

bool holds(const fhir::ElementDefinition& element, std::string_view type) {
  return std::find(element.types.begin(), element.types.end(), type) != element.types.end();
}

/// The JSON path under which a Reference may stand there; empty when the element holds none.
std::string json_path(std::string_view type, const ReferencePath& path) {
  const fhir::ElementDefinition* element = element_at(type, path.elements);
  if (!element || !holds(*element, "Reference")) return {};
  std::string text(type);
  for (const std::string& name : path.elements)
    text += "." + name;
  return text + (element->is_choice ? "Reference" : "");
}

/// The value set of the element of type code that a term is a plain path to.
std::optional<uint16_t> code_set(std::string_view type, const std::string& term) {
  auto path = plain_path(term);
  if (!path || !path->target.empty()) return {};
  const fhir::ElementDefinition* element = element_at(type, path->elements);
  if (!element || !holds(*element, "code") || element->value_set == fhir::ElementDefinition::k_no_value_set) return {};
  return element->value_set;
}

std::unique_ptr<Parameter> make(std::string_view type, const fhir::SearchParameterDefinition& definition) {
  auto parameter = std::make_unique<Parameter>();
  parameter->type = type;
  parameter->code = definition.code;
  parameter->kind = kind_of(definition.type);
  std::set<std::string> targets;
  bool is_any_target = false;
  for (const std::string& term : terms_for_type(definition.expression, type)) {
    if (parameter->kind == ParameterKind::reference) {
      if (auto path = plain_path(term)) {
        if (std::string in_json = json_path(parameter->type, *path); !in_json.empty()) {
          parameter->paths.push_back(std::move(in_json));
          if (path->target.empty())
            is_any_target = true;
          else
            targets.insert(path->target);
          continue;
        }
      }
    }
    if (parameter->kind == ParameterKind::token)
      if (auto set = code_set(type, term)) parameter->code_sets.push_back(*set);
    parameter->values.push_back(fhirpath::Expression::compile(term, type));
  }
  if (is_any_target || targets.empty()) targets = {definition.targets.begin(), definition.targets.end()};
  parameter->targets.assign(targets.begin(), targets.end());
  for (const auto& component : definition.components) {
    Parameter::Component made;
    for (const auto& each : fhir::search_parameters())
      if (each.url == component.definition_url) made.kind = kind_of(each.type);
    for (const std::string& term : terms_for_type(component.expression, type))
      made.values.push_back(fhirpath::Expression::compile(term));
    parameter->components.push_back(std::move(made));
  }
  return parameter;
}

} // namespace

std::vector<std::string> terms_for_type(std::string_view expression, std::string_view type) {
  std::vector<std::string> terms;
  size_t from = 0;
  int depth = 0;
  bool is_quoted = false;
  auto take = [&](size_t to) {
    std::string_view term = base::trim(expression.substr(from, to - from));
    std::string_view leading = leading_type(term);
    if (term.empty()) return;
    if (leading.empty() || leading == type || leading == "Resource" || leading == "DomainResource")
      terms.emplace_back(term);
  };
  for (size_t at = 0; at < expression.size(); at++) {
    char c = expression[at];
    if (c == '\'') is_quoted = !is_quoted;
    if (is_quoted) continue;
    if (c == '(') depth++;
    if (c == ')') depth--;
    if (c == '|' && depth == 0) {
      take(at);
      from = at + 1;
    }
  }
  take(expression.size());
  return terms;
}

const Parameter* ParameterTable::find(std::string_view type, std::string_view code) const {
  std::pair<std::string, std::string> name(type, code);
  {
    std::shared_lock lock(m_mutex);
    if (auto made = m_made.find(name); made != m_made.end()) return made->second.get();
  }
  const auto* definition = fhir::find_search_parameter(type, code);
  if (!definition) return nullptr;
  auto parameter = make(type, *definition);
  std::unique_lock lock(m_mutex);
  return m_made.try_emplace(std::move(name), std::move(parameter)).first->second.get();
}

std::vector<std::string> ParameterTable::codes(std::string_view type) {
  std::set<std::string> codes;
  for (const auto& each : fhir::search_parameters())
    if (fhir::find_search_parameter(type, each.code)) codes.emplace(each.code);
  return {codes.begin(), codes.end()};
}

} // namespace xinglin::store
