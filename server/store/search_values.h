#pragma once
// What a resource says under a search parameter, as the rows of schema/002_search.sql. Pure functions of the resource.

#include "server/store/search_parameters.h"
#include "server/store/search_text.h"

#include <cstdint>
#include <string>
#include <vector>

namespace xinglin::store {

/// What is kept of a parameter: its values, or a form of them for a modifier or for sorting.
enum class Variant : uint8_t {
  values,     ///< the parameter itself
  text,       ///< of a token: the words beside the code (:text)
  sort,       ///< of a token, uri or reference: as strings, to sort by
  missing,    ///< of a reference: a token "true" when there is a value
  identifier, ///< of a reference: Reference.identifier as a token
};
std::string_view to_string(Variant variant);

/// One indexed thing: a row of search_unit.
struct Unit {
  int64_t id = 0;
  const Parameter* parameter = nullptr;
  Variant variant = Variant::values;
};

struct TokenValue {
  int64_t unit;
  std::string code, system;
  int64_t part = 0; ///< of a composite: 1 + position of the part; 0 = the resource itself
};
struct StringValue {
  int64_t unit;
  std::string text, exact; ///< exact empty = the same as text
  int64_t part = 0;
};
struct DateValue {
  int64_t unit;
  TimeSpan span;
  int64_t part = 0;
};
struct NumberValue {
  int64_t unit;
  std::string low, high; ///< sortable()
  std::string system, code;
  int64_t part = 0;
};
struct SearchValues {
  std::vector<TokenValue> tokens;
  std::vector<StringValue> strings;
  std::vector<DateValue> dates;
  std::vector<NumberValue> numbers;
  struct Parts {
    int64_t unit;
    int64_t count;
  };
  std::vector<Parts> parts;                                    ///< of composites
  std::vector<std::pair<std::string, std::string>> references; ///< path ("Bundle?composition"), "Type/id"
  std::vector<std::pair<std::string, std::string>> outside;    ///< path, address
};

/// A composite's component n has the unit id k_component_stride * n further on, so that it needs no unit of its own.
inline constexpr int64_t k_component_stride = int64_t{1} << 32;

/// The values of the units in the resource. A parameter whose expression fails on this resource gives none.
SearchValues search_values(fhir::Node resource, const std::vector<Unit>& units, base::Zone zone);

/// The path under which references are kept that are no plain path: "QuestionnaireResponse?item-subject".
std::string pseudo_path(const Parameter& parameter);

} // namespace xinglin::store
