#pragma once
// The left side of a yield's `set:`: a path of elements as written in JSON ("code.coding[0].code",
// "valueQuantity.value"), followed through the R4 definitions once, so that making a resource later needs no look-up.

#include "lib/base/issue.h"

#include <string>
#include <string_view>
#include <vector>

namespace xinglin::package {

/// How a value is written at the end of a path.
enum class LeafKind : uint8_t {
  text,             ///< JSON string
  boolean,          ///< true, false
  number,           ///< JSON number
  reference,        ///< Reference
  coding,           ///< Coding
  codeable_concept, ///< CodeableConcept
  quantity,         ///< Quantity and its profiles (Age, Duration, ...)
  other             ///< another complex type: copied from a node of that type
};

struct ElementStep {
  std::string name;
  bool is_list = false; ///< the element repeats: kept in an array
  size_t index = 0;     ///< place in it
};

struct ElementPath {
  std::string text;
  std::vector<ElementStep> steps;
  std::string type; ///< FHIR type at the end: "code", "CodeableConcept"
  LeafKind kind = LeafKind::text;
  bool leaf_is_open_list = false; ///< the last step repeats and has no [n]: it takes as many values as there are
};

inline constexpr size_t k_element_index_max = 99;

/// Throws base::Refused(invalid) that names the step that is wrong, with a suggestion. `resource` is a resource type.
ElementPath compile_element_path(std::string_view resource, std::string_view text);

} // namespace xinglin::package
