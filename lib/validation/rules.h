#pragma once
// The specification's rules between elements (ElementDefinition.constraint), as it publishes them: FHIRPath that is
// compiled once for each type, at its first use, and asked of an element when which elements are there does not answer
// it (presence.h). https://hl7.org/fhir/R4/conformance-rules.html#constraints

#include "lib/fhir/definitions.h"
#include "lib/fhir/json.h"
#include "lib/fhirpath/evaluator.h"
#include "lib/validation/presence.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xinglin::validation {

/// A rule whose published expression cannot be run as it stands.
struct MendedRule {
  std::string_view type;
  std::string_view key;
  std::string_view expression;
  std::string_view reason;
};
std::span<const MendedRule> mended_rules();

/// Rules that need no expression, for the walk over the resource knows the answer and can say more.
struct WalkedRule {
  std::string_view key;
  std::string_view reason;
};
std::span<const WalkedRule> walked_rules();

struct Rule {
  const fhir::ConstraintDefinition* definition = nullptr;
  std::string_view type; ///< the type it is stated on
  std::shared_ptr<const fhirpath::Compiled> compiled;
  Presence presence; ///< of a rule on a type; one on an element is always asked
  bool names_context = false;
  bool names_root = false;
};

/// The rules of severity error, of a type and those it is derived from, by key.
struct RulesOfType {
  const fhirpath::TypeInfo* info = nullptr; ///< what the rules' input is to FHIRPath
  std::vector<Rule> whole;                  ///< of a value of the type
  struct OfElement {
    size_t element; ///< position in the type
    Rule rule;
  };
  std::vector<OfElement> elements; ///< of each value of an element
};
const RulesOfType& rules_of(const fhir::TypeDefinition& type);
/// The elements of which RulesOfType::elements has rules: bit n for the n-th. Nothing is compiled for it.
uint64_t elements_with_rules(const fhir::TypeDefinition& type);

/// Asks rules. `resource` is %resource, `root` %rootResource: the one it is contained in, else itself.
class Asker {
public:
  Asker();
  void about(fhir::Node resource, fhir::Node root) {
    m_resource = resource;
    m_root = root;
  }
  /// Never Answer::ask; base::Refused when the rule cannot be run on this data, or costs too much.
  Answer ask(const Rule& rule, const fhirpath::Item& element);

  /// What is wrong and the mend, and where: places below the element, none for the element itself.
  struct Finding {
    std::string text;
    fhir::Node at;
  };
  /// Of a rule that is broken. `seen`: the elements that are there, of a rule on a type.
  std::vector<Finding> findings(const Rule& rule, const fhirpath::Item& element, uint64_t seen);

private:
  void begin(const Rule& rule, const fhirpath::Item& element);
  void add_sentences(const Rule& rule, const fhirpath::Item& element, std::vector<Finding>& out);
  fhirpath::Evaluator& m_evaluator;
  fhir::Node m_resource;
  fhir::Node m_root;
};

} // namespace xinglin::validation
