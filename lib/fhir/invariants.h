#pragma once
// The specification's own rules between elements (ElementDefinition.constraint), those that can be said plainly. Rules
// on the presence of elements are a table of bit masks; the others are small functions of the node.

#include "lib/fhir/definitions.h"
#include "lib/fhir/json.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::fhir {

/// A rule that does not hold.
struct Broken {
  std::string_view key; ///< as the specification names it ("per-1"); empty for rules it states in prose only
  std::string text;     ///< what is wrong and the mend
  Node at;              ///< the child that shows it; none = the element itself
};

/// The rules that do not hold, the first so many.
class BrokenRules {
public:
  static constexpr size_t k_max = 200;
  void push_back(Broken broken) {
    if (m_list.size() < k_max) m_list.push_back(std::move(broken));
  }
  void clear() { m_list.clear(); }
  auto begin() { return m_list.begin(); }
  auto end() { return m_list.end(); }

private:
  std::vector<Broken> m_list;
};

/// On which elements of a type must be there together; masks have bit n for the n-th element of the type.
struct PresenceRule {
  enum class Kind : uint8_t { any_of, not_both, needs, exactly_one, together } kind;
  std::string_view key;
  uint64_t first;  ///< the elements spoken of; for needs those that need
  uint64_t second; ///< not_both: the others; needs: one of which is needed; together: the others
  std::string_view first_names, second_names; ///< separated by spaces, for the message
};

using Rule = void (*)(Node node, BrokenRules& broken);

std::span<const PresenceRule> presence_rules(const TypeDefinition& type);
/// Does the rule hold for an element that has these children? The message when not; empty when it does.
std::string check_presence(const PresenceRule& rule, uint64_t seen);
/// nullptr when the type has none.
Rule rule_of(const TypeDefinition& type);

} // namespace xinglin::fhir
