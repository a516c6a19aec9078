// The definitions stand in the binary as one text table (its lines are described in generate_definitions.py). It is
// read once, at the first question, into flat arrays whose strings are views of the table: about two milliseconds, and
// the compiler has one literal to chew instead of ten thousand initialisers.

#include "lib/fhir/definitions.h"

#include "lib/base/text.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <cstring>
#include <string>
#include <unordered_map>

namespace xinglin::fhir {

namespace {

constexpr char k_table[] =
#include "fhir_definitions.inc"
    ;

struct ValueSet {
  struct System {
    std::string_view url;
    std::vector<std::string_view> codes; ///< sorted
  };
  std::string_view url;
  bool is_complete; ///< false: the package does not list all codes
  std::vector<System> systems;
};

/// A stretch of an array that is still growing.
struct Range {
  size_t first = 0;
  size_t count = 0;
};

template <class T> std::span<const T> part(const std::vector<T>& whole, Range range) {
  return std::span<const T>(whole).subspan(range.first, range.count);
}

/// Of a member name under a type. Names are short: both ends and the length tell nearly all of them apart.
uint64_t hash_of(uint16_t type, std::string_view name) {
  const char* end = name.data() + name.size();
  uint64_t head = 0;
  uint64_t tail = 0;
  // OPTIMIZATION: copies of a size known to the compiler.
  if (name.size() >= 8) {
    std::memcpy(&head, name.data(), 8);
    std::memcpy(&tail, end - 8, 8);
  } else if (name.size() >= 4) {
    std::memcpy(&head, name.data(), 4);
    std::memcpy(&tail, end - 4, 4);
  } else {
    for (char c : name)
      head = head << 8 | static_cast<unsigned char>(c);
  }
  uint64_t hash = head * 0x9E3779B97F4A7C15ULL ^ std::rotl(tail * 0xC2B2AE3D27D4EB4FULL, 31);
  hash = (hash ^ (uint64_t{type} << 17 | name.size())) * 0xD6E8FEB86659FD93ULL;
  return hash ^ hash >> 32;
}

class Tables {
public:
  Tables() {
    read();
    link();
  }

  std::vector<TypeDefinition> types;
  std::vector<ElementDefinition> elements;
  std::vector<ConstraintDefinition> constraints;
  std::vector<SearchParameterDefinition> parameters;
  std::vector<SearchParameterDefinition::Component> components;
  std::vector<std::string_view> words; ///< lists of type names
  std::vector<std::string_view> resource_types;
  std::vector<ValueSet> value_sets;
  std::vector<ValueSet::System> code_systems;
  std::vector<ExtensionDefinition> extensions;
  std::unordered_map<std::string_view, uint16_t> code_system_by_url;
  std::unordered_map<std::string_view, uint16_t> extension_by_url;
  std::unordered_map<std::string_view, uint16_t> type_by_name;
  std::unordered_map<std::string_view, uint16_t> value_set_by_url;
  std::unordered_map<std::string, uint32_t> parameter_by_code; ///< "Patient birthdate"

  /// Member names of all types in one open-addressed table.
  struct Slot {
    std::string_view name; ///< empty: free
    uint16_t type = 0;
    uint16_t chosen = 0; ///< index of the value's type
    uint32_t element = 0;
  };
  static constexpr size_t k_slots = size_t{1} << 15;
  std::vector<Slot> slots = std::vector<Slot>(k_slots);

  const Slot* find_slot(uint16_t type, std::string_view name) const {
    if (name.empty()) return nullptr;
    for (size_t i = hash_of(type, name) % k_slots; !slots[i].name.empty(); i = (i + 1) % k_slots) {
      if (slots[i].type == type && slots[i].name == name) return &slots[i];
    }
    return nullptr;
  }

private:
  struct ElementLists {
    Range types, targets;
  };
  struct ParameterLists {
    Range base, targets, components;
  };
  std::vector<Range> m_elements_of_type;
  std::vector<Range> m_constraints_of_type;
  std::vector<ElementLists> m_lists_of_element;
  struct ExtensionLists {
    Range contexts, types;
  };
  std::vector<ParameterLists> m_lists_of_parameter;
  std::vector<ExtensionLists> m_lists_of_extension;
  std::vector<std::string> m_written; ///< owns the names of choices ("valueQuantity")

  Range add_words(std::string_view list) {
    Range range{words.size(), 0};
    if (list.empty()) return range;
    for (std::string_view word : base::split(list, ' '))
      words.push_back(word);
    range.count = words.size() - range.first;
    return range;
  }

  void read() {
    std::string_view rest(k_table, sizeof k_table - 1);
    std::vector<std::string_view> fields;
    while (!rest.empty()) {
      size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (line.empty()) continue;
      fields.clear();
      for (size_t start = 0; start <= line.size();) {
        size_t tab = std::min(line.find('\t', start), line.size());
        fields.push_back(line.substr(start, tab - start));
        start = tab + 1;
      }
      read_record(fields);
    }
  }

  void read_record(const std::vector<std::string_view>& fields) {
    switch (fields[0][0]) {
    case 'T': {
      using Kind = TypeDefinition::Kind;
      std::string_view word = fields[3];
      Kind kind = word == "resource"   ? Kind::resource
                  : word == "complex"  ? Kind::complex
                  : word == "backbone" ? Kind::backbone
                                       : Kind::primitive;
      auto index = static_cast<uint16_t>(types.size());
      types.push_back({fields[1], fields[2], kind, fields[4] == "1", {}, index, {}});
      m_elements_of_type.push_back({elements.size(), 0});
      m_constraints_of_type.push_back({constraints.size(), 0});
      break;
    }
    case 'E': {
      m_lists_of_element.push_back({add_words(fields[2]), add_words(fields[3])});
      ElementDefinition element{};
      element.name = fields[1];
      std::from_chars(fields[4].data(), fields[4].data() + fields[4].size(), element.min);
      std::from_chars(fields[5].data(), fields[5].data() + fields[5].size(), element.max);
      element.is_choice = fields[6].find('c') != std::string_view::npos;
      element.is_modifier = fields[6].find('m') != std::string_view::npos;
      element.is_summary = fields[6].find('s') != std::string_view::npos;
      element.binding = fields[7];
      element.value_set = ElementDefinition::k_no_value_set;
      elements.push_back(element);
      ++m_elements_of_type.back().count;
      break;
    }
    case 'K': {
      size_t elements_before = m_elements_of_type.back().count;
      auto element = elements_before == 0 ? ConstraintDefinition::k_whole : static_cast<uint16_t>(elements_before - 1);
      constraints.push_back({fields[1], fields[3], fields[4], fields[2] == "error", element});
      ++m_constraints_of_type.back().count;
      break;
    }
    case 'P':
      m_lists_of_parameter.push_back({add_words(fields[4]), add_words(fields[5]), {components.size(), 0}});
      parameters.push_back({fields[1], fields[2], fields[3], fields[6], {}, {}, {}});
      break;
    case 'C':
      components.push_back({fields[1], fields[2]});
      ++m_lists_of_parameter.back().components.count;
      break;
    case 'V': value_sets.push_back({fields[1], fields[2] == "1", {}}); break;
    case 'S': value_sets.back().systems.push_back({fields[1], base::split(fields[2], '\x1f')}); break;
    case 'Y': code_systems.push_back({fields[1], base::split(fields[2], '\x1f')}); break;
    case 'X':
      m_lists_of_extension.push_back({add_words(fields[2]), add_words(fields[3])});
      extensions.push_back({fields[1], {}, {}});
      break;
    default: assert(false && "generate_definitions.py and definitions.cc disagree");
    }
  }

  void link() {
    for (size_t i = 0; i < value_sets.size(); ++i)
      value_set_by_url.emplace(value_sets[i].url, static_cast<uint16_t>(i));
    for (size_t i = 0; i < elements.size(); ++i) {
      elements[i].types = part(words, m_lists_of_element[i].types);
      elements[i].targets = part(words, m_lists_of_element[i].targets);
      if (auto found = value_set_by_url.find(elements[i].binding); found != value_set_by_url.end()) {
        elements[i].value_set = found->second;
      }
    }
    for (TypeDefinition& type : types) {
      type.elements = part(elements, m_elements_of_type[type.index]);
      type.constraints = part(constraints, m_constraints_of_type[type.index]);
      type_by_name.emplace(type.name, type.index);
      if (type.kind == TypeDefinition::Kind::resource && !type.is_abstract) resource_types.push_back(type.name);
    }
    std::sort(resource_types.begin(), resource_types.end());
    link_names();
    for (size_t i = 0; i < code_systems.size(); ++i)
      code_system_by_url.emplace(code_systems[i].url, static_cast<uint16_t>(i));
    for (size_t i = 0; i < extensions.size(); ++i) {
      extensions[i].contexts = part(words, m_lists_of_extension[i].contexts);
      extensions[i].types = part(words, m_lists_of_extension[i].types);
      extension_by_url.emplace(extensions[i].url, static_cast<uint16_t>(i));
    }
    for (uint32_t i = 0; i < parameters.size(); ++i) {
      parameters[i].base = part(words, m_lists_of_parameter[i].base);
      parameters[i].targets = part(words, m_lists_of_parameter[i].targets);
      parameters[i].components = part(components, m_lists_of_parameter[i].components);
      for (std::string_view base : parameters[i].base) {
        parameter_by_code.emplace(std::string(base) + " " + std::string(parameters[i].code), i);
      }
    }
  }

  void link_names() {
    size_t choices = 0;
    for (const ElementDefinition& element : elements)
      choices += element.is_choice ? element.types.size() : 0;
    m_written.reserve(choices); // the slots look into these strings, which must not move
    for (const TypeDefinition& type : types) {
      for (const ElementDefinition& element : type.elements) {
        auto index = static_cast<uint32_t>(&element - elements.data());
        for (std::string_view chosen : element.types) {
          std::string_view name = element.name;
          if (element.is_choice) name = m_written.emplace_back(written_name(element, chosen));
          auto found = type_by_name.find(chosen);
          assert(found != type_by_name.end() && "every type that is named is defined");
          add_slot({name, type.index, found->second, index});
        }
      }
    }
  }

  void add_slot(const Slot& slot) {
    size_t i = hash_of(slot.type, slot.name) % k_slots;
    while (!slots[i].name.empty())
      i = (i + 1) % k_slots;
    slots[i] = slot;
  }
};

const Tables& tables() {
  static const Tables instance;
  return instance;
}

} // namespace

std::span<const TypeDefinition> types() {
  return tables().types;
}

const TypeDefinition* find_type(std::string_view name) {
  const Tables& t = tables();
  auto found = t.type_by_name.find(name);
  return found == t.type_by_name.end() ? nullptr : &t.types[found->second];
}

const ElementDefinition* find_element(const TypeDefinition& type, std::string_view written_name,
                                      std::string_view* chosen_type) {
  const Tables& t = tables();
  if (const auto* slot = t.find_slot(type.index, written_name)) {
    const ElementDefinition* element = &t.elements[slot->element];
    if (chosen_type != nullptr && element->is_choice) *chosen_type = t.types[slot->chosen].name;
    return element;
  }
  // A choice by its bare name ("value"), as FHIRPath says it.
  for (const ElementDefinition& element : type.elements) {
    if (element.is_choice && element.name == written_name) return &element;
  }
  return nullptr;
}

std::string written_name(const ElementDefinition& choice, std::string_view type) {
  std::string name = std::string(choice.name) + std::string(type);
  char& first = name[choice.name.size()];
  if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
  return name;
}

WrittenElement find_written(const TypeDefinition& type, std::string_view written_name) {
  const Tables& t = tables();
  const auto* slot = t.find_slot(type.index, written_name);
  if (slot == nullptr) return {};
  return {&t.elements[slot->element], &t.types[slot->chosen]};
}

bool is_resource_type(std::string_view name) {
  const TypeDefinition* type = find_type(name);
  return type != nullptr && type->kind == TypeDefinition::Kind::resource && !type->is_abstract;
}

std::span<const std::string_view> resource_types() {
  return tables().resource_types;
}

std::span<const SearchParameterDefinition> search_parameters() {
  return tables().parameters;
}

const SearchParameterDefinition* find_search_parameter(std::string_view resource_type, std::string_view code) {
  const Tables& t = tables();
  const TypeDefinition* type = find_type(resource_type);
  // The type's own parameter, else that of the types it is derived from.
  while (type != nullptr && type->kind == TypeDefinition::Kind::resource) {
    auto found = t.parameter_by_code.find(std::string(type->name) + " " + std::string(code));
    if (found != t.parameter_by_code.end()) return &t.parameters[found->second];
    type = find_type(type->base);
  }
  return nullptr;
}

Membership in_value_set(uint16_t value_set, std::string_view system, std::string_view code) {
  const Tables& t = tables();
  if (value_set >= t.value_sets.size()) return Membership::unknown;
  const ValueSet& set = t.value_sets[value_set];
  for (const ValueSet::System& part : set.systems) {
    if (!system.empty() && part.url != system) continue;
    if (std::binary_search(part.codes.begin(), part.codes.end(), code)) return Membership::yes;
  }
  return set.is_complete ? Membership::no : Membership::unknown;
}

Membership in_value_set(std::string_view value_set_url, std::string_view system, std::string_view code) {
  const Tables& t = tables();
  auto found = t.value_set_by_url.find(value_set_url);
  return found == t.value_set_by_url.end() ? Membership::unknown : in_value_set(found->second, system, code);
}

std::vector<std::string_view> codes_of(uint16_t value_set) {
  const Tables& t = tables();
  std::vector<std::string_view> codes;
  if (value_set >= t.value_sets.size()) return codes;
  for (const ValueSet::System& part : t.value_sets[value_set].systems) {
    codes.insert(codes.end(), part.codes.begin(), part.codes.end());
  }
  return codes;
}

Membership in_code_system(std::string_view system, std::string_view code) {
  const Tables& t = tables();
  auto found = t.code_system_by_url.find(system);
  if (found == t.code_system_by_url.end()) return Membership::unknown;
  const auto& codes = t.code_systems[found->second].codes;
  return std::binary_search(codes.begin(), codes.end(), code) ? Membership::yes : Membership::no;
}

const ExtensionDefinition* find_extension(std::string_view url) {
  const Tables& t = tables();
  auto found = t.extension_by_url.find(url);
  return found == t.extension_by_url.end() ? nullptr : &t.extensions[found->second];
}

} // namespace xinglin::fhir
