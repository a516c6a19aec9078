#include "lib/fhirpath/model.h"

#include <algorithm>

namespace xinglin::fhirpath {
namespace {

SystemKind system_kind(std::string_view primitive) {
  struct Entry {
    std::string_view name;
    SystemKind kind;
  };
  static constexpr Entry k_kinds[] = {
      {"boolean", SystemKind::boolean},     {"integer", SystemKind::integer},   {"positiveInt", SystemKind::integer},
      {"unsignedInt", SystemKind::integer}, {"decimal", SystemKind::decimal},   {"date", SystemKind::date},
      {"dateTime", SystemKind::date_time},  {"instant", SystemKind::date_time}, {"time", SystemKind::time},
      {"integer64", SystemKind::integer},
  };
  for (const auto& entry : k_kinds)
    if (entry.name == primitive) return entry.kind;
  return SystemKind::string;
}

} // namespace

const Model& Model::r4() {
  static const Model model; // immutable once built; building is thread safe
  return model;
}

Model::Model() {
  static constexpr std::pair<std::string_view, SystemKind> k_system[] = {
      {"Boolean", SystemKind::boolean}, {"Integer", SystemKind::integer},   {"Decimal", SystemKind::decimal},
      {"String", SystemKind::string},   {"Date", SystemKind::date},         {"DateTime", SystemKind::date_time},
      {"Time", SystemKind::time},       {"Quantity", SystemKind::quantity}, {"Any", SystemKind::none},
      {"Long", SystemKind::integer},
  };
  for (const auto& [name, kind] : k_system) {
    auto type = std::make_unique<TypeInfo>();
    type->name = name;
    type->is_system = true;
    type->is_primitive = kind != SystemKind::none;
    type->system = kind;
    if (name == "Long") {
      m_long = type.get();
    } else {
      m_system_kinds[static_cast<size_t>(kind)] = type.get();
    }
    const std::string_view key = type->name;
    m_system.emplace(key, std::move(type));
  }
  for (const std::string_view name : fhir::resource_types())
    load(name);
  for (const std::string_view name :
       {"Resource", "DomainResource", "Element", "BackboneElement", "Quantity", "Reference", "Extension", "Identifier"})
    load(name);
  m_resource = fhir("Resource");
  m_quantity = fhir("Quantity");
  m_reference = fhir("Reference");
  m_extension = fhir("Extension");
  for (const auto& [name, type] : m_fhir)
    if (name.find('.') == std::string_view::npos) m_names.emplace_back(name);
  std::sort(m_names.begin(), m_names.end());
}

TypeInfo* Model::load(std::string_view name) {
  if (const auto at = m_fhir.find(name); at != m_fhir.end()) return at->second.get();
  const fhir::TypeDefinition* definition = fhir::find_type(name);
  if (!definition) return nullptr;
  auto owned = std::make_unique<TypeInfo>();
  TypeInfo* type = owned.get();
  type->name = definition->name;
  m_fhir.emplace(definition->name, std::move(owned)); // before its elements, which may name it again
  type->is_primitive = definition->kind == fhir::TypeDefinition::Kind::primitive;
  type->is_resource = definition->kind == fhir::TypeDefinition::Kind::resource;
  type->is_abstract = definition->is_abstract;
  if (type->is_primitive) type->system = system_kind(definition->name);
  if (!definition->base.empty() && definition->base != definition->name) type->base = load(definition->base);
  if (definition->name == "Quantity" || (type->base && type->base->system == SystemKind::quantity))
    type->system = SystemKind::quantity;
  for (const auto& element : definition->elements) {
    ElementInfo info;
    info.name = element.name;
    info.is_choice = element.is_choice;
    info.is_list = element.max > 1;
    for (const auto target : element.targets)
      info.targets.emplace_back(target);
    for (const auto type_name : element.types) {
      Written written;
      written.name = element.is_choice ? fhir::written_name(element, type_name) : info.name;
      written.twin = "_" + written.name;
      written.id = fhir::Names::r4().find(written.name);
      written.type = load(type_name);
      info.written.push_back(std::move(written));
      if (!element.is_choice) break;
    }
    if (info.written.empty())
      info.written.push_back({info.name, "_" + info.name, fhir::Names::r4().find(info.name), nullptr});
    const auto by_id = [](const Written& a, const Written& b) { return a.id < b.id; };
    const auto [least, most] = std::minmax_element(info.written.begin(), info.written.end(), by_id);
    info.least = least->id;
    info.most = most->id;
    type->elements.push_back(std::move(info));
  }
  for (const auto& element : type->elements) {
    type->by_name.emplace(element.name, &element);
    for (const auto& written : element.written) {
      type->by_written.emplace(written.name, &written);
      type->of_written.emplace(written.name, &element);
    }
  }
  return type;
}

const TypeInfo* Model::fhir(std::string_view name) const {
  const auto at = m_fhir.find(name);
  return at == m_fhir.end() ? nullptr : at->second.get();
}

const TypeInfo* Model::system(std::string_view name) const {
  const auto at = m_system.find(name);
  return at == m_system.end() ? nullptr : at->second.get();
}

} // namespace xinglin::fhirpath
