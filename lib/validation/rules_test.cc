#include "lib/validation/rules.h"

#include "lib/base/issue.h"
#include "lib/validation/sentences.h"
#include "lib/validation/validate.h"
#include "tests/support/data.h"
#include "tests/support/files.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <set>
#include <sstream>

namespace xinglin::validation {
namespace {

using fhir::Document;
using fhir::Node;
using fhir::TypeDefinition;
using fhirpath::Item;

std::string name_of(const Rule& rule) {
  return std::string(rule.type) + " " + std::string(rule.definition->key);
}

/// Calls `act(rule, elements it is stated for)` with every rule of every type.
template <class Act> void each_rule(Act act) {
  for (const TypeDefinition& type : fhir::types()) {
    const RulesOfType& rules = rules_of(type);
    for (const Rule& rule : rules.whole)
      act(rule);
    for (const RulesOfType::OfElement& of : rules.elements)
      act(of.rule);
  }
}

/// Walks a resource and calls `act(value, type, elements that are there, the outermost resource)` with every object.
template <class Act> void each_object(Node node, const TypeDefinition& type, Node resource, Node root, Act& act) {
  uint64_t seen = 0;
  for (Node member : node) {
    std::string_view name = member.name();
    const bool is_twin = name.starts_with('_');
    if (is_twin) name.remove_prefix(1);
    const fhir::WrittenElement written = fhir::find_written(type, name);
    if (written.element == nullptr) continue;
    seen |= uint64_t{1} << (written.element - type.elements.data());
    const auto into = [&](Node value) {
      if (written.type->name == "Resource") {
        const TypeDefinition* own = fhir::find_type(value["resourceType"].text());
        if (own != nullptr) each_object(value, *own, value, written.element->name == "contained" ? root : value, act);
      } else if (value.is_object()) {
        each_object(value, *written.type, resource, root, act);
      }
    };
    if (!member.is_array()) into(member);
    for (Node value : member.is_array() ? member : Node{})
      into(value);
  }
  act(node, type, seen, resource, root);
}

template <class Act> void each_object(Node resource, Act act) {
  const TypeDefinition* type = fhir::find_type(resource["resourceType"].text());
  if (type != nullptr) each_object(resource, *type, resource, resource, act);
}

/// The resources of our own valid examples, and of the specification's where they are at hand.
std::vector<std::string> valid_resources(bool& has_public_data) {
  std::vector<std::string> texts;
  for (const auto& file : test::files_in("lib/validation/testdata", ".valid.ndjson")) {
    std::istringstream in(test::read_file(file));
    for (std::string line; std::getline(in, line);)
      texts.push_back(line);
  }
  const auto folder = test::data_folder("fhir-examples", "validation: rules on the specification's examples");
  has_public_data = folder.has_value();
  if (folder)
    for (const auto& file : test::files_in(*folder / "r4-valid", ".json"))
      texts.push_back(test::read_file(file));
  const auto definitions =
      test::data_folder("fhir-definitions", "validation: rules on the specification's definitions");
  has_public_data = has_public_data && definitions;
  if (definitions)
    for (const auto& file : test::files_in(*definitions, ".ndjson.gz")) {
      std::istringstream in(test::read_file(file));
      for (std::string line; std::getline(in, line);)
        texts.push_back(line);
    }
  return texts;
}

TEST_CASE("every rule of severity error is run, or known to the walk") {
  std::set<std::string> stated;
  std::set<std::string> walked;
  size_t warnings = 0;
  for (const TypeDefinition& type : fhir::types()) {
    for (const fhir::ConstraintDefinition& rule : type.constraints) {
      warnings += rule.is_error ? 0 : 1;
      if (!rule.is_error) continue;
      const auto is_walked = [&](const WalkedRule& known) { return known.key == rule.key; };
      const bool by_the_walk = std::any_of(walked_rules().begin(), walked_rules().end(), is_walked);
      (by_the_walk ? walked : stated).insert(std::string(type.name) + " " + std::string(rule.key));
    }
  }
  std::set<std::string> run;
  each_rule([&](const Rule& rule) { run.insert(name_of(rule)); }); // compiles all; what does not compile throws
  CHECK(run == stated);
  CHECK(run.size() == 200);
  CHECK(walked.size() == 5);
  CHECK(walked.size() == walked_rules().size());
  CHECK(warnings == 34);
}

TEST_CASE("each mended rule is one of the specification's, differs from it and says why") {
  std::set<std::string> mended;
  for (const MendedRule& rule : mended_rules()) {
    const std::string name = std::string(rule.type) + " " + std::string(rule.key);
    CAPTURE(name);
    CHECK(mended.insert(name).second);
    CHECK(rule.reason.size() > 20);
    const TypeDefinition* type = fhir::find_type(rule.type);
    REQUIRE(type != nullptr);
    const auto stated = std::find_if(type->constraints.begin(), type->constraints.end(),
                                     [&](const auto& one) { return one.key == rule.key; });
    REQUIRE(stated != type->constraints.end());
    CHECK(stated->expression != rule.expression);
  }
  CHECK(mended.size() == 11);
  each_rule([&](const Rule& rule) {
    CHECK((rule.compiled->text == rule.definition->expression) == !mended.count(name_of(rule)));
  });
}

TEST_CASE("each sentence is of a rule, and what it asks compiles for the rule's input") {
  std::set<std::string_view> keys;
  each_rule([&](const Rule& rule) {
    keys.insert(rule.definition->key);
    for (const Sentence& sentence : sentences()) {
      if (sentence.key != rule.definition->key) continue;
      CAPTURE(name_of(rule));
      fhirpath::StaticType place{true, true, {}};
      if (rule.compiled->context != nullptr) place.types.push_back(rule.compiled->context);
      if (sentence.at == Sentence::k_tested) {
        place = {};
      } else if (!sentence.at.empty()) {
        place = fhirpath::compile(sentence.at, {}, place)->result;
        place.single = true;
      }
      for (const std::string_view asked : {sentence.twice, sentence.shown})
        if (!asked.empty()) CHECK_NOTHROW(fhirpath::compile(asked, {}, place));
      std::string_view text = sentence.text;
      for (size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
        text.remove_prefix(open + 1);
        REQUIRE(text.find('}') != std::string_view::npos);
        CHECK_NOTHROW(fhirpath::compile(text.substr(0, text.find('}')), {}, place));
      }
    }
  });
  for (const Sentence& sentence : sentences()) {
    CAPTURE(sentence.key);
    CHECK(keys.count(sentence.key) == 1);
    CHECK(sentence.text.find(';') != std::string_view::npos); // what is wrong; the mend
    CHECK(sentence.text.ends_with('.'));
  }
}

TEST_CASE("presence: what is known of a rule before it is run") {
  const TypeDefinition& type = *fhir::find_type("Observation");
  const auto bit = [&](std::string_view name) {
    return uint64_t{1} << (fhir::find_element(type, name) - type.elements.data());
  };
  const auto presence = [&](std::string_view expression) {
    fhirpath::CompileOptions options;
    options.context = "Observation";
    return Presence(*fhirpath::compile(expression, options), type);
  };
  const uint64_t value = bit("value");
  const uint64_t component = bit("component");
  const uint64_t note = bit("note");

  const Presence either = presence("value.exists() or component.exists()");
  CHECK(either.mentioned() == (value | component));
  CHECK(either.answer(0) == Answer::broken);
  CHECK(either.answer(note) == Answer::broken);
  CHECK(either.answer(component | note) == Answer::holds);
  CHECK(either.sentence(0) == "One of value, component is needed; add it.");

  const Presence excluding = presence("value.empty() or component.empty()");
  CHECK(excluding.answer(value) == Answer::holds);
  CHECK(excluding.answer(value | component) == Answer::broken);
  CHECK(excluding.sentence(value | component) == "value and component exclude each other; remove one.");

  const Presence needing = presence("(value.exists() or note.exists()) implies component.exists()");
  CHECK(needing.answer(note) == Answer::broken);
  CHECK(needing.answer(note | component) == Answer::holds);
  CHECK(needing.sentence(note) == "value or note needs component beside it; add it.");

  const Presence together = presence("value.exists() = component.exists()");
  CHECK(together.answer(0) == Answer::holds);
  CHECK(together.answer(value) == Answer::broken);
  CHECK(together.sentence(value) == "value and component go together; add the missing one.");

  const Presence one = presence("component.exists() xor value.exists()");
  CHECK(one.sentence(0) == "Exactly one of value, component is needed; add it.");
  CHECK(one.sentence(value | component) == "Exactly one of value, component is needed; remove the others.");

  const Presence counted = presence("(value.count() + issued.count()) > 0");
  CHECK(counted.answer(0) == Answer::broken);
  CHECK(counted.answer(value) == Answer::holds);
  // A list that is there has one item or more.
  CHECK(presence("note.count() < 2").answer(note) == Answer::ask);
  CHECK(presence("value.count() < 2").answer(value) == Answer::holds);

  // Only a part is known: whether the rule needs to be run at all.
  const Presence deeper = presence("component.empty() or component.code.coding.where(code = 'a').exists()");
  CHECK(deeper.answer(0) == Answer::holds);
  CHECK(deeper.answer(component) == Answer::ask);
  CHECK(deeper.sentence(component) == "");
  // Nothing is no truth.
  CHECK(presence("status = 'final'").answer(0) == Answer::nothing);
  CHECK(presence("status != 'final'").answer(0) == Answer::nothing);
  CHECK(presence("status in ('final' | 'amended')").answer(0) == Answer::nothing);
  CHECK(presence("value is Quantity").answer(0) == Answer::nothing);
  CHECK(presence("value.ofType(Quantity).exists()").answer(value) == Answer::ask);
  // Inside a function's argument a name is an element of the items, not of the input.
  CHECK(presence("component.where(value.exists()).empty()").mentioned() == component);
  CHECK(presence("Observation.value.exists()").answer(value) == Answer::holds);
  CHECK(presence("children().exists()").answer(0) == Answer::ask);
  // More elements than are looked up.
  const Presence many = presence("id.exists() or meta.exists() or text.exists() or status.exists() or code.exists() or "
                                 "subject.exists() or focus.exists()");
  CHECK(many.answer(0) == Answer::ask);
}

TEST_CASE("on valid resources no rule fails to run, and what presence says is what running it says") {
  bool has_public_data = false;
  std::set<std::string> seen_rules; ///< asked of an element of its own
  std::set<std::string> run_rules;  ///< of those which presence left open
  size_t asked = 0;
  Asker asker;
  for (const std::string& text : valid_resources(has_public_data)) {
    const Document document = Document::parse(text);
    each_object(document.root(), [&](Node node, const TypeDefinition& type, uint64_t seen, Node resource, Node root) {
      asker.about(resource, root);
      const RulesOfType& rules = rules_of(type);
      const auto ask = [&](const Rule& rule, Node input, const fhirpath::TypeInfo* info) {
        Answer answer = Answer::ask;
        CHECK_NOTHROW(answer = asker.ask(rule, Item::of(input, UINT32_MAX, info)));
        ++asked;
        seen_rules.insert(name_of(rule));
        return answer;
      };
      for (const Rule& rule : rules.whole) {
        const Answer known = rule.presence.answer(seen);
        const Answer answer = ask(rule, node, rules.info);
        if (known == Answer::ask) run_rules.insert(name_of(rule));
        if (known != Answer::ask && known != answer) {
          CAPTURE(name_of(rule));
          CAPTURE(std::string(document.bytes().substr(node.offset(), 200)));
          CHECK(known == answer);
        }
      }
      for (const RulesOfType::OfElement& of : rules.elements) {
        for (Node member : node) {
          const fhir::WrittenElement written = fhir::find_written(type, member.name());
          if (written.element != &type.elements[of.element]) continue;
          const auto* info = rules_of(*written.type).info;
          run_rules.insert(name_of(of.rule));
          if (!member.is_array()) ask(of.rule, member, info);
          for (Node value : member.is_array() ? member : Node{})
            ask(of.rule, value, info);
        }
      }
    });
  }
  if (!has_public_data) return;
  MESSAGE("rules with an element: " << seen_rules.size() << ", run beyond presence: " << run_rules.size()
                                    << ", questions: " << asked);
  each_rule([&](const Rule& rule) {
    if (seen_rules.count(name_of(rule)) == 0) MESSAGE("no element for " << name_of(rule));
  });
  CHECK(seen_rules.size() == 200);
  CHECK(run_rules.size() == 119);
}

TEST_CASE("what the walk says of ref-1, ele-1 and dom-3 is what their expressions say") {
  const auto folder = test::data_folder("fhir-examples", "validation: the walk's rules on the examples");
  if (!folder) return;
  std::map<std::string_view, std::shared_ptr<const fhirpath::Compiled>> expressions;
  for (const TypeDefinition& type : fhir::types())
    for (const fhir::ConstraintDefinition& rule : type.constraints)
      if (rule.key == "ref-1" || rule.key == "ele-1") {
        fhirpath::CompileOptions options;
        options.context = type.name;
        expressions[rule.key] = fhirpath::compile(rule.expression, options);
      }
  // dom-3 as published cannot be run (as() is for one item); so it can.
  fhirpath::CompileOptions options;
  options.context = "DomainResource";
  expressions["dom-3"] = fhirpath::compile(
      "contained.where((('#' + id in (%resource.descendants().reference | %resource.descendants().ofType(canonical) | "
      "%resource.descendants().ofType(uri) | %resource.descendants().ofType(url))) or "
      "descendants().where(reference = '#').exists()).not()).empty()",
      options);
  fhirpath::Evaluator evaluator;
  const fhirpath::Environment none;
  const auto holds = [&](std::string_view key, Node node, const TypeDefinition& type, Node resource, Node root) {
    const Item item = Item::of(node, UINT32_MAX, rules_of(type).info);
    evaluator.begin(resource, none);
    evaluator.set_variable("rootResource", {fhirpath::Evaluator::root_item(root, nullptr)});
    fhirpath::Frame frame;
    frame.self = item;
    frame.has_self = true;
    return evaluator.test(*expressions.at(key), frame) == fhirpath::Tri::yes;
  };
  std::vector<std::string> texts;
  for (const char* part : {"r4-valid", "validator"})
    for (const auto& file : test::files_in(*folder / part, ".json"))
      texts.push_back(test::read_file(file));
  std::istringstream in(test::read_file("lib/validation/testdata/reference.invalid.ndjson"));
  for (std::string line; std::getline(in, line);)
    texts.push_back(line);
  std::map<std::string_view, int> broken;
  size_t resources = 0;
  for (const std::string& text : texts) {
    std::optional<Document> document;
    try {
      document = Document::parse(text);
    } catch (const base::Refused&) {
      continue;
    }
    const std::string told = validate(*document, {.issues_max = 10'000}).to_text();
    if (told.find("There is no resource type") != std::string::npos ||
        told.find("is written as") != std::string::npos || told.find("has no element") != std::string::npos ||
        told.find("fill up with null") != std::string::npos)
      continue; // not walked whole
    ++resources;
    std::set<std::string_view> found;
    each_object(document->root(), [&](Node node, const TypeDefinition& type, uint64_t, Node resource, Node root) {
      // "#" alone is the container, which the expression forgets.
      if (type.name == "Reference" && node["reference"].is_string() && node["reference"].text() != "#" &&
          !holds("ref-1", node, type, resource, root))
        found.insert("ref-1");
      if (type.kind != TypeDefinition::Kind::resource && node.size() > 0 && !holds("ele-1", node, type, resource, root))
        found.insert("ele-1");
      if (resource == node && resource == root && node["contained"].is_array() &&
          !holds("dom-3", node, type, resource, root))
        found.insert("dom-3");
    });
    for (const std::string_view key : {"ref-1", "ele-1", "dom-3"}) {
      CAPTURE(key);
      CAPTURE(text.substr(0, 300));
      CAPTURE(told);
      CHECK((told.find(std::string(key) + ": ") != std::string::npos) == (found.count(key) == 1));
      broken[key] += static_cast<int>(found.count(key));
    }
  }
  CHECK(resources > 700);
  CHECK(broken["ref-1"] > 0);
  CHECK(broken["dom-3"] > 0);
}

TEST_CASE("a rule that cannot be run in the evaluator's limits is told as a warning") {
  // sdf-8 looks at every element of the snapshot for every element of it.
  std::string text =
      R"({"resourceType":"StructureDefinition","url":"urn:x","name":"X","status":"draft","kind":"resource",)"
      R"("abstract":true,"type":"Patient","derivation":"specialization","snapshot":{"element":[)";
  for (int i = 0; i < 6000; ++i)
    text += (i > 0 ? "," : "") + std::string(R"({"id":"Patient)") + (i > 0 ? ".e" + std::to_string(i) : "") +
            R"(","path":"Patient)" + (i > 0 ? ".e" + std::to_string(i) : "") +
            R"(","definition":"x","min":0,"max":"1","base":{"path":"x","min":0,"max":"1"}})";
  const base::Issues issues = validate(Document::parse(text + "]}}"));
  CHECK_FALSE(issues.has_errors());
  REQUIRE(issues.size() == 1);
  CHECK(issues.front().severity == base::Severity::warning);
  CHECK(issues.front().code == "too-costly");
  CHECK(issues.front().text.find("sdf-8 could not be checked; ") == 0);
  CHECK(issues.front().expression == "StructureDefinition.snapshot");
}

} // namespace
} // namespace xinglin::validation
