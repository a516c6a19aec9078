#include "lib/fhirpath/running.h"

#include "lib/base/issue.h"
#include "lib/base/text.h"
#include "lib/fhirpath/lexer.h"
#include "lib/fhirpath/quantity.h"
#include "lib/fhirpath/reference.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <unordered_map>

namespace xinglin::fhirpath {
namespace {

/// Items already seen, found by hash once there are many.
class Seen {
public:
  /// False when an equal item is there already.
  bool add(const Item& item) {
    if (contains(item)) return false;
    m_items.push_back(item);
    if (m_items.size() == k_quadratic_max) {
      for (size_t i = 0; i < m_items.size(); ++i)
        m_by_hash.emplace(hash(m_items[i]), i);
    } else if (m_items.size() > k_quadratic_max) {
      m_by_hash.emplace(hash(item), m_items.size() - 1);
    }
    return true;
  }
  bool contains(const Item& item) const {
    if (m_items.size() < k_quadratic_max)
      return std::any_of(m_items.begin(), m_items.end(), [&](const Item& one) { return equal(one, item) == Tri::yes; });
    const auto [first, last] = m_by_hash.equal_range(hash(item));
    return std::any_of(first, last, [&](const auto& entry) { return equal(m_items[entry.second], item) == Tri::yes; });
  }

private:
  std::vector<Item> m_items;
  std::unordered_multimap<size_t, size_t> m_by_hash;
};

/// R4 gives the ids of resources and elements and the url of an extension the type System.String
/// (https://hl7.org/fhir/R4/element-definitions.html#Element.id), whatever FHIR type they are shown with.
bool is_system_string(const Item& item) {
  if (item.tag != Tag::node || !item.type || !item.type->is_primitive) return false;
  const fhir::Node node = item.node();
  if (node.name_id() == fhir::name::k_id) return true;
  if (node.name_id() != fhir::name::k_url || item.ref.parent == UINT32_MAX) return false;
  const fhir::Node parent(item.ref.document, item.ref.parent);
  if (item.type->name != "uri") return false;
  for (const fhir::Node member : parent) { // an extension has these members alone
    const std::string_view name = member.name();
    if (name != "url" && name != "id" && name != "extension" && name.substr(0, 5) != "value" &&
        name.substr(0, 6) != "_value")
      return false;
  }
  return true;
}

constexpr bool is_boolean(Code code) {
  switch (code) {
  case Code::is_type:
  case Code::resolve_is:
  case Code::equal:
  case Code::not_equal:
  case Code::equivalent:
  case Code::not_equivalent:
  case Code::less:
  case Code::less_or_equal:
  case Code::greater:
  case Code::greater_or_equal:
  case Code::in:
  case Code::contains_item:
  case Code::and_:
  case Code::or_:
  case Code::xor_:
  case Code::implies:
  case Code::exists:
  case Code::is_empty:
  case Code::not_:
  case Code::all:
  case Code::all_true:
  case Code::any_true:
  case Code::all_false:
  case Code::any_false:
  case Code::subset_of:
  case Code::superset_of:
  case Code::is_distinct:
  case Code::converts_to_boolean:
  case Code::converts_to_integer:
  case Code::converts_to_long:
  case Code::converts_to_decimal:
  case Code::converts_to_string:
  case Code::converts_to_date:
  case Code::converts_to_date_time:
  case Code::converts_to_time:
  case Code::converts_to_quantity:
  case Code::starts_with:
  case Code::ends_with:
  case Code::contains_text:
  case Code::matches:
  case Code::matches_full:
  case Code::has_extension:
  case Code::has_value:
  case Code::comparable:
  case Code::conforms_to:
  case Code::member_of:
  case Code::html_checks: return true;
  default: return false;
  }
}

constexpr auto k_gives_boolean = [] {
  std::array<bool, 256> out{};
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = is_boolean(static_cast<Code>(i));
  return out;
}();

/// Only a list of primitives is read together with its twin, for its gaps.
bool needs_twin(fhir::Node value, const TypeInfo* type) {
  return value.kind() == fhir::Kind::null || (value.is_array() && (!type || type->is_primitive));
}

bool gives_boolean(Code code) {
  return k_gives_boolean[static_cast<size_t>(code)];
}

} // namespace

// --- the machine

void Running::fail(const Op& op, const std::string& message) const {
  fail_at(m_program.text, op.offset, message);
}

void Running::refuse_steps() const {
  throw base::Refused(base::Refusal::too_large, "too-costly",
                      "FHIRPath: more than " + std::to_string(m_evaluator.m_steps_max) +
                          " steps: narrow the expression: " + m_program.text);
}

void Running::make_room() {
  if (m_stack.size() < k_items_max) return m_stack.grow();
  throw base::Refused(base::Refusal::too_large, "too-costly",
                      "FHIRPath: more than " + std::to_string(k_items_max) +
                          " items: narrow the expression: " + m_program.text);
}

size_t Running::eval_input(const Op& op, const Frame& frame) {
  const size_t base = m_stack.size();
  if (op.input != k_none) {
    eval(op.input, frame);
  } else if (frame.has_self) {
    push(frame.self);
  }
  return base;
}

void Running::move_down(size_t base, size_t from) {
  std::copy(m_stack.begin() + from, m_stack.end(), m_stack.begin() + base);
  m_stack.resize(m_stack.size() - (from - base));
}

bool Running::take_one(const Op& op, size_t base, Item& out) {
  const size_t size = m_stack.size() - base;
  if (size == 0) return false;
  if (size > 1)
    fail(op, "one item is wanted here and there are " + std::to_string(size) + ": use first(), where() or all()");
  out = m_stack[base];
  m_stack.resize(base);
  return true;
}

bool Running::one(const Op& op, uint32_t operand, const Frame& frame, Item& out) {
  const size_t base = m_stack.size();
  eval(operand, frame);
  return take_one(op, base, out);
}

bool Running::one_input(const Op& op, const Frame& frame, Item& out) {
  return take_one(op, eval_input(op, frame), out);
}

std::string Running::not_simple(const Item& item) {
  return "a simple value is wanted here, not " + (item.type ? item.type->name : std::string("a structure"));
}

bool Running::one_system(const Op& op, uint32_t operand, const Frame& frame, SystemValue& out) {
  Item item;
  if (!one(op, operand, frame, item) || item.tag == Tag::twin) return false;
  if (!to_system(item, out)) fail(op, not_simple(item));
  return true;
}

bool Running::input_system(const Op& op, const Frame& frame, SystemValue& out) {
  Item item;
  if (!one_input(op, frame, item) || item.tag == Tag::twin) return false;
  if (!to_system(item, out)) fail(op, not_simple(item));
  return true;
}

Tri Running::as_boolean(const Op& op, const Item& item, bool strict) const {
  if (item.tag == Tag::boolean) return tri(item.boolean);
  SystemValue value;
  if (item.tag == Tag::twin) return Tri::empty;
  if (to_system(item, value) && value.kind == SystemKind::boolean) return tri(value.boolean);
  if (strict) fail(op, "true or false is wanted here");
  return Tri::yes; // one item that is not a boolean counts as true (N1, 4.5)
}

Tri Running::test(uint32_t at, const Frame& frame) {
  const Op& op = m_program.ops[at];
  if (!gives_boolean(op.code)) {
    Item item;
    return one(op, at, frame, item) ? as_boolean(op, item, false) : Tri::empty;
  }
  return (op.flags & k_same_for_all) == 0 ? decide(at, frame) : decide_once(at, frame);
}

Tri Running::decide_once(uint32_t at, const Frame& frame) {
  for (const auto& [decided, answer] : m_decided)
    if (decided == at) return answer;
  const Tri answer = decide(at, frame);
  m_decided.emplace_back(at, answer);
  return answer;
}

/// Of an operation that gives a boolean.
Tri Running::decide(uint32_t at, const Frame& frame) {
  const Op& op = m_program.ops[at];
  count();
  switch (op.code) {
  case Code::and_: {
    const Tri left = test(argument(op, 0), frame);
    if (left == Tri::no) return Tri::no;
    const Tri right = test(argument(op, 1), frame);
    if (right == Tri::no) return Tri::no;
    return left == Tri::yes && right == Tri::yes ? Tri::yes : Tri::empty;
  }
  case Code::or_: {
    const Tri left = test(argument(op, 0), frame);
    if (left == Tri::yes) return Tri::yes;
    const Tri right = test(argument(op, 1), frame);
    if (right == Tri::yes) return Tri::yes;
    return left == Tri::no && right == Tri::no ? Tri::no : Tri::empty;
  }
  case Code::xor_: {
    const Tri left = test(argument(op, 0), frame);
    const Tri right = test(argument(op, 1), frame);
    if (left == Tri::empty || right == Tri::empty) return Tri::empty;
    return tri(left != right);
  }
  case Code::implies: {
    const Tri left = test(argument(op, 0), frame);
    if (left == Tri::no) return Tri::yes;
    const Tri right = test(argument(op, 1), frame);
    if (right == Tri::yes) return Tri::yes;
    return left == Tri::yes && right == Tri::no ? Tri::no : Tri::empty;
  }
  case Code::not_: {
    const Tri value = op.input != k_none ? test(op.input, frame)
                      : frame.has_self   ? as_boolean(op, frame.self, false)
                                         : Tri::empty;
    return value == Tri::empty ? Tri::empty : tri(value == Tri::no);
  }
  case Code::is_type:
  case Code::resolve_is: return type_test(op, frame);
  case Code::equal:
  case Code::not_equal:
  case Code::equivalent:
  case Code::not_equivalent: return equality_test(op, frame);
  case Code::less:
  case Code::less_or_equal:
  case Code::greater:
  case Code::greater_or_equal: return compare_test(op, frame);
  case Code::in:
  case Code::contains_item: return membership_test(op, frame);
  case Code::converts_to_boolean:
  case Code::converts_to_integer:
  case Code::converts_to_long:
  case Code::converts_to_decimal:
  case Code::converts_to_string:
  case Code::converts_to_date:
  case Code::converts_to_date_time:
  case Code::converts_to_time:
  case Code::converts_to_quantity: return converts(op, frame);
  case Code::starts_with:
  case Code::ends_with:
  case Code::contains_text:
  case Code::matches:
  case Code::matches_full:
  case Code::html_checks: return text_test(op, frame);
  default: return collection_test(op, frame);
  }
}

void Running::eval(uint32_t at, const Frame& frame) {
  const Op& op = m_program.ops[at];
  if (op.code == Code::step) { // OPTIMIZATION: most are
    count();
    return step(op, frame);
  }
  if (gives_boolean(op.code)) {
    const Tri value = test(at, frame);
    if (value != Tri::empty) push(Item::of(value == Tri::yes));
    return;
  }
  count();
  switch (op.code) {
  case Code::empty: return;
  case Code::literal: return push(m_program.literals[op.data]);
  case Code::this_item:
    if (frame.has_self) push(frame.self);
    return;
  case Code::index: return push(Item::of(frame.index));
  case Code::total:
    if (frame.total)
      for (const Item& item : *frame.total)
        push(item);
    return;
  case Code::variable: return push_variable(op, m_program.variables[op.data]);
  case Code::name_or_step: {
    const size_t base = m_stack.size();
    if (frame.has_self) step_into(frame.self, m_program.steps[op.data]);
    if (m_stack.size() == base) push_variable(op, m_program.steps[op.data].name);
    return;
  }
  case Code::of_head:
    if (frame.has_self && is_of_type(frame.self, m_program.types[op.data])) push(frame.self);
    return;
  case Code::of_head_named: {
    const Step& named = m_program.steps[op.data];
    if (frame.has_self && frame.self.tag == Tag::node &&
        frame.self.node().member(fhir::name::k_resource_type).text() == named.name)
      return push(frame.self);
    if (frame.has_self) step_into(frame.self, named);
    return;
  }
  case Code::identity: return eval(op.input, frame);
  case Code::negate: return negate(op, frame);
  case Code::add:
  case Code::subtract:
  case Code::multiply:
  case Code::divide:
  case Code::div:
  case Code::mod:
  case Code::concatenate: return arithmetic(op, frame);
  case Code::merge: return merge(op, frame);
  case Code::where_equals: return where_equals(op, frame);
  case Code::where:
  case Code::select: return lambda(op, frame);
  case Code::repeat:
  case Code::repeat_all: return repeat(op, frame);
  case Code::iif: return iif(op, frame);
  case Code::aggregate: return aggregate(op, frame);
  case Code::sort: return sort(op, frame);
  case Code::define_variable: return define_variable(op, frame);
  case Code::intersect:
  case Code::exclude:
  case Code::combine: return set_operation(op, frame);
  case Code::to_boolean:
  case Code::to_integer:
  case Code::to_long:
  case Code::to_decimal:
  case Code::to_string:
  case Code::to_date:
  case Code::to_date_time:
  case Code::to_time:
  case Code::to_quantity:
  case Code::get_value: return convert(op, frame);
  case Code::index_of:
  case Code::last_index_of:
  case Code::substring:
  case Code::upper:
  case Code::lower:
  case Code::replace:
  case Code::replace_matches:
  case Code::length:
  case Code::to_chars:
  case Code::split:
  case Code::join:
  case Code::trim:
  case Code::encode:
  case Code::decode:
  case Code::escape:
  case Code::unescape: return text(op, frame);
  case Code::abs:
  case Code::ceiling:
  case Code::floor:
  case Code::exp:
  case Code::ln:
  case Code::log:
  case Code::power:
  case Code::round:
  case Code::sqrt:
  case Code::truncate: return math(op, frame);
  case Code::sum:
  case Code::min:
  case Code::max:
  case Code::avg: return totals(op, frame);
  case Code::low_boundary:
  case Code::high_boundary: return boundary(op, frame);
  case Code::precision: return precision(op, frame);
  case Code::year_of:
  case Code::month_of:
  case Code::day_of:
  case Code::hour_of:
  case Code::minute_of:
  case Code::second_of:
  case Code::millisecond_of:
  case Code::timezone_offset_of:
  case Code::date_of:
  case Code::time_of: return moment_part(op, frame);
  default: return simple_collection(op, frame);
  }
}

void Running::push_system(const SystemValue& value) {
  switch (value.kind) {
  case SystemKind::none: return;
  case SystemKind::boolean: return push(Item::of(value.boolean));
  case SystemKind::integer: return push_integer(value.integer, value.is_long);
  case SystemKind::decimal: return push_decimal(value.decimal);
  case SystemKind::string: return push(Item::of(value.text));
  case SystemKind::quantity: return push(Item::of(m_arena.make(value.quantity)));
  default: return push_moment(value.moment);
  }
}

// --- paths

void Running::step(const Op& op, const Frame& frame) {
  const Step& step = m_program.steps[op.data];
  if (op.input == k_none) {
    if (frame.has_self) step_into(frame.self, step);
    return;
  }
  const size_t base = m_stack.size();
  eval(op.input, frame);
  const size_t end = m_stack.size();
  if (end == base) return;
  if (end == base + 1) {
    const Item item = m_stack.back();
    m_stack.pop_back();
    return step_into(item, step);
  }
  count(end - base);
  for (size_t i = base; i < end; ++i) {
    const Item item = m_stack[i]; // a copy: the stack may move
    step_into(item, step);
  }
  move_down(base, end);
}

const TypeInfo* Running::type_of_node(fhir::Node node, const TypeInfo* type) {
  if (type && !type->is_abstract) return type;
  if (!node.is_object()) return type;
  const fhir::Node name = node.member(fhir::name::k_resource_type);
  if (!name) return type;
  const TypeInfo* own = Model::r4().fhir(name.text());
  return own ? own : type;
}

void Running::push_element(fhir::Node value, fhir::Node twin, uint32_t parent, const TypeInfo* type) {
  if (value.is_array()) {
    count(value.size());
    if (!twin && type && !type->is_abstract) { // OPTIMIZATION: no gaps, and every element is of the type
      for (const fhir::Node element : value)
        push(Item::of(element, parent, type, element.kind() == fhir::Kind::null ? Tag::twin : Tag::node));
      return;
    }
    fhir::Node element_twin = twin.first();
    for (const fhir::Node element : value) {
      if (element.kind() == fhir::Kind::null) {
        push(Item::of(element_twin.is_object() ? element_twin : element, parent, type, Tag::twin)); // keeps its place
      } else {
        push(Item::of(element, parent, type_of_node(element, type)));
      }
      element_twin = element_twin.next();
    }
    for (; element_twin; element_twin = element_twin.next()) // more twins than values
      if (element_twin.is_object()) push(Item::of(element_twin, parent, type, Tag::twin));
    return;
  }
  if (value && value.kind() != fhir::Kind::null) return push(Item::of(value, parent, type_of_node(value, type)));
  if (twin.is_object()) return push(Item::of(twin, parent, type, Tag::twin));
  if (twin.is_array())
    for (const fhir::Node element : twin)
      if (element.is_object()) push(Item::of(element, parent, type, Tag::twin));
}

/// OPTIMIZATION: most steps go from an element of the expected type to elements of one name and type.
bool Running::step_by_route(const Item& item, const Step& step) {
  if (item.tag != Tag::node) return false;
  const auto route =
      std::find_if(step.routes.begin(), step.routes.end(), [&](const Route& one) { return one.owner == item.type; });
  if (route == step.routes.end()) return false;
  const fhir::Node object = item.node();
  if (!object.is_object()) return false;
  bool has_twin = false;
  for (const fhir::Node member : object) {
    const fhir::NameId name = member.name_id();
    if (name == (route->name | fhir::k_twin)) has_twin = true;
    if (name != route->name) continue;
    const fhir::Kind kind = member.kind();
    if (kind == fhir::Kind::null) return false;
    if (kind != fhir::Kind::array) {
      push(Item::of(member, object.index(), route->type));
      return true;
    }
    if (route->type->is_primitive) return false;
    const size_t base = m_stack.size();
    for (const fhir::Node element : member) {
      if (!element.is_object()) {
        m_stack.resize(base);
        return false;
      }
      push(Item::of(element, object.index(), route->type));
    }
    return true;
  }
  return !has_twin;
}

void Running::step_with_care(const Item& item, const Step& step) {
  if (item.tag == Tag::type_name) {
    if (step.name == "name") return push(Item::of(std::string_view(item.type->name)));
    if (step.name == "namespace") return push(Item::of(std::string_view(item.type->is_system ? "System" : "FHIR")));
    return;
  }
  if (item.tag == Tag::quantity) {
    if (step.name == "value") return push(Item::of(&item.quantity->value));
    if (step.name == "unit" || step.name == "code") return push(Item::of(item.quantity->unit));
    return;
  }
  if (!item.is_node()) return;
  fhir::Node object = item.node();
  if (!object.is_object() || item.tag == Tag::twin) { // id and extension of a primitive stand in its twin
    if (step.name != "extension" && step.name != "id") return;
    object = twin_of(item);
    if (!object) return;
  }
  const uint32_t parent = object.index();
  const ElementInfo* element = item.type == step.owner ? step.element
                               : item.type             ? item.type->find(step.name)
                                                       : nullptr;
  const Written* only = element && element->is_choice && item.type == step.owner ? step.only : nullptr;
  if (element && element->is_choice && !only) {
    for (const fhir::Node member : object) {
      const fhir::NameId plain = member.name_id() & ~fhir::k_twin;
      const Written* written = element->find(plain);
      if (!written) continue;
      if (plain == member.name_id()) return push_element(member, {}, parent, written->type);
      if (!object.member(plain)) return push_element({}, member, parent, written->type);
    }
    return;
  }
  const TypeInfo* type = only ? only->type : element ? element->written.front().type : nullptr;
  const fhir::NameId wanted = only ? only->id : step.id;
  fhir::Node value;
  fhir::Node twin;
  if (wanted != fhir::k_no_name) [[likely]] {
    for (const fhir::Node member : object) {
      const fhir::NameId name = member.name_id();
      if (name == wanted) {
        value = member;
        if (!needs_twin(member, type)) break;
      } else if (name == (wanted | fhir::k_twin)) {
        twin = member;
      }
    }
  } else if (!step.name.empty()) {
    value = object[step.name];
    twin = object[step.twin];
  }
  if (value || twin) return push_element(value, twin, parent, type);
  if (item.type && !item.type->is_abstract) return;
  // Of a structure of unknown type: a choice by its prefix, when the rest is a type.
  for (fhir::Node member = object.first(); member; member = member.next()) {
    const std::string_view name = member.name();
    if (step.name.empty() || name.size() <= step.name.size() || !name.starts_with(step.name)) continue;
    std::string rest(name.substr(step.name.size()));
    const TypeInfo* choice = Model::r4().fhir(rest);
    if (!choice && rest[0] >= 'A' && rest[0] <= 'Z') {
      rest[0] = static_cast<char>(rest[0] - 'A' + 'a');
      choice = Model::r4().fhir(rest);
    }
    if (choice) return push_element(member, {}, parent, choice);
  }
}

void Running::children_of(const Item& item) {
  if (!item.is_node()) return;
  fhir::Node object = item.node();
  const TypeInfo* type = item.type;
  if (!object.is_object() || item.tag == Tag::twin) {
    object = twin_of(item);
    type = Model::r4().fhir("Element");
  }
  if (!object.is_object()) return;
  for (fhir::Node member = object.first(); member; member = member.next()) {
    count();
    const std::string_view name = member.name();
    if (name == "resourceType" || name == "fhir_comments" || name.empty()) continue;
    const bool is_twin = name[0] == '_';
    const std::string_view plain = is_twin ? name.substr(1) : name;
    const TypeInfo* child = nullptr;
    if (type)
      if (const auto at = type->by_written.find(plain); at != type->by_written.end()) child = at->second->type;
    if (is_twin) { // beside a value it is reached through that
      if (!object[plain]) push_element({}, member, object.index(), child);
      continue;
    }
    fhir::Node twin;
    if (member.is_array())
      for (const fhir::Node element : member)
        if (element.kind() == fhir::Kind::null) {
          twin = object["_" + std::string(name)];
          break;
        }
    push_element(member, twin, object.index(), child);
  }
}

void Running::push_variable(const Op& op, std::string_view name) {
  for (const auto& [known, items] : m_evaluator.m_variables) {
    if (known != name) continue;
    for (const Item& item : items)
      push(item);
    return;
  }
  const Environment& environment = *m_evaluator.m_environment;
  const auto at =
      environment.variables.empty() ? environment.variables.end() : environment.variables.find(std::string(name));
  if (at != environment.variables.end()) {
    for (const Value& value : at->second) {
      const auto* node = std::get_if<fhir::Node>(&value.data);
      const bool is_nothing = std::holds_alternative<std::monostate>(value.data) ||
                              (node && (node->kind() == fhir::Kind::null || (node->is_object() && node->size() == 0)));
      if (!is_nothing) push(m_evaluator.from_value(value));
    }
    return;
  }
  if (name == "resource" || name == "rootResource" || name == "context") {
    if (m_evaluator.m_resource) push(Evaluator::root_item(m_evaluator.m_resource, m_program.context));
    return;
  }
  if (name == "today" || name == "now") {
    const Op clock{.code = name == "now" ? Code::now : Code::today, .offset = op.offset};
    return simple_collection(clock, {});
  }
  std::vector<std::string> known;
  known.reserve(environment.variables.size());
  for (const auto& [one, value] : environment.variables)
    known.push_back(one);
  const std::string near = base::suggest(name, known);
  fail(op, "the variable %" + std::string(name) + " is not defined" +
               (near.empty() ? "" : ": did you mean '" + near + "'?"));
}

void Running::extensions_of(const Item& item, std::string_view url) {
  if (!item.is_node()) return;
  fhir::Node object = item.node();
  if (!object.is_object()) object = twin_of(item);
  if (!object.is_object()) return;
  for (const fhir::Node extension : object.member(fhir::name::k_extension))
    if (base::is_same(extension.member(fhir::name::k_url).text(), url))
      push(Item::of(extension, object.index(), Model::r4().extension()));
}

/// where_equals() from the evaluator's shared keys; false when it does not apply.
bool Running::where_keyed(const Op& op, const Frame& frame) {
  constexpr size_t k_lists_max = 4;
  constexpr size_t k_linear_max = 16;
  if (!m_evaluator.m_share_keys || op.input == k_none || !frame.has_self || frame.self.tag != Tag::node) return false;
  const Op& list_op = m_program.ops[op.input];
  if (list_op.code != Code::step || list_op.input != k_none) return false;
  const Step& list = m_program.steps[list_op.data];
  const Step& key = m_program.steps[op.data];
  if (!list.element || !key.element || list.element->is_choice || frame.self.type != list.owner) return false;
  const fhir::Node owner = frame.self.node();
  auto& lists = m_evaluator.m_keyed;
  Evaluator::Keyed* keyed = nullptr;
  for (auto& one : lists)
    if (one.owner == owner && one.list == list.element && one.key == key.element) keyed = &one;
  if (!keyed) {
    if (lists.size() < k_lists_max) lists.emplace_back();
    keyed = &lists[m_evaluator.m_keyed_next++ % lists.size()];
    keyed->owner = {};
    keyed->entries.clear();
    const size_t base = m_stack.size();
    step_into(frame.self, list);
    count(m_stack.size() - base);
    for (const Item& item : from(base)) {
      if (item.tag != Tag::node || item.type != key.owner || !item.node().is_object()) {
        m_stack.resize(base);
        return false;
      }
      const fhir::Node value = item.node().member(key.id);
      if (value.is_string()) keyed->entries.emplace_back(value.text(), item);
    }
    m_stack.resize(base);
    keyed->sorted = keyed->entries.size() > k_linear_max;
    if (keyed->sorted)
      std::sort(keyed->entries.begin(), keyed->entries.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : a.second.ref.index < b.second.ref.index;
      });
    keyed->owner = owner;
    keyed->list = list.element;
    keyed->key = key.element;
  }
  const std::string_view wanted = m_program.literals[argument(op, 0)].view();
  auto at = keyed->entries.begin();
  if (keyed->sorted)
    at = std::lower_bound(at, keyed->entries.end(), wanted,
                          [](const auto& entry, std::string_view text) { return entry.first < text; });
  for (; at != keyed->entries.end(); ++at) {
    if (at->first == wanted) {
      push(at->second);
    } else if (keyed->sorted) {
      break;
    }
  }
  return true;
}

void Running::where_equals(const Op& op, const Frame& frame) {
  if (where_keyed(op, frame)) return;
  const size_t base = eval_input(op, frame);
  const std::string_view literal = m_program.literals[argument(op, 0)].view();
  const Step& step = m_program.steps[op.data];
  const size_t end = m_stack.size();
  count(end - base);
  size_t out = base;
  for (size_t i = base; i < end; ++i) {
    const Item item = m_stack[i];
    bool keep = false;
    if (item.tag == Tag::node && item.type == step.owner && step.element) {
      const fhir::Node object = item.node();
      if (object.is_object()) {
        const fhir::Node value = object.member(step.id);
        keep = value.is_string() && base::is_same(value.text(), literal);
      }
    } else {
      keep = test(argument(op, 1), Frame{item, true, static_cast<int64_t>(i - base), frame.total}) == Tri::yes;
    }
    if (keep) m_stack[out++] = item;
  }
  m_stack.resize(out);
}

bool Running::is_of_type(const Item& item, const TypeInfo* type) {
  if (!type) return false;
  const Model& model = Model::r4();
  if (item.is_node()) {
    if (item.type) return item.type->is_a(type) || (is_system_string(item) && type == model.system(SystemKind::string));
    SystemValue value; // a value of unknown type is what JSON says
    return type->is_system && to_system(item, value) && model.system(value.kind) == type;
  }
  if (item.tag == Tag::quantity) return type == model.system(SystemKind::quantity) || type == model.quantity();
  if (item.tag == Tag::type_name) return false;
  if (item.tag == Tag::integer && item.type) return item.type == type;
  SystemValue value;
  return to_system(item, value) && model.system(value.kind) == type;
}

/// For as() and ofType(): of primitives the type itself, not one derived from it (a code is not given as string).
bool Running::is_exactly(const Item& item, const TypeInfo* type) {
  if (!type) return false;
  if (item.is_node() && item.type && item.type->is_primitive && !type->is_system) return item.type == type;
  // R4 search parameters say value.as(DateTime) of a FHIR dateTime.
  if (item.is_node() && item.type && item.type->is_primitive && type->is_system)
    return item.type->system == type->system;
  return is_of_type(item, type);
}

std::string_view Running::reference_text(const Item& item) {
  if (item.tag == Tag::string) return item.view();
  if (item.tag != Tag::node) return {};
  const fhir::Node node = item.node();
  return node.is_object() ? node.member(fhir::name::k_reference).text() : node.text();
}

std::optional<fhir::Node> Running::resolve(std::string_view reference) {
  if (reference.empty()) return {};
  const fhir::Node root = m_evaluator.m_resource;
  if (reference[0] == '#') {
    if (reference.size() == 1) return root ? std::optional(root) : std::nullopt;
    for (const fhir::Node contained : root["contained"])
      if (contained["id"].text() == reference.substr(1)) return contained;
    return {};
  }
  if (root["resourceType"].text() == "Bundle") {
    for (const fhir::Node entry : root["entry"]) {
      const std::string_view url = entry["fullUrl"].text();
      const bool ends = url.size() > reference.size() && url.substr(url.size() - reference.size()) == reference &&
                        url[url.size() - reference.size() - 1] == '/';
      if (url == reference || ends) return entry["resource"];
    }
  }
  const Environment& environment = *m_evaluator.m_environment;
  return environment.resolve ? environment.resolve(reference) : std::nullopt;
}

Tri Running::resolves_to(const Item& item, const TypeInfo* type) {
  const std::string_view reference = reference_text(item);
  std::string_view name;
  if (!reference.empty() && reference[0] != '#') name = reference_key(reference).type();
  if (name.empty() && item.tag == Tag::node) name = item.node()["type"].text();
  if (name.empty()) {
    const auto target = resolve(reference);
    if (!target) return Tri::empty;
    name = (*target)["resourceType"].text();
  }
  const TypeInfo* own = Model::r4().fhir(name);
  return tri(own && own->is_a(type));
}

Tri Running::type_test(const Op& op, const Frame& frame) {
  Item item;
  if (!one_input(op, frame, item)) return Tri::empty;
  const TypeInfo* type = m_program.types[op.data];
  if (op.code == Code::resolve_is) return resolves_to(item, type);
  if (op.flags == k_fhir_only && !item.is_node()) return Tri::no;
  return tri(is_of_type(item, type));
}

// --- operators

/// OPTIMIZATION: an element of $this that is a text, = or != a literal. Empty: something is out of the ordinary.
std::optional<Tri> Running::text_equality(const Op& op, const Frame& frame) const {
  const Step& step = m_program.steps[op.data];
  if (!frame.has_self || frame.self.tag != Tag::node || frame.self.type != step.owner) return {};
  const fhir::Node object = frame.self.node();
  if (!object.is_object()) return {};
  for (const fhir::Node member : object) {
    const fhir::NameId name = member.name_id();
    if (name == (step.id | fhir::k_twin)) return {}; // perhaps a primitive without value
    if (name != step.id) continue;
    if (!member.is_string()) return {};
    const std::string_view literal = m_program.literals[m_program.ops[argument(op, 1)].data].view();
    return tri(base::is_same(member.text(), literal) == (op.code == Code::equal));
  }
  return Tri::empty;
}

Tri Running::equality_test(const Op& op, const Frame& frame) {
  if (op.data != k_none)
    if (const auto quick = text_equality(op, frame)) return *quick;
  const size_t base = m_stack.size();
  eval(argument(op, 0), frame);
  const size_t middle = m_stack.size();
  eval(argument(op, 1), frame);
  const std::span<const Item> left(m_stack.data() + base, middle - base);
  const std::span<const Item> right(m_stack.data() + middle, m_stack.size() - middle);
  Tri result = Tri::empty;
  if (op.code == Code::equal || op.code == Code::not_equal) {
    count(left.size());
    result = equal(left, right);
    if (op.code == Code::not_equal && result != Tri::empty) result = tri(result == Tri::no);
  } else {
    if (left.size() == right.size()) count(left.size() * right.size());
    result = tri(equivalent(left, right) == (op.code == Code::equivalent));
  }
  m_stack.resize(base);
  return result;
}

Tri Running::compare_test(const Op& op, const Frame& frame) {
  Item left_item;
  Item right_item;
  const bool has_left = one(op, argument(op, 0), frame, left_item);
  const bool has_right = one(op, argument(op, 1), frame, right_item);
  if (!has_left || !has_right || left_item.tag == Tag::twin || right_item.tag == Tag::twin) return Tri::empty;
  SystemValue left;
  SystemValue right;
  bool comparable = to_system(left_item, left) && to_system(right_item, right);
  std::optional<std::strong_ordering> result;
  if (comparable) result = order(left, right, comparable);
  if (!comparable) fail(op, "these two have no order: compare number with number, text with text, date with date");
  if (!result) return Tri::empty;
  switch (op.code) {
  case Code::less: return tri(*result < 0);
  case Code::less_or_equal: return tri(*result <= 0);
  case Code::greater: return tri(*result > 0);
  default: return tri(*result >= 0);
  }
}

Tri Running::membership_test(const Op& op, const Frame& frame) {
  const bool in = op.code == Code::in;
  Item item;
  if (!one(op, argument(op, in ? 0 : 1), frame, item)) return Tri::empty;
  const size_t base = m_stack.size();
  eval(argument(op, in ? 1 : 0), frame);
  const auto items = from(base);
  count(items.size());
  const bool found =
      std::any_of(items.begin(), items.end(), [&](const Item& one) { return equal(one, item) == Tri::yes; });
  m_stack.resize(base);
  return tri(found);
}

// --- collections

void Running::lambda(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t end = m_stack.size();
  const uint32_t body = argument(op, 0);
  count(end - base);
  if (op.code == Code::where) {
    size_t out = base;
    for (size_t i = base; i < end; ++i) {
      const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), frame.total};
      if (test(body, inner) == Tri::yes) m_stack[out++] = inner.self;
    }
    m_stack.resize(out);
    return;
  }
  for (size_t i = base; i < end; ++i) {
    const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), frame.total};
    eval(body, inner);
  }
  move_down(base, end);
}

void Running::repeat(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t start = m_stack.size();
  const uint32_t body = argument(op, 0);
  Seen seen;
  for (size_t i = base; i < m_stack.size(); ++i) {
    const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), frame.total};
    const size_t found = m_stack.size();
    eval(body, inner);
    count(m_stack.size() - found);
    if (op.code == Code::repeat_all) continue;
    size_t out = found;
    for (size_t j = found; j < m_stack.size(); ++j)
      if (seen.add(m_stack[j])) m_stack[out++] = m_stack[j];
    m_stack.resize(out);
  }
  move_down(base, start);
}

void Running::iif(const Op& op, const Frame& frame) {
  Frame inner = frame;
  if (op.input != k_none) inner.has_self = one_input(op, frame, inner.self);
  Item item;
  const bool has = one(op, argument(op, 0), inner, item);
  const Tri criterion = has ? as_boolean(op, item, true) : Tri::empty;
  if (criterion == Tri::yes) return eval(argument(op, 1), inner);
  if (op.count > 2) eval(argument(op, 2), inner);
}

void Running::aggregate(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t end = m_stack.size();
  std::vector<Item> total;
  if (op.count > 1) {
    eval(argument(op, 1), frame);
    total.assign(m_stack.begin() + end, m_stack.end());
    m_stack.resize(end);
  }
  count(end - base);
  for (size_t i = base; i < end; ++i) {
    const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), &total};
    eval(argument(op, 0), inner);
    total.assign(m_stack.begin() + end, m_stack.end());
    m_stack.resize(end);
  }
  m_stack.resize(base);
  for (const Item& item : total)
    push(item);
}

void Running::sort(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t size = m_stack.size() - base;
  const size_t keys = std::max<size_t>(op.count, 1);
  count(size * keys);
  std::vector<SystemValue> values(size * keys); // kind none: no key, first
  for (size_t i = 0; i < size; ++i) {
    const Frame inner{m_stack[base + i], true, static_cast<int64_t>(i), frame.total};
    for (size_t key = 0; key < keys; ++key) {
      SystemValue& value = values[i * keys + key];
      if (op.count == 0) {
        if (!to_system(inner.self, value)) fail(op, "sort() of structures wants a key: sort(family)");
      } else {
        one_system(op, argument(op, key), inner, value);
      }
    }
  }
  std::vector<size_t> places(size);
  for (size_t i = 0; i < size; ++i)
    places[i] = i;
  std::sort(places.begin(), places.end(), [&](size_t a, size_t b) {
    for (size_t key = 0; key < keys; ++key) {
      const SystemValue& left = values[a * keys + key];
      const SystemValue& right = values[b * keys + key];
      if (left.kind == SystemKind::none || right.kind == SystemKind::none) {
        if (left.kind == right.kind) continue;
        return (left.kind == SystemKind::none) != ((op.flags >> key & 1) != 0);
      }
      bool comparable = true;
      const auto result = order(left, right, comparable);
      if (!result || *result == 0) continue;
      return (*result < 0) != ((op.flags >> key & 1) != 0);
    }
    return a < b; // equal keys keep their order
  });
  std::vector<Item> sorted;
  sorted.reserve(size);
  for (const size_t place : places)
    sorted.push_back(m_stack[base + place]);
  std::copy(sorted.begin(), sorted.end(), m_stack.begin() + base);
}

void Running::define_variable(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t end = m_stack.size();
  const std::string_view name = m_program.literals[m_program.ops[argument(op, 0)].data].view();
  std::vector<Item> value(m_stack.begin() + base, m_stack.end());
  if (op.count > 1) {
    for (size_t i = base; i < end; ++i) {
      const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), frame.total};
      eval(argument(op, 1), inner);
    }
    value.assign(m_stack.begin() + end, m_stack.end());
    m_stack.resize(end);
  }
  m_evaluator.set_variable(name, std::move(value));
}

void Running::keep_distinct(size_t base) {
  Seen seen;
  size_t out = base;
  count(m_stack.size() - base);
  for (size_t i = base; i < m_stack.size(); ++i)
    if (seen.add(m_stack[i])) m_stack[out++] = m_stack[i];
  m_stack.resize(out);
}

void Running::merge(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  eval(argument(op, 0), frame);
  if (m_stack.size() - base > 1) keep_distinct(base);
}

void Running::set_operation(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t end = m_stack.size();
  eval(argument(op, 0), frame);
  if (op.code == Code::combine) return;
  Seen other;
  for (const Item& item : from(end))
    other.add(item);
  count(m_stack.size() - base);
  m_stack.resize(end);
  size_t out = base;
  for (size_t i = base; i < end; ++i)
    if (other.contains(m_stack[i]) == (op.code == Code::intersect)) m_stack[out++] = m_stack[i];
  m_stack.resize(out);
  if (op.code == Code::intersect) keep_distinct(base);
}

Tri Running::collection_test(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t end = m_stack.size();
  Tri result = Tri::empty;
  switch (op.code) {
  case Code::exists:
    if (op.count == 0) {
      result = tri(end > base);
      break;
    }
    result = Tri::no;
    for (size_t i = base; i < end && result == Tri::no; ++i) {
      const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), frame.total};
      if (test(argument(op, 0), inner) == Tri::yes) result = Tri::yes;
    }
    break;
  case Code::is_empty: result = tri(end == base); break;
  case Code::all:
    result = Tri::yes;
    for (size_t i = base; i < end && result == Tri::yes; ++i) {
      const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), frame.total};
      if (test(argument(op, 0), inner) != Tri::yes) result = Tri::no;
    }
    break;
  case Code::all_true:
  case Code::any_true:
  case Code::all_false:
  case Code::any_false: {
    const bool wanted = op.code == Code::all_true || op.code == Code::any_true;
    const bool all = op.code == Code::all_true || op.code == Code::all_false;
    result = tri(all);
    for (size_t i = base; i < end; ++i) {
      const bool holds = as_boolean(op, m_stack[i], true) == tri(wanted);
      if (holds != all) result = tri(!all);
    }
    break;
  }
  case Code::subset_of:
  case Code::superset_of: {
    eval(argument(op, 0), frame);
    const std::span<const Item> input(m_stack.data() + base, end - base);
    const auto other = from(end);
    const auto smaller = op.code == Code::subset_of ? input : other;
    Seen larger;
    for (const Item& item : op.code == Code::subset_of ? other : input)
      larger.add(item);
    count(m_stack.size() - base);
    result = tri(std::all_of(smaller.begin(), smaller.end(), [&](const Item& item) { return larger.contains(item); }));
    break;
  }
  case Code::is_distinct: {
    keep_distinct(base);
    result = tri(m_stack.size() == end);
    break;
  }
  case Code::has_value: {
    if (end - base != 1) {
      result = Tri::no;
      break;
    }
    const Item& item = m_stack[base];
    result = tri(item.tag != Tag::twin && item.tag != Tag::quantity && (!item.is_node() || !item.node().is_object()));
    break;
  }
  case Code::has_extension: {
    Item url;
    SystemValue text;
    if (!one(op, argument(op, 0), frame, url) || !to_system(url, text)) break;
    for (size_t i = base; i < end; ++i) {
      const Item item = m_stack[i];
      extensions_of(item, text.text);
    }
    result = tri(m_stack.size() > end);
    break;
  }
  case Code::comparable: {
    SystemValue left;
    SystemValue right;
    Item item;
    if (end == base) break;
    if (!take_one(op, base, item) || !to_system(item, left) || !as_quantity(left))
      fail(op, "comparable() compares two quantities");
    if (!one_system(op, argument(op, 0), frame, right)) break;
    if (!as_quantity(right)) fail(op, "comparable() compares two quantities");
    result = tri(comparable(left.quantity, right.quantity));
    break;
  }
  case Code::conforms_to: {
    Item item;
    if (end == base) break;
    take_one(op, base, item);
    const auto url = text_argument(op, 0, frame);
    if (!url) break;
    constexpr std::string_view k_core = "http://hl7.org/fhir/StructureDefinition/";
    const TypeInfo* type =
        url->substr(0, k_core.size()) == k_core ? Model::r4().fhir(url->substr(k_core.size())) : nullptr;
    if (!type) fail(op, "conformsTo() knows the types of FHIR R4 only, not " + std::string(*url));
    result = tri(is_of_type(item, type));
    break;
  }
  case Code::member_of: {
    Item item;
    if (end == base) break;
    take_one(op, base, item);
    const auto url = text_argument(op, 0, frame);
    if (!url) break;
    const auto in_set = [&](std::string_view system, std::string_view code) {
      switch (fhir::in_value_set(*url, system, code)) {
      case fhir::Membership::yes: return Tri::yes;
      case fhir::Membership::no: return Tri::no;
      default: return Tri::empty;
      }
    };
    const fhir::Node node = item.tag == Tag::node ? item.node() : fhir::Node();
    if (!node.is_object()) {
      SystemValue value;
      if (to_system(item, value) && value.kind == SystemKind::string) result = in_set({}, value.text);
    } else if (node["coding"]) {
      result = Tri::no;
      for (const fhir::Node coding : node["coding"]) {
        const Tri one = in_set(coding["system"].text(), coding["code"].text());
        if (one == Tri::yes) {
          result = Tri::yes;
          break;
        }
        if (one == Tri::empty) result = Tri::empty;
      }
    } else {
      result = in_set(node["system"].text(), node["code"].text());
    }
    break;
  }
  default: assert(false && "not a boolean operation");
  }
  m_stack.resize(base);
  return result;
}

void Running::simple_collection(const Op& op, const Frame& frame) {
  const size_t base = m_stack.size();
  const Environment& environment = *m_evaluator.m_environment;
  const auto now = [&] { return environment.now != 0 ? environment.now : base::system_now(); };
  switch (op.code) { // those without input
  case Code::now: return push_moment(Moment::from_millis(now(), environment.zone));
  case Code::today:
    return push_moment(Moment::from_date(environment.today.days() != 0 ? environment.today
                                                                       : base::local_date(now(), environment.zone)));
  case Code::time_of_day: {
    Moment moment = Moment::from_millis(now(), environment.zone);
    moment.kind = TemporalKind::time;
    moment.has_zone = false;
    return push_moment(moment);
  }
  default: break;
  }
  eval_input(op, frame);
  const size_t size = m_stack.size() - base;
  switch (op.code) {
  case Code::count: m_stack.resize(base); return push(Item::of(static_cast<int64_t>(size)));
  case Code::indexer: {
    const auto position = integer_argument(op, 0, frame);
    if (!position || *position < 0 || static_cast<size_t>(*position) >= size) return m_stack.resize(base);
    m_stack[base] = m_stack[base + static_cast<size_t>(*position)];
    return m_stack.resize(base + 1);
  }
  case Code::single:
    if (size > 1) fail(op, "single() wants one item and there are " + std::to_string(size));
    return;
  case Code::first:
    if (size > 1) m_stack.resize(base + 1);
    return;
  case Code::last:
    if (size > 1) move_down(base, m_stack.size() - 1);
    return;
  case Code::tail:
    if (size > 0) move_down(base, base + 1);
    return;
  case Code::skip: {
    const auto number = integer_argument(op, 0, frame);
    if (!number) return m_stack.resize(base);
    return move_down(base, base + std::min(size, static_cast<size_t>(std::max<int64_t>(*number, 0))));
  }
  case Code::take: {
    const auto number = integer_argument(op, 0, frame);
    return m_stack.resize(base + (number ? std::min(size, static_cast<size_t>(std::max<int64_t>(*number, 0))) : 0));
  }
  case Code::distinct: return keep_distinct(base);
  case Code::as_type:
  case Code::of_type: {
    if (op.code == Code::as_type && size > 1)
      fail(op, "as() wants one item and there are " + std::to_string(size) + ": use ofType()");
    const TypeInfo* type = m_program.types[op.data];
    size_t out = base;
    for (size_t i = base; i < base + size; ++i)
      if (is_exactly(m_stack[i], type) && (op.flags != k_fhir_only || m_stack[i].is_node()))
        m_stack[out++] = m_stack[i];
    return m_stack.resize(out);
  }
  case Code::children:
  case Code::descendants: {
    const size_t end = m_stack.size();
    for (size_t i = base; i < (op.code == Code::children ? end : m_stack.size()); ++i) {
      const Item item = m_stack[i];
      children_of(item);
    }
    return move_down(base, end);
  }
  case Code::trace: { // the input goes through
    if (!environment.trace) return;
    const auto name = text_argument(op, 0, frame);
    const size_t end = m_stack.size();
    for (size_t i = base; i < end && op.count > 1; ++i) {
      const Frame inner{m_stack[i], true, static_cast<int64_t>(i - base), frame.total};
      eval(argument(op, 1), inner);
    }
    Collection seen;
    for (const Item& item : from(op.count > 1 ? end : base))
      seen.push_back(Evaluator::to_value(item));
    m_stack.resize(end);
    environment.trace(name.value_or(std::string_view()), seen);
    return;
  }
  case Code::type_of: {
    for (size_t i = base; i < base + size; ++i) {
      Item& item = m_stack[i];
      const TypeInfo* type = is_system_string(item) ? Model::r4().system(SystemKind::string) : item.type;
      SystemValue value;
      if (!type && to_system(item, value)) type = Model::r4().system(value.kind);
      if (!type) type = Model::r4().fhir("Element");
      item.type = type;
      item.tag = Tag::type_name;
    }
    return;
  }
  case Code::extension: {
    const size_t end = m_stack.size();
    const auto url = text_argument(op, 0, frame);
    if (url)
      for (size_t i = base; i < end; ++i) {
        const Item item = m_stack[i];
        extensions_of(item, *url);
      }
    return move_down(base, end);
  }
  case Code::resolve: {
    size_t out = base;
    for (size_t i = base; i < base + size; ++i) {
      count();
      const auto target = resolve(reference_text(m_stack[i]));
      if (target && target->is_object()) m_stack[out++] = Evaluator::root_item(*target, nullptr);
    }
    return m_stack.resize(out);
  }
  case Code::resource_key: {
    size_t out = base;
    for (size_t i = base; i < base + size; ++i) {
      const Item item = m_stack[i];
      if (item.tag != Tag::node) continue;
      const std::string_view id = item.node()["id"].text();
      const std::string_view type = item.node()["resourceType"].text();
      if (id.empty() || type.empty()) continue;
      m_stack[out++] = Item::of(m_arena.joined({type, "/", id}));
    }
    return m_stack.resize(out);
  }
  case Code::reference_key: {
    size_t out = base;
    for (size_t i = base; i < base + size; ++i) {
      const TypeInfo* wanted = op.data == k_none ? nullptr : m_program.types[op.data];
      const std::string_view key = reference_key(reference_text(m_stack[i]), wanted).key;
      if (!key.empty()) m_stack[out++] = Item::of(key); // it lies in the document, or in the arena
    }
    return m_stack.resize(out);
  }
  case Code::coalesce: { // the first of the arguments that gives anything for the input
    const size_t end = m_stack.size();
    for (size_t i = 0; i < op.count && m_stack.size() == end; ++i) {
      if (op.input == k_none) {
        eval(argument(op, i), frame);
        continue;
      }
      for (size_t j = base; j < end; ++j) {
        const Frame inner{m_stack[j], true, static_cast<int64_t>(j - base), frame.total};
        eval(argument(op, i), inner);
      }
    }
    return move_down(base, end);
  }
  default: assert(false && "an operation without a rule");
  }
}

} // namespace xinglin::fhirpath
