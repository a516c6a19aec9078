#include "lib/fhir/names.h"

#include "lib/fhir/definitions.h"

#include <cassert>

namespace xinglin::fhir {

const Names& Names::r4() {
  static const Names names;
  return names;
}

Names::Names() : m_slots(size_t{1} << k_slot_bits), m_names(1) {
  const bool are_fixed = add("resourceType") == name::k_resource_type && add("id") == name::k_id &&
                         add("extension") == name::k_extension && add("url") == name::k_url &&
                         add("reference") == name::k_reference;
  assert(are_fixed && "these come first, in this order");
  static_cast<void>(are_fixed);
  for (const TypeDefinition& type : types()) {
    for (const ElementDefinition& element : type.elements) {
      if (!element.is_choice) {
        add(element.name);
        continue;
      }
      for (const std::string_view one : element.types)
        add(written_name(element, one));
    }
  }
}

NameId Names::add(std::string_view name) {
  if (const NameId known = lookup(name, name.data() + name.size()); known != k_no_name) return known;
  assert(m_names.size() < m_slots.size() / 2 && "more slots are wanted");
  const Ends ends = ends_of(name, name.data() + name.size());
  size_t at = slot_of(ends, name.size());
  while (m_slots[at].id != k_no_name)
    at = (at + 1) & (m_slots.size() - 1);
  const auto id = static_cast<NameId>(m_names.size());
  m_slots[at] = {ends, static_cast<uint32_t>(name.size()), id};
  m_names.emplace_back(name);
  return id;
}

} // namespace xinglin::fhir
