#pragma once
// Rules the specification states in words only, those that can be said plainly: small functions of a value.

#include "lib/fhir/definitions.h"
#include "lib/fhir/json.h"

#include <string>
#include <vector>

namespace xinglin::validation {

/// A rule that does not hold.
struct Broken {
  std::string text; ///< what is wrong and the mend
  fhir::Node at;    ///< the child that shows it; none = the value itself
};

/// The rules that do not hold, the first so many.
class BrokenRules {
public:
  static constexpr size_t k_max = 200;
  void add(std::string text, fhir::Node at = {}) {
    if (m_list.size() < k_max) m_list.push_back({std::move(text), at});
  }
  void clear() { m_list.clear(); }
  auto begin() { return m_list.begin(); }
  auto end() { return m_list.end(); }

private:
  std::vector<Broken> m_list;
};

using ProseRule = void (*)(fhir::Node node, BrokenRules& broken);

/// nullptr when the type has none.
ProseRule prose_rule_of(const fhir::TypeDefinition& type);

} // namespace xinglin::validation
