#pragma once
// The FHIR R4 definitions in the shape the compiler and the evaluator walk: types linked to their bases and elements,
// with the names under which a choice stands in JSON worked out once. Built on first use, then immutable.

#include "lib/fhir/definitions.h"
#include "lib/fhir/names.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xinglin::fhirpath {

/// What a FHIR primitive (or Quantity) becomes in an operation.
enum class SystemKind : uint8_t { none, boolean, integer, decimal, string, date, date_time, time, quantity };

struct TypeInfo;

/// One way an element is written in JSON.
struct Written {
  std::string name; ///< "valueQuantity"
  std::string twin; ///< "_valueQuantity": where the id and extensions of a primitive stand
  fhir::NameId id = fhir::k_no_name;
  const TypeInfo* type = nullptr;
};

struct ElementInfo {
  std::string name; ///< as FHIRPath says it: "value"
  std::vector<Written> written;
  fhir::NameId least = 0, most = 0; ///< among the numbers of `written`
  bool is_choice = false;
  bool is_list = false;
  std::vector<std::string> targets; ///< of a Reference

  /// The way that is written with this name; null when none is.
  const Written* find(fhir::NameId id) const {
    if (id < least || id > most) return nullptr;
    for (const Written& one : written)
      if (one.id == id) return &one;
    return nullptr;
  }
};

struct TypeInfo {
  std::string name; ///< "Patient", "Patient.contact", "code"; "Boolean" of System
  bool is_system = false;
  bool is_primitive = false;
  bool is_resource = false;
  bool is_abstract = false;
  SystemKind system = SystemKind::none;
  const TypeInfo* base = nullptr;
  std::vector<ElementInfo> elements;
  std::unordered_map<std::string_view, const ElementInfo*> by_name;    ///< by ElementInfo::name
  std::unordered_map<std::string_view, const Written*> by_written;     ///< by JSON name
  std::unordered_map<std::string_view, const ElementInfo*> of_written; ///< element of a JSON name

  const ElementInfo* find(std::string_view element) const {
    const auto at = by_name.find(element);
    return at == by_name.end() ? nullptr : at->second;
  }
  /// Is this the type `other` or derived from it?
  bool is_a(const TypeInfo* other) const {
    for (const TypeInfo* type = this; type; type = type->base)
      if (type == other) return true;
    return false;
  }
};

class Model {
public:
  static const Model& r4();
  /// A FHIR type by name; null when there is none.
  const TypeInfo* fhir(std::string_view name) const;
  /// A System type by name ("String"); null when there is none.
  const TypeInfo* system(std::string_view name) const;
  const TypeInfo* system(SystemKind kind) const { return m_system_kinds[static_cast<size_t>(kind)]; }
  const TypeInfo* long_integer() const { return m_long; } ///< System.Long
  const TypeInfo* resource() const { return m_resource; }
  const TypeInfo* quantity() const { return m_quantity; }
  const TypeInfo* reference() const { return m_reference; }
  const TypeInfo* extension() const { return m_extension; }
  /// Names of resources and data types, for suggestions.
  const std::vector<std::string>& names() const { return m_names; }

private:
  Model();
  TypeInfo* load(std::string_view name);
  std::unordered_map<std::string_view, std::unique_ptr<TypeInfo>> m_fhir;
  std::unordered_map<std::string_view, std::unique_ptr<TypeInfo>> m_system;
  const TypeInfo* m_system_kinds[9] = {};
  const TypeInfo* m_long = nullptr;
  const TypeInfo* m_resource = nullptr;
  const TypeInfo* m_quantity = nullptr;
  const TypeInfo* m_reference = nullptr;
  const TypeInfo* m_extension = nullptr;
  std::vector<std::string> m_names;
};

} // namespace xinglin::fhirpath
