#include "lib/validation/rules.h"

#include "lib/base/issue.h"
#include "lib/fhirpath/expression.h"
#include "lib/fhirpath/running.h"
#include "lib/validation/sentences.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <fmt/format.h>
#include <mutex>
#include <set>
#include <tuple>

namespace xinglin::validation {

using fhirpath::Compiled;
using fhirpath::Frame;
using fhirpath::Item;

namespace {

constexpr MendedRule k_mended[] = {
    {"Bundle.entry", "bdl-8", "fullUrl.where(contains('/_history/')).empty()",
     "an entry need not have a fullUrl, and contains() of nothing gives nothing"},
    {"ElementDefinition", "eld-19",
     R"(path.matches('^[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64})"
     R"((\\[x\\])?(\\:[^\\s\\.]+)?)*$'))",
     "matches() is content with a part of the path"},
    {"MedicationDispense", "mdd-1", "(whenHandedOver < whenPrepared).anyTrue().not()",
     "a day and a time of that day have no order; what cannot be decided passes"},
    {"MessageDefinition.focus", "md-1", "max.empty() or max = '*' or (max.toInteger() > 0)",
     "max need not be there, and to compare nothing gives nothing"},
    {"Period", "per-1", "(start > end).anyTrue().not()",
     "a day and a time of that day have no order; what cannot be decided passes"},
    {"Questionnaire.item", "que-12", "enableWhen.count() > 1 implies enableBehavior.exists()",
     "its words say more than one, its expression more than two"},
    {"Questionnaire.item.enableWhen", "que-7", "operator = 'exists' implies (answer is boolean)",
     "the elements of a resource are FHIR's boolean, not System's"},
    {"Range", "rng-2", "(low > high).anyTrue().not()",
     "quantities of different units may have no order; what cannot be decided passes"},
    {"RiskAssessment.prediction", "ras-2",
     "probability.empty() or (probability is decimal implies (probability as decimal) <= 100)",
     "probability need not be there, and `is` of nothing gives nothing"},
    {"Task", "inv-1", "(lastModified < authoredOn).anyTrue().not()",
     "a day and a time of that day have no order; what cannot be decided passes"},
    {"Timing.repeat", "tim-9",
     "offset.empty() or (when.exists() and when.all(($this in ('C' | 'CM' | 'CD' | 'CV')).not()))",
     "when repeats, and `in` is for one item"},
};

constexpr WalkedRule k_walked[] = {
    {"dom-3", "the walk sees every reference on its way; its expression would go over the resource again for each "
              "contained one"},
    {"ele-1", "the walk sees every value, object and _name of the JSON"},
    {"ref-1",
     "the walk follows the reference for the type of its target; its expression forgets that # alone is the container"},
    {"txt-1", "the walk has the narrative checked (lib/fhir/xhtml.h), for what is wrong in it, not only whether"},
    {"txt-2", "with txt-1: its expression is the same"},
};

constexpr size_t k_findings_max = 200; ///< of one rule on one element

bool is_walked(std::string_view key) {
  return std::any_of(std::begin(k_walked), std::end(k_walked), [&](const WalkedRule& rule) { return rule.key == key; });
}

/// Warnings are left out: they are advice to publishers (a narrative, a name that a program can use) and, told of every
/// record, would bury what is wrong with one.
bool is_asked(const fhir::ConstraintDefinition& rule) {
  return rule.is_error && !is_walked(rule.key);
}

/// Calls `act` with each rule on an element of the type or of one it is derived from, and the element's position.
template <class Act> void each_of_elements(const fhir::TypeDefinition& type, Act act) {
  for (const auto* stated_on = &type; stated_on != nullptr; stated_on = fhir::find_type(stated_on->base)) {
    for (const fhir::ConstraintDefinition& definition : stated_on->constraints) {
      if (definition.element == fhir::ConstraintDefinition::k_whole || !is_asked(definition)) continue;
      const fhir::ElementDefinition& element = stated_on->elements[definition.element];
      act(*stated_on, definition, element,
          static_cast<size_t>(fhir::find_element(type, element.name) - type.elements.data()));
    }
  }
}

std::string_view expression_of(std::string_view type, const fhir::ConstraintDefinition& rule) {
  for (const MendedRule& mended : k_mended)
    if (mended.type == type && mended.key == rule.key) return mended.expression;
  return rule.expression;
}

/// "bdl-2" stands before "bdl-10".
bool comes_before(const Rule& a, const Rule& b) {
  const auto order = [](std::string_view key) {
    const std::string_view word = key.substr(0, key.rfind('-'));
    const std::string_view number = key.substr(std::min(word.size() + 1, key.size()));
    return std::tuple(word, number.size(), number);
  };
  return order(a.definition->key) < order(b.definition->key);
}

Rule compiled(const fhir::TypeDefinition& stated_on, const fhir::ConstraintDefinition& definition,
              const std::vector<std::string_view>& inputs) {
  Rule rule;
  rule.definition = &definition;
  rule.type = stated_on.name;
  fhirpath::StaticType context{true, true, {}};
  for (const std::string_view input : inputs)
    context.types.push_back(fhirpath::Model::r4().fhir(input));
  rule.compiled = fhirpath::compile(expression_of(stated_on.name, definition), {}, context);
  const auto& names = rule.compiled->variables;
  rule.names_context = std::find(names.begin(), names.end(), "context") != names.end();
  rule.names_root = std::find(names.begin(), names.end(), "rootResource") != names.end();
  return rule;
}

std::unique_ptr<const RulesOfType> make_rules(const fhir::TypeDefinition& type) {
  auto out = std::make_unique<RulesOfType>();
  out->info = fhirpath::Model::r4().fhir(type.name);
  for (const auto* stated_on = &type; stated_on != nullptr; stated_on = fhir::find_type(stated_on->base)) {
    for (const fhir::ConstraintDefinition& definition : stated_on->constraints) {
      if (definition.element != fhir::ConstraintDefinition::k_whole || !is_asked(definition)) continue;
      Rule rule = compiled(*stated_on, definition, {type.name});
      rule.presence = Presence(*rule.compiled, type);
      out->whole.push_back(std::move(rule));
    }
  }
  each_of_elements(type, [&](const auto& stated_on, const auto& definition, const auto& element, size_t position) {
    out->elements.push_back({position, compiled(stated_on, definition, {element.types.begin(), element.types.end()})});
  });
  std::stable_sort(out->whole.begin(), out->whole.end(), comes_before);
  return out;
}

/// The rules of all types, each made when it is first wanted.
class AllRules {
public:
  AllRules() : m_of_type(fhir::types().size()), m_made(fhir::types().size()) {}

  const RulesOfType& of(const fhir::TypeDefinition& type) {
    const RulesOfType* known = m_of_type[type.index].load(std::memory_order_acquire);
    if (known != nullptr) return *known;
    const std::lock_guard lock(m_making);
    auto& made = m_made[type.index];
    if (made == nullptr) made = make_rules(type);
    m_of_type[type.index].store(made.get(), std::memory_order_release);
    return *made;
  }

private:
  std::vector<std::atomic<const RulesOfType*>> m_of_type;
  std::vector<std::unique_ptr<const RulesOfType>> m_made;
  std::mutex m_making;
};

const fhirpath::Environment& no_environment() {
  static const fhirpath::Environment none;
  return none;
}

fhirpath::Evaluator& evaluator_of_thread() {
  thread_local fhirpath::Evaluator evaluator; // its memory is used again and again
  return evaluator;
}

fhirpath::StaticType static_type(const Item& item) {
  if (!item.is_node() || item.type == nullptr) return {};
  return {true, true, {item.type}};
}

Frame frame_of(const Item& item) {
  Frame frame;
  frame.self = item;
  frame.has_self = true;
  return frame;
}

/// What one expression gives of an item, as a text.
std::string text_of(fhirpath::Evaluator& evaluator, std::string_view expression, const Item& item) {
  const auto program = fhirpath::compile(expression, {}, static_type(item));
  const size_t base = evaluator.evaluate(*program, frame_of(item));
  std::string out;
  if (!evaluator.results(base).empty())
    out = fhirpath::to_text(fhirpath::Evaluator::to_value(evaluator.results(base)[0])).value_or("");
  evaluator.release(base);
  return out;
}

/// A sentence's text with what is in braces asked of the item.
std::string filled(fhirpath::Evaluator& evaluator, std::string_view text, const Item& item) {
  std::string out;
  while (true) {
    const size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const size_t close = text.find('}', open);
    out += text_of(evaluator, text.substr(open + 1, close - open - 1), item);
    text.remove_prefix(close + 1);
  }
}

/// The later of items that are there twice by what `key` gives of them.
std::vector<Item> repeated(fhirpath::Evaluator& evaluator, const std::vector<Item>& items, std::string_view key) {
  std::set<std::string> seen;
  std::vector<Item> out;
  for (const Item& item : items)
    if (!seen.insert(text_of(evaluator, key, item)).second) out.push_back(item);
  return out;
}

/// The items that the last empty() or isDistinct() of a rule found fault with.
std::vector<Item> tested(fhirpath::Evaluator& evaluator, const Compiled& rule, const Item& element) {
  uint32_t at = rule.root;
  while (rule.ops[at].code == fhirpath::Code::and_ || rule.ops[at].code == fhirpath::Code::or_ ||
         rule.ops[at].code == fhirpath::Code::implies)
    at = rule.args[rule.ops[at].args + 1];
  const fhirpath::Op& op = rule.ops[at];
  assert(op.code == fhirpath::Code::is_empty || op.code == fhirpath::Code::is_distinct);
  const size_t base = evaluator.mark();
  fhirpath::Running(evaluator, rule).eval(op.input, frame_of(element));
  const auto results = evaluator.results(base);
  std::vector<Item> items(results.begin(), results.end());
  evaluator.release(base);
  return op.code == fhirpath::Code::is_distinct ? repeated(evaluator, items, "$this") : items;
}

std::vector<Item> places(fhirpath::Evaluator& evaluator, const Sentence& sentence, const Rule& rule,
                         const Item& element) {
  if (sentence.at.empty()) return {element};
  if (sentence.at == Sentence::k_tested) return tested(evaluator, *rule.compiled, element);
  const auto program = fhirpath::compile(sentence.at, {}, static_type(element));
  const size_t base = evaluator.evaluate(*program, frame_of(element));
  const auto results = evaluator.results(base);
  std::vector<Item> items(results.begin(), results.end());
  evaluator.release(base);
  return sentence.twice.empty() ? items : repeated(evaluator, items, sentence.twice);
}

} // namespace

std::span<const MendedRule> mended_rules() {
  return k_mended;
}

std::span<const WalkedRule> walked_rules() {
  return k_walked;
}

const RulesOfType& rules_of(const fhir::TypeDefinition& type) {
  static AllRules all;
  return all.of(type);
}

uint64_t elements_with_rules(const fhir::TypeDefinition& type) {
  uint64_t out = 0;
  each_of_elements(type, [&](const auto&, const auto&, const auto&, size_t at) { out |= uint64_t{1} << at; });
  return out;
}

Asker::Asker() : m_evaluator(evaluator_of_thread()) {}

void Asker::begin(const Rule& rule, const Item& element) {
  m_evaluator.begin(m_resource, no_environment());
  if (rule.names_context) m_evaluator.set_variable("context", {element});
  if (rule.names_root && m_root != m_resource)
    m_evaluator.set_variable("rootResource", {fhirpath::Evaluator::root_item(m_root, nullptr)});
}

Answer Asker::ask(const Rule& rule, const Item& element) {
  begin(rule, element);
  switch (m_evaluator.test(*rule.compiled, frame_of(element))) {
  case fhirpath::Tri::yes: return Answer::holds;
  case fhirpath::Tri::no: return Answer::broken;
  default: return Answer::nothing;
  }
}

void Asker::add_sentences(const Rule& rule, const Item& element, std::vector<Finding>& out) {
  for (const Sentence& sentence : sentences()) {
    if (sentence.key != rule.definition->key) continue;
    for (const Item& place : places(m_evaluator, sentence, rule, element)) {
      if (out.size() == k_findings_max) return;
      if (!place.is_node()) continue;
      fhir::Node shown = place.node();
      if (!sentence.shown.empty()) {
        const auto program = fhirpath::compile(sentence.shown, {}, static_type(place));
        const size_t base = m_evaluator.evaluate(*program, frame_of(place));
        if (!m_evaluator.results(base).empty()) shown = m_evaluator.results(base)[0].node();
        m_evaluator.release(base);
      }
      out.push_back({filled(m_evaluator, sentence.text, place), shown == element.node() ? fhir::Node{} : shown});
    }
  }
}

std::vector<Asker::Finding> Asker::findings(const Rule& rule, const Item& element, uint64_t seen) {
  std::vector<Finding> out;
  try {
    begin(rule, element);
    add_sentences(rule, element, out);
  } catch (const base::Refused&) { // beyond the evaluator's limits: what was found so far, else the rule's words
  }
  if (!out.empty()) return out;
  std::string text = rule.presence.sentence(seen);
  if (text.empty()) {
    std::string_view human = rule.definition->human;
    while (human.ends_with('.') || human.ends_with(' '))
      human.remove_suffix(1);
    text = fmt::format("{}; mend the element.", human);
  }
  out.push_back({std::move(text), {}});
  return out;
}

} // namespace xinglin::validation
