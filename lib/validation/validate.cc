// One walk over the resource beside its definition. The steps of one object:
//   1. every member is an element of the type, once, as array or single as its maximum says;
//   2. its value is right for its type: a primitive's value and its _twin, or an object in its turn;
//   3. what must be there is there;
//   4. rules between elements (rules.h, prose.h), bindings, references.

#include "lib/validation/validate.h"

#include "lib/base/id.h"
#include "lib/base/text.h"
#include "lib/fhir/definitions.h"
#include "lib/fhir/primitive.h"
#include "lib/fhir/xhtml.h"
#include "lib/validation/prose.h"
#include "lib/validation/rules.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <unordered_map>
#include <utility>

namespace xinglin::validation {

using namespace fhir;
using base::Issue;
using base::Issues;

namespace {

/// Types that are more than the sum of their elements.
enum class Special : uint8_t { none, resource, reference, coding, codeable_concept, quantity, extension };

struct TypeInfo {
  Primitive primitive = Primitive::none;
  Special special = Special::none;
  uint64_t required = 0;            ///< bit n: the n-th element must be there
  uint64_t elements_with_rules = 0; ///< of their own, besides those of their type
  ProseRule prose = nullptr;
};

const std::vector<TypeInfo>& type_infos() {
  static const std::vector<TypeInfo> instance = [] {
    std::vector<TypeInfo> infos(types().size());
    for (const TypeDefinition& type : types()) {
      TypeInfo& info = infos[type.index];
      info.primitive = primitive_of(type.name);
      if (type.name == "Resource") info.special = Special::resource;
      if (type.name == "Reference") info.special = Special::reference;
      if (type.name == "Coding") info.special = Special::coding;
      if (type.name == "Extension") info.special = Special::extension;
      if (type.name == "CodeableConcept") info.special = Special::codeable_concept;
      if (type.name == "Quantity" || type.base == "Quantity") info.special = Special::quantity;
      for (size_t i = 0; i < type.elements.size(); ++i) {
        if (type.elements[i].min > 0) info.required |= uint64_t{1} << i;
      }
      info.elements_with_rules = elements_with_rules(type);
      info.prose = prose_rule_of(type);
    }
    return infos;
  }();
  return instance;
}

std::string written_choice(const ElementDefinition& element, std::string_view type) {
  std::string name = std::string(element.name) + std::string(type);
  char& first = name[element.name.size()];
  if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 32);
  return name;
}

std::string did_you_mean(const std::string& near, std::string_view otherwise) {
  return near.empty() ? fmt::format("{}.", otherwise) : fmt::format("did you mean \"{}\"?", near);
}

/// "a, b, c" of at most a few; the rest as "...".
template <class List> std::string some(const List& names) {
  constexpr size_t k_shown_max = 8;
  std::string out;
  size_t shown = 0;
  for (const auto& name : names) {
    if (shown == k_shown_max) return out + ", ...";
    if (shown++ > 0) out += ", ";
    out += name;
  }
  return out;
}

/// Of Type/id, Type/id/_history/1, http://server/Type/id and Type?query: the type. Empty when it cannot be read.
std::string_view legible_type(std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (size_t query = reference.find('?'); query != std::string_view::npos) {
    std::string_view before = reference.substr(0, query);
    return before.substr(before.rfind('/') == std::string_view::npos ? 0 : before.rfind('/') + 1);
  }
  if (size_t history = reference.find("/_history/"); history != std::string_view::npos) {
    reference = reference.substr(0, history);
  }
  size_t id = reference.rfind('/');
  if (id == std::string_view::npos || id == 0) return {};
  size_t type = reference.rfind('/', id - 1);
  return type == std::string_view::npos ? reference.substr(0, id) : reference.substr(type + 1, id - type - 1);
}

class Validator {
public:
  Validator(std::string_view base, const ValidateOptions& options)
      : m_base(base), m_issues_max(options.issues_max), m_infos(type_infos()) {}

  Issues run(Node resource) {
    check_resource(resource, {});
    return std::move(m_issues);
  }

private:
  struct Step {
    std::string_view name;
    std::string_view of_type;              ///< of a choice
    int index = -1;                        ///< in an array
    const TypeDefinition* owner = nullptr; ///< the type that has the element
  };

  std::string m_base;
  size_t m_issues_max;
  const std::vector<TypeInfo>& m_infos;
  Issues m_issues;
  std::vector<Step> m_path;
  Node m_container; ///< the resource whose contained resources # refers to
  Node m_resource;  ///< the innermost
  Asker m_asker;
  std::unordered_map<std::string_view, std::string_view> m_contained; ///< in it: id → resource type
  std::vector<std::string_view> m_local_references;                   ///< "#id" seen in the container
  std::unordered_map<std::string_view, std::string_view> m_full_urls; ///< of the outermost Bundle: resource types

  bool full() const { return m_issues.size() >= m_issues_max; }

  std::string place() const {
    std::string text = m_base;
    for (const Step& step : m_path) {
      text += '.';
      text += step.name;
      if (step.index >= 0) text += fmt::format("[{}]", step.index);
      if (!step.of_type.empty()) text += fmt::format(".ofType({})", step.of_type);
    }
    return text;
  }

  /// Where `inner` stands below `outer`, as a path. Values stand in the document in order, so one child holds it.
  static std::string path_between(Node outer, Node inner) {
    std::string path;
    while (outer && outer != inner) {
      int index = 0;
      Node next = outer.first();
      for (Node child : outer) {
        if (child.index() > inner.index()) break;
        next = child;
        ++index;
      }
      path += outer.is_array() ? fmt::format("[{}]", index - 1) : fmt::format(".{}", next.name());
      outer = next;
    }
    return path;
  }

  void add(std::string_view code, std::string text, Node node, base::Severity severity = base::Severity::error,
           const std::string& below = {}) {
    if (full()) return;
    Issue issue;
    issue.severity = severity;
    issue.code = code;
    issue.text = std::move(text);
    issue.expression = place() + below;
    if (node) {
      issue.line = node.line();
      std::string_view before = node.document()->bytes().substr(0, node.offset());
      size_t line_feed = before.rfind('\n');
      issue.column = static_cast<int>(before.size() - (line_feed == std::string_view::npos ? 0 : line_feed + 1)) + 1;
    }
    m_issues.add(std::move(issue));
  }

  std::string here() const { return m_path.empty() ? "The resource" : "\"" + std::string(m_path.back().name) + "\""; }

  // Resources.

  /// `container`: the resource this one is contained in; none when it stands alone (also in a Bundle).
  void check_resource(Node node, Node container) {
    if (full()) return;
    if (!node.is_object()) {
      if (m_base.empty()) m_base = "Resource";
      return add("structure", "A resource is a JSON object; put { } around its elements.", node);
    }
    Node type_name = node["resourceType"];
    const TypeDefinition* type = find_type(type_name.text());
    bool known = type != nullptr && type->kind == TypeDefinition::Kind::resource && !type->is_abstract;
    if (m_base.empty()) m_base = known ? type->name : "Resource";
    if (!type_name) {
      return add("structure", "The resource does not say its type; add \"resourceType\": \"Patient\" or another type.",
                 node);
    }
    if (!known) return add("structure", unknown_type(type_name), type_name);
    if (m_path.empty() && type->name == "Bundle") collect_full_urls(node);

    Node outer_resource = std::exchange(m_resource, node);
    if (container) {
      check_object(node, *type, true);
    } else { // A resource of its own: what # means changes for the time of its check.
      Node outer_container = std::exchange(m_container, node);
      auto outer_contained = std::exchange(m_contained, {});
      auto outer_references = std::exchange(m_local_references, {});
      for (Node inner : node["contained"])
        m_contained.emplace(inner["id"].text(), inner["resourceType"].text());
      check_object(node, *type, true);
      check_contained(node);
      m_container = outer_container;
      m_contained = std::move(outer_contained);
      m_local_references = std::move(outer_references);
    }
    m_resource = outer_resource;
  }

  static std::string unknown_type(Node type_name) {
    if (!type_name.is_string()) return "resourceType is the name of a type, a JSON string such as \"Patient\".";
    auto names = resource_types();
    std::string near = base::suggest(type_name.text(), {names.begin(), names.end()});
    return fmt::format("There is no resource type \"{}\"; {}", type_name.text(),
                       did_you_mean(near, "use one of FHIR R4"));
  }

  void collect_full_urls(Node bundle) {
    for (Node entry : bundle["entry"]) {
      Node url = entry["fullUrl"];
      if (url.is_string()) m_full_urls.emplace(url.text(), entry["resource"]["resourceType"].text());
    }
  }

  void check_contained(Node resource) {
    Node contained = resource["contained"];
    if (!contained.is_array()) return;
    std::sort(m_local_references.begin(), m_local_references.end());
    int index = 0;
    for (Node inner : contained) {
      m_path.push_back({"contained", {}, index++, nullptr});
      std::string_view id = inner["id"].text();
      if (inner.is_object() && id.empty()) {
        add("structure", "A contained resource has an id that references can name; add it.", inner);
      }
      if (!id.empty() && !is_referenced(id) && !refers_to_container(inner)) {
        add("invariant",
            fmt::format("dom-3: Nothing refers to the contained resource \"{}\"; refer to it as #{} or remove it.", id,
                        id),
            inner);
      }
      m_path.pop_back();
    }
  }

  bool is_referenced(std::string_view id) const {
    return std::binary_search(m_local_references.begin(), m_local_references.end(), "#" + std::string(id));
  }

  static bool refers_to_container(Node node) {
    if (node.is_string()) return node.text() == "#";
    for (Node child : node) {
      if (refers_to_container(child)) return true;
    }
    return false;
  }

  // Elements.

  void check_object(Node node, const TypeDefinition& type, bool is_resource) {
    uint64_t seen = 0;
    for (Node child : node) {
      if (full()) return;
      std::string_view name = child.name();
      if (is_resource && name == "resourceType") continue;
      bool is_twin = name.starts_with('_');
      WrittenElement written = find_written(type, is_twin ? name.substr(1) : name);
      if (written.element == nullptr || (is_twin && m_infos[written.type->index].primitive == Primitive::none)) {
        unknown_element(child, type, is_twin);
        continue;
      }
      const ElementDefinition& element = *written.element;
      uint64_t bit = uint64_t{1} << (&element - type.elements.data());
      if (element.is_choice && (seen & bit) != 0) check_chosen_once(node, child, type, element, is_twin);
      seen |= bit;
      m_path.push_back({element.name, element.is_choice ? written.type->name : std::string_view{}, -1, &type});
      check_element(node, child, written, is_twin);
      m_path.pop_back();
    }
    check_whole(node, type, seen, is_resource);
  }

  /// 3. and 4.: what must be there, and the rules between elements.
  void check_whole(Node node, const TypeDefinition& type, uint64_t seen, bool is_resource) {
    const TypeInfo& info = m_infos[type.index];
    if (!is_resource) {
      if (node.size() == 0) {
        add("structure", "An object must not be empty; leave the element out.", node);
        return;
      }
      if (node.size() == 1 && node.first().name() == "id") {
        add("invariant", "ele-1: The element has nothing but an id; add its value or leave it out.", node);
      }
    }
    if (uint64_t missing = info.required & ~seen) {
      for (size_t i = 0; i < type.elements.size(); ++i) {
        if ((missing >> i & 1) != 0) missing_element(node, type, type.elements[i]);
      }
    }
    check_rules(node, type, seen);
    if (info.prose == nullptr) return;
    m_broken.clear();
    info.prose(node, m_broken);
    for (Broken& broken : m_broken) {
      if (full()) return;
      add("business-rule", std::move(broken.text), broken.at ? broken.at : node, base::Severity::error,
          broken.at ? path_between(node, broken.at) : std::string{});
    }
  }
  BrokenRules m_broken;

  void check_rules(Node node, const TypeDefinition& type, uint64_t seen) {
    const RulesOfType& rules = rules_of(type);
    for (const Rule& rule : rules.whole) {
      const Answer answer = rule.presence.answer(seen);
      if (answer == Answer::holds) continue;
      if (full()) return;
      // What a rule asks of an element that must be there and is not has been said.
      const bool is_said = (rule.presence.mentioned() & m_infos[type.index].required & ~seen) != 0;
      check_rule(rule, fhirpath::Item::of(node, UINT32_MAX, rules.info), answer, seen, is_said);
    }
  }

  /// Those on the element rather than on the type of its values.
  void check_rules_of_element(Node node, WrittenElement written) {
    const TypeDefinition& owner = *m_path.back().owner;
    const auto position = static_cast<size_t>(written.element - owner.elements.data());
    if ((m_infos[owner.index].elements_with_rules >> position & 1) == 0) return;
    for (const RulesOfType::OfElement& of : rules_of(owner).elements) {
      if (of.element != position || full()) continue;
      check_rule(of.rule, fhirpath::Item::of(node, UINT32_MAX, rules_of(*written.type).info), Answer::ask, 0, false);
    }
  }

  /// `is_said`: nothing is no answer worth telling.
  void check_rule(const Rule& rule, const fhirpath::Item& element, Answer answer, uint64_t seen, bool is_said) {
    const std::string_view key = rule.definition->key;
    m_asker.about(m_resource, m_container);
    if (answer == Answer::ask) {
      try {
        answer = m_asker.ask(rule, element);
      } catch (const base::Refused& refused) {
        // Values of a wrong kind, which have been told, or a resource beyond the evaluator's limits.
        if (m_issues.has_errors()) return;
        return add("too-costly", fmt::format("{} could not be checked; {}", key, refused.what()), element.node(),
                   base::Severity::warning);
      }
    }
    if (answer == Answer::holds || (answer == Answer::nothing && is_said)) return;
    for (const Asker::Finding& finding : m_asker.findings(rule, element, seen)) {
      if (full()) return;
      add("invariant", fmt::format("{}: {}", key, finding.text), finding.at ? finding.at : element.node(),
          base::Severity::error, finding.at ? path_between(element.node(), finding.at) : std::string{});
    }
  }

  void unknown_element(Node child, const TypeDefinition& type, bool is_twin) {
    std::string_view name = is_twin ? child.name().substr(1) : child.name();
    if (name == "fhir_comments") {
      return add("structure", "FHIR R4 has no comments in JSON; remove \"fhir_comments\".", child);
    }
    WrittenElement written = find_written(type, name);
    if (written.element != nullptr) {
      return add(
          "structure",
          fmt::format("\"{}\" is not primitive, so it has no \"{}\"; put extensions inside it.", name, child.name()),
          child);
    }
    const ElementDefinition* bare = find_element(type, name);
    if (bare != nullptr && bare->is_choice) {
      std::vector<std::string> names;
      for (std::string_view chosen : bare->types)
        names.push_back(written_choice(*bare, chosen));
      return add("structure", fmt::format("\"{}\" is written with its type; write one of {}.", name, some(names)),
                 child);
    }
    std::vector<std::string> names;
    for (const ElementDefinition& element : type.elements) {
      if (!element.is_choice)
        names.emplace_back(element.name);
      else
        for (std::string_view chosen : element.types)
          names.push_back(written_choice(element, chosen));
    }
    std::string near = base::suggest(name, names);
    add("structure",
        fmt::format("{} has no element \"{}\"; {}", type.name, child.name(),
                    did_you_mean(near, "remove it, or say it as an extension")),
        child);
  }

  void missing_element(Node node, const TypeDefinition& type, const ElementDefinition& element) {
    std::string what = fmt::format("\"{}\"", element.name);
    if (element.is_choice) {
      std::vector<std::string> names;
      for (std::string_view chosen : element.types)
        names.push_back(written_choice(element, chosen));
      what = "one of " + some(names);
    }
    add("required", fmt::format("{} needs {}; add it.", type.name, what), node);
  }

  /// A choice element has one type only, and a twin of the same type.
  void check_chosen_once(Node node, Node child, const TypeDefinition& type, const ElementDefinition& element,
                         bool is_twin) {
    std::string_view name = is_twin ? child.name().substr(1) : child.name();
    for (Node other : node) {
      if (other == child) break;
      std::string_view other_name = other.name().starts_with('_') ? other.name().substr(1) : other.name();
      if (other_name != name && find_written(type, other_name).element == &element) {
        return add("structure",
                   fmt::format("\"{}\" and \"{}\" are two types of one element; keep one.", other_name, name), child);
      }
    }
  }

  void check_element(Node parent, Node child, WrittenElement written, bool is_twin) {
    const ElementDefinition& element = *written.element;
    if (element.max == 0) return add("structure", here() + " is not allowed here; remove it.", child);
    bool repeats = element.max > 1;
    if (repeats != child.is_array()) {
      if (child.kind() == Kind::null) return refuse_null(child);
      return add("structure",
                 repeats ? here() + " may repeat, so it is written as an array; put [ ] around it."
                         : here() + " occurs at most once; write its value without [ ].",
                 child);
    }
    if (!repeats) {
      if (is_twin) return check_twin(child, parent[child.name().substr(1)], written);
      return check_value(child, written);
    }
    if (child.size() == 0) return add("structure", "An array must not be empty; leave the element out.", child);
    if (is_twin) return check_twin_array(child, parent[child.name().substr(1)], written);
    if (child.size() > element.max) {
      add("structure", fmt::format("{} occurs at most {} times, not {}.", here(), element.max, child.size()), child);
    }
    if (child.size() < element.min) {
      add("required", fmt::format("{} occurs at least {} times, not {}.", here(), element.min, child.size()), child);
    }
    int index = 0;
    for (Node item : child) {
      m_path.back().index = index++;
      if (item.kind() == Kind::null && m_infos[written.type->index].primitive != Primitive::none) {
        check_null(parent, child, item, static_cast<size_t>(index - 1));
      } else {
        check_value(item, written);
      }
      if (full()) return;
    }
    m_path.back().index = -1;
  }

  void refuse_null(Node node) { add("structure", "null is not a value here; leave the element out.", node); }

  /// null in an array of primitives holds the place of an item that has only extensions, in the _twin.
  void check_null(Node parent, Node array, Node item, size_t index) {
    Node twin = parent["_" + std::string(array.name())].at(index);
    if (!twin.is_object()) {
      add("structure",
          fmt::format("null stands for an item that has only extensions, at the same place of \"_{}\"; add them "
                      "or remove the null.",
                      array.name()),
          item);
    }
  }

  /// The id and extensions of a primitive, written as _name.
  void check_twin(Node twin, Node value, WrittenElement written) {
    if (!twin.is_object()) {
      return add("structure",
                 fmt::format("\"_{}\" holds the id and extensions of \"{}\" as an object; write it so.",
                             m_path.back().name, m_path.back().name),
                 twin);
    }
    check_object(twin, *written.type, false);
    bool has_value = value && value.kind() != Kind::null;
    if (!has_value && twin.size() == 1 && twin["id"]) return; // said by ele-1 already
    if (!has_value && !twin["extension"]) {
      add("invariant", "ele-1: The element has neither a value nor an extension; add one or leave it out.", twin);
    }
    const ElementDefinition& element = *written.element;
    bool bound = element.value_set != ElementDefinition::k_no_value_set && written.type->name == "code";
    if (!has_value && bound && in_value_set(element.value_set, {}, {}) == Membership::no) {
      add("code-invalid",
          fmt::format("{} needs a code itself; write one of {}.", here(), some(codes_of(element.value_set))), twin);
    }
  }

  void check_twin_array(Node twins, Node values, WrittenElement written) {
    if (values && values.is_array() && values.size() != twins.size()) {
      add("structure",
          fmt::format("\"_{}\" has {} items but \"{}\" has {}; fill up with null.", m_path.back().name, twins.size(),
                      m_path.back().name, values.size()),
          twins);
      return;
    }
    int index = 0;
    Node value = values.first();
    for (Node twin : twins) {
      m_path.back().index = index++;
      if (twin.kind() != Kind::null) {
        check_twin(twin, value, written);
      } else if (!value) {
        refuse_null(twin);
      }
      value = value.next();
    }
    m_path.back().index = -1;
  }

  /// 2.: one value of the element.
  void check_value(Node node, WrittenElement written) {
    const TypeInfo& info = m_infos[written.type->index];
    if (info.primitive != Primitive::none) {
      if (check_primitive_value(node, *written.element, info.primitive)) check_rules_of_element(node, written);
      return;
    }
    if (info.special == Special::resource) return check_resource_inside(node, *written.element);
    if (!node.is_object()) {
      if (node.kind() == Kind::null) return refuse_null(node);
      return add("structure",
                 fmt::format("{} is of type {}, written as an object; put {{ }} around its elements.", here(),
                             written.type->name),
                 node);
    }
    check_object(node, *written.type, false);
    switch (info.special) {
    case Special::reference: check_reference(node, *written.element); break;
    case Special::coding: check_coding(node, *written.element); break;
    case Special::codeable_concept: check_codeable_concept(node, *written.element); break;
    case Special::extension: check_extension(node); break;
    case Special::quantity: check_bound_quantity(node, *written.element); break;
    default: break;
    }
    check_rules_of_element(node, written);
  }

  void check_resource_inside(Node node, const ElementDefinition& element) {
    check_resource(node, element.name == "contained" ? m_container : Node{});
  }

  /// False when it is no value of the type at all.
  bool check_primitive_value(Node node, const ElementDefinition& element, Primitive primitive) {
    if (node.kind() == Kind::null) {
      refuse_null(node);
      return false;
    }
    std::string problem = check_primitive(primitive, node);
    if (!problem.empty()) {
      add(node.is_object() || node.is_array() ? "structure" : "value", std::move(problem), node);
      return false;
    }
    std::string_view text = node.text();
    if (primitive == Primitive::xhtml) check_narrative(text, node);
    if (text.starts_with('#') &&
        (primitive == Primitive::uri || primitive == Primitive::url || primitive == Primitive::canonical))
      m_local_references.push_back(text);
    if (element.value_set == ElementDefinition::k_no_value_set) return true;
    if (in_value_set(element.value_set, {}, text) == Membership::no) unknown_code(text, element, node);
    if (element.binding == "http://hl7.org/fhir/ValueSet/mimetypes") check_media_type(text, node);
    return true;
  }

  /// txt-1 and txt-2.
  void check_narrative(std::string_view text, Node node) {
    std::vector<std::string_view> links;
    std::string narrative = check_xhtml(text, &links);
    if (!narrative.empty()) add("structure", "txt-1: " + narrative, node);
    for (std::string_view link : links) {
      if (m_contained.contains(link)) continue;
      add("not-found",
          fmt::format("The narrative links to #{}, which is not in it; add the anchor or remove the link.", link),
          node);
    }
  }

  // Codes.

  void unknown_code(std::string_view code, const ElementDefinition& element, Node node) {
    auto codes = codes_of(element.value_set);
    std::string near = base::suggest(code, {codes.begin(), codes.end()});
    std::string_view set = element.binding.substr(element.binding.rfind('/') + 1);
    add("code-invalid",
        fmt::format("\"{}\" is not a code of {}; {}", code, set, did_you_mean(near, "use one of " + some(codes))),
        node);
  }

  void check_media_type(std::string_view text, Node node) {
    if (text == "xml" || text == "json" || text == "ttl") return; // the short names of the _format parameter
    std::string_view type = text.substr(0, text.find(';'));
    size_t slash = type.find('/');
    if (slash != std::string_view::npos && slash > 0 && slash + 1 < type.size()) return;
    add("code-invalid", fmt::format("\"{}\" is not a media type; write one such as application/pdf.", text), node);
  }

  Membership coding_membership(Node coding, const ElementDefinition& element) {
    std::string_view system = coding["system"].text();
    std::string_view code = coding["code"].text();
    if (code.empty()) return Membership::no;
    // A code without its system names nothing: it is in no set.
    if (system.empty() && in_value_set(element.value_set, {}, code) != Membership::unknown) return Membership::no;
    return in_value_set(element.value_set, system, code);
  }

  /// A code of one of the specification's own systems must be in it. Those of HL7's terminology grow between editions.
  void check_known_system(Node coding) {
    std::string_view system = coding["system"].text();
    std::string_view code = coding["code"].text();
    if (system.empty() || code.empty() || in_code_system(system, code) != Membership::no) return;
    bool frozen = system.starts_with("http://hl7.org/fhir/");
    add("code-invalid", fmt::format("\"{}\" is not a code of {}; mend the code or the system.", code, system),
        coding["code"], frozen ? base::Severity::error : base::Severity::warning);
  }

  void check_coding(Node node, const ElementDefinition& element) {
    check_known_system(node);
    if (element.value_set == ElementDefinition::k_no_value_set) return;
    if (coding_membership(node, element) == Membership::no) unknown_coding(node, element, node);
  }

  void unknown_coding(Node coding, const ElementDefinition& element, Node node) {
    std::string_view system = coding["system"].text();
    std::string_view code = coding["code"].text();
    std::string_view set = element.binding.substr(element.binding.rfind('/') + 1);
    if (code.empty())
      return add("code-invalid", fmt::format("A code of {} is needed; add system and code.", set), node);
    if (system.empty()) return add("code-invalid", fmt::format("The code \"{}\" has no system; add it.", code), node);
    if (in_value_set(element.value_set, {}, code) == Membership::yes) {
      return add("code-invalid",
                 fmt::format("The code \"{}\" of {} belongs to another system than \"{}\"; mend the system.", code, set,
                             system),
                 node);
    }
    unknown_code(code, element, node);
  }

  /// One of the codings must be of the set; text alone says no code.
  void check_codeable_concept(Node node, const ElementDefinition& element) {
    if (element.value_set == ElementDefinition::k_no_value_set) return;
    Node codings = node["coding"];
    if (!codings.is_array() && node["extension"]) return; // such as data-absent-reason
    for (Node coding : codings) {
      if (coding_membership(coding, element) != Membership::no) return;
    }
    unknown_coding(codings.first(), element, node);
  }

  void check_bound_quantity(Node node, const ElementDefinition& element) {
    if (element.value_set == ElementDefinition::k_no_value_set || !node["code"]) return;
    if (in_value_set(element.value_set, node["system"].text(), node["code"].text()) == Membership::no) {
      unknown_code(node["code"].text(), element, node);
    }
  }

  // Extensions.

  /// An extension of the specification stands where it is defined for, with a value of its types.
  void check_extension(Node node) {
    std::string_view url = node["url"].text();
    const ExtensionDefinition* definition = find_extension(url);
    if (definition == nullptr) return;
    if (!may_stand_here(*definition)) {
      add("extension",
          fmt::format("The extension {} does not belong here; put it on {}.", url, some(definition->contexts)), node);
    }
    for (Node child : node) {
      if (!child.name().starts_with("value") || definition->types.empty()) continue;
      WrittenElement value = find_written(*find_type("Extension"), child.name());
      if (value.type == nullptr) continue;
      bool right =
          std::find(definition->types.begin(), definition->types.end(), value.type->name) != definition->types.end();
      if (!right) {
        add("extension",
            fmt::format("The value of {} is of type {}; write {}.", url, some(definition->types),
                        written_choice(*find_element(*find_type("Extension"), "value"), definition->types[0])),
            child);
      }
    }
  }

  /// Contexts are the type that has the extension, one it is derived from, or the path of the element.
  bool may_stand_here(const ExtensionDefinition& definition) const {
    auto has = [&](std::string_view context) {
      return std::find(definition.contexts.begin(), definition.contexts.end(), context) != definition.contexts.end();
    };
    const TypeDefinition* owner = m_path.empty() ? nullptr : m_path.back().owner;
    if (owner == nullptr) return true;
    if (has("Element")) return true; // meant for everything, resources too
    for (const TypeDefinition* type = owner; type != nullptr; type = find_type(type->base)) {
      if (has(type->name)) return true;
    }
    if (m_path.size() < 2 || m_path[m_path.size() - 2].owner == nullptr) return false;
    const Step& element = m_path[m_path.size() - 2];
    for (const TypeDefinition* type = element.owner; type != nullptr; type = find_type(type->base)) {
      std::string path = fmt::format("{}.{}", type->name, element.name);
      if (has(path) || has(path + "[x]")) return true;
    }
    return false;
  }

  // References.

  void check_reference(Node node, const ElementDefinition& element) {
    Node reference = node["reference"];
    std::string_view stated = node["type"].text();
    std::string_view type;
    if (reference.is_string()) {
      m_path.push_back({"reference", {}, -1, nullptr});
      type = target_type(reference);
      m_path.pop_back();
    }
    if (!stated.empty() && is_resource_type(stated)) {
      if (!type.empty() && type != stated) {
        add("value", fmt::format("The reference is to {} but its type says {}; mend one.", type, stated), node);
      }
      type = stated;
    }
    if (type.empty() || element.targets.empty()) return;
    if (std::find(element.targets.begin(), element.targets.end(), type) != element.targets.end()) return;
    add("structure", fmt::format("{} may not refer to {}; refer to {}.", here(), type, some(element.targets)), node);
  }

  /// The type of the resource referred to, where it can be known here; empty otherwise.
  std::string_view target_type(Node reference) {
    std::string_view text = reference.text();
    if (text.starts_with('#')) {
      m_local_references.push_back(text);
      if (text == "#") return m_container["resourceType"].text();
      if (auto found = m_contained.find(text.substr(1)); found != m_contained.end()) return found->second;
      add("invariant",
          fmt::format("ref-1: There is no contained resource with the id \"{}\"; add it or mend the reference.",
                      text.substr(1)),
          reference);
      return {};
    }
    if (auto found = m_full_urls.find(text); found != m_full_urls.end()) return found->second;
    if (text.starts_with("urn:")) return {};
    std::string_view type = legible_type(text);
    if (is_resource_type(type)) return type;
    bool absolute = text.find(':') != std::string_view::npos;
    if (!absolute && !type.empty() && text.starts_with(type)) {
      auto names = resource_types();
      std::string near = base::suggest(type, {names.begin(), names.end()});
      add("value", fmt::format("\"{}\" does not name a resource type; {}", text, did_you_mean(near, "write Type/id")),
          reference);
    }
    return {};
  }
};

} // namespace

Issues validate(const Document& document, const ValidateOptions& options) {
  return validate(document.root(), {}, options);
}

Issues validate(Node resource, std::string_view base_expression, const ValidateOptions& options) {
  return Validator(base_expression, options).run(resource);
}

} // namespace xinglin::validation
