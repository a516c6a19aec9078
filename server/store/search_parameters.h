#pragma once
// Search parameters made ready for use: R4's definitions, their FHIRPath cut down to one resource type and compiled.
// https://hl7.org/fhir/R4/searchparameter-registry.html

#include "lib/fhir/definitions.h"
#include "lib/fhirpath/expression.h"

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::store {

enum class ParameterKind : uint8_t { number, date, string, token, reference, composite, quantity, uri, special };

/// One parameter of one resource type. Immutable, shared by all threads.
struct Parameter {
  std::string type, code;
  ParameterKind kind = ParameterKind::special;
  std::vector<fhirpath::Expression> values; ///< each gives values; empty for a reference answered by paths alone

  /// Of a token: the value sets of its elements of type code. Such an element has no system of its own; it is that of
  /// the set (https://hl7.org/fhir/R4/search.html#token).
  std::vector<uint16_t> code_sets;

  /// A reference that is a plain path is answered by `refers`: where it stands, in the JSON's own names.
  std::vector<std::string> paths;
  std::vector<std::string> targets; ///< types it may point at; empty = any

  struct Component {
    ParameterKind kind = ParameterKind::special;
    std::vector<fhirpath::Expression> values; ///< from the part
  };
  std::vector<Component> components; ///< of a composite; `values` gives the parts
};

class ParameterTable {
public:
  /// Null when the type has no such parameter.
  const Parameter* find(std::string_view type, std::string_view code) const;
  /// Codes of all parameters of the type, sorted; for suggestions and the capability statement.
  static std::vector<std::string> codes(std::string_view type);

private:
  mutable std::shared_mutex m_mutex;
  mutable std::map<std::pair<std::string, std::string>, std::unique_ptr<const Parameter>, std::less<>> m_made;
};

/// The parts of `expression` (separated by | at the top) that speak of the type.
std::vector<std::string> terms_for_type(std::string_view expression, std::string_view type);

} // namespace xinglin::store
