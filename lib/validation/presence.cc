#include "lib/validation/presence.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <optional>

namespace xinglin::validation {

namespace {

using fhirpath::Code;
using fhirpath::k_none;
using fhirpath::Op;

/// What is known of a result: of a boolean its value, of a number its bounds, of other collections whether they are
/// empty.
struct Known {
  enum class Kind : uint8_t { unknown, empty, some, no, yes, number } kind = Kind::unknown;
  int64_t least = 0;
  int64_t most = 0;
};
using Kind = Known::Kind;

constexpr int64_t k_unbounded = INT32_MAX;

Known known(Kind kind) {
  return {kind, 0, 0};
}
Known truth(bool value) {
  return known(value ? Kind::yes : Kind::no);
}
Known number(int64_t least, int64_t most) {
  return {Kind::number, std::min(least, k_unbounded), std::min(most, k_unbounded)};
}
bool is_boolean(const Known& value) {
  return value.kind == Kind::yes || value.kind == Kind::no;
}
/// As an operand of `and` and its like: yes, no, empty or unknown.
Kind operand(const Known& value) {
  return is_boolean(value) || value.kind == Kind::empty ? value.kind : Kind::unknown;
}

/// Evaluates with nothing known but which elements of the input are there.
class Guess {
public:
  Guess(const fhirpath::Compiled& rule, const fhir::TypeDefinition& type, uint64_t seen)
      : m_rule(rule), m_type(type), m_seen(seen) {}

  Known at(uint32_t position) const {
    if (position == k_none) return known(Kind::some); // $this
    const Op& op = m_rule.ops[position];
    switch (op.code) {
    case Code::empty: return known(Kind::empty);
    case Code::this_item: return known(Kind::some);
    case Code::literal: return literal(m_rule.literals[op.data]);
    case Code::of_head: return known(is_input(position) ? Kind::some : Kind::unknown);
    case Code::step: return step(op);
    case Code::identity: return at(op.input);
    case Code::and_: return and_of(left(op), right(op));
    case Code::or_: return flipped(and_of(flipped(left(op)), flipped(right(op))));
    case Code::implies: return flipped(and_of(left(op), flipped(right(op))));
    case Code::xor_: {
      const Kind a = operand(left(op));
      const Kind b = operand(right(op));
      if (a == Kind::empty || b == Kind::empty) return known(Kind::empty);
      if (a == Kind::unknown || b == Kind::unknown) return {};
      return truth(a != b);
    }
    case Code::not_: return op.input == k_none ? Known{} : flipped(at(op.input));
    case Code::equal:
    case Code::not_equal: {
      const Known same = equal(left(op), right(op));
      return op.code == Code::equal ? same : flipped(same);
    }
    case Code::less: return below(left(op), right(op), true);
    case Code::greater: return below(right(op), left(op), true);
    case Code::less_or_equal: return below(left(op), right(op), false);
    case Code::greater_or_equal: return below(right(op), left(op), false);
    case Code::in: return left(op).kind == Kind::empty ? known(Kind::empty) : Known{};
    case Code::contains_item: return right(op).kind == Kind::empty ? known(Kind::empty) : Known{};
    case Code::add: {
      const Known a = left(op);
      const Known b = right(op);
      if (a.kind == Kind::empty || b.kind == Kind::empty) return known(Kind::empty);
      if (a.kind != Kind::number || b.kind != Kind::number) return {};
      return number(a.least + b.least, a.most + b.most);
    }
    case Code::count: return count(op.input);
    case Code::exists:
      if (const Kind input = at(op.input).kind; input == Kind::empty) return known(Kind::no);
      return op.count == 0 && at(op.input).kind == Kind::some ? known(Kind::yes) : Known{};
    case Code::is_empty: {
      const Kind input = at(op.input).kind;
      return input == Kind::empty ? known(Kind::yes) : input == Kind::some ? known(Kind::no) : Known{};
    }
    case Code::has_value: return at(op.input).kind == Kind::empty ? known(Kind::no) : Known{};
    case Code::all:
    case Code::all_true:
    case Code::all_false:
    case Code::is_distinct: return at(op.input).kind == Kind::empty ? known(Kind::yes) : Known{};
    case Code::any_true:
    case Code::any_false: return at(op.input).kind == Kind::empty ? known(Kind::no) : Known{};
    case Code::merge:
    case Code::combine: {
      const Kind a = at(op.input).kind;
      const Kind b = at(m_rule.args[op.args]).kind;
      if (a == Kind::empty && b == Kind::empty) return known(Kind::empty);
      return known(a == Kind::some || b == Kind::some ? Kind::some : Kind::unknown);
    }
    case Code::trace:
    case Code::distinct: return at(op.input);
    case Code::iif: {
      if (op.input != k_none) return {};
      const Known criterion = left(op);
      if (criterion.kind == Kind::yes) return right(op);
      if (criterion.kind != Kind::no && criterion.kind != Kind::empty) return {};
      return op.count > 2 ? at(m_rule.args[op.args + 2]) : known(Kind::empty);
    }
    default: break;
    }
    if (keeps_empty(op.code) && op.input != k_none && at(op.input).kind == Kind::empty) return known(Kind::empty);
    return {};
  }

  /// The element of the type that an operation steps to from the input; none for others.
  std::optional<size_t> element_of(const Op& op) const {
    if (op.code != Code::step || !is_input(op.input)) return {};
    const fhir::ElementDefinition* element = fhir::find_element(m_type, m_rule.steps[op.data].name);
    if (element == nullptr) return {};
    return static_cast<size_t>(element - m_type.elements.data());
  }

  /// Elements that are reached from the input, into `out`, in the order of the expression.
  void mention(uint32_t position, std::vector<size_t>& out) const {
    if (position == k_none) return;
    const Op& op = m_rule.ops[position];
    if (const auto element = element_of(op)) {
      if (std::find(out.begin(), out.end(), *element) == out.end()) out.push_back(*element);
      return;
    }
    mention(op.input, out);
    if (is_per_item(op)) return; // there $this is another
    for (size_t i = 0; i < op.count; ++i)
      mention(m_rule.args[op.args + i], out);
  }

private:
  Known left(const Op& op) const { return at(m_rule.args[op.args]); }
  Known right(const Op& op) const { return at(m_rule.args[op.args + 1]); }

  /// Is it the rule's input itself?
  bool is_input(uint32_t position) const {
    if (position == k_none) return true;
    const Op& op = m_rule.ops[position];
    if (op.code == Code::this_item || op.code == Code::identity) return is_input(op.input);
    return op.code == Code::of_head && m_rule.context != nullptr && m_rule.types[op.data] != nullptr &&
           m_rule.context->is_a(m_rule.types[op.data]);
  }

  static Known literal(const fhirpath::Item& item) {
    if (item.tag == fhirpath::Tag::boolean) return truth(item.boolean);
    if (item.tag == fhirpath::Tag::integer) return number(item.integer, item.integer);
    return known(Kind::some);
  }

  Known step(const Op& op) const {
    if (const auto element = element_of(op)) {
      if ((m_seen >> *element & 1) == 0) return known(Kind::empty);
      return known(m_rule.steps[op.data].only == nullptr ? Kind::some : Kind::unknown);
    }
    return known(!is_input(op.input) && at(op.input).kind == Kind::empty ? Kind::empty : Kind::unknown);
  }

  Known count(uint32_t input) const {
    const Known value = at(input);
    if (value.kind == Kind::empty) return number(0, 0);
    if (value.kind != Kind::some) return number(0, k_unbounded);
    if (input == k_none) return number(1, 1);
    const auto element = element_of(m_rule.ops[input]);
    return number(1, element && m_type.elements[*element].max == 1 ? 1 : k_unbounded);
  }

  static Known flipped(const Known& value) {
    const Kind kind = operand(value);
    return kind == Kind::yes ? known(Kind::no) : kind == Kind::no ? known(Kind::yes) : known(kind);
  }

  static Known and_of(const Known& left, const Known& right) {
    const Kind a = operand(left);
    const Kind b = operand(right);
    if (a == Kind::no || b == Kind::no) return known(Kind::no);
    if (a == Kind::unknown || b == Kind::unknown) return {};
    return known(a == Kind::yes && b == Kind::yes ? Kind::yes : Kind::empty);
  }

  static Known equal(const Known& a, const Known& b) {
    if (a.kind == Kind::empty || b.kind == Kind::empty) return known(Kind::empty);
    if (is_boolean(a) && is_boolean(b)) return truth(a.kind == b.kind);
    if (a.kind != Kind::number || b.kind != Kind::number) return {};
    if (a.most < b.least || b.most < a.least) return known(Kind::no);
    const bool exact = a.least == a.most && b.least == b.most;
    return exact ? known(Kind::yes) : Known{};
  }

  static Known below(const Known& a, const Known& b, bool strictly) {
    if (a.kind == Kind::empty || b.kind == Kind::empty) return known(Kind::empty);
    if (a.kind != Kind::number || b.kind != Kind::number) return {};
    if (strictly ? a.most < b.least : a.most <= b.least) return known(Kind::yes);
    if (strictly ? a.least >= b.most : a.least > b.most) return known(Kind::no);
    return {};
  }

  /// Operations that give nothing of nothing.
  static bool keeps_empty(Code code) {
    switch (code) {
    case Code::where:
    case Code::where_equals:
    case Code::select:
    case Code::repeat:
    case Code::repeat_all:
    case Code::single:
    case Code::first:
    case Code::last:
    case Code::tail:
    case Code::skip:
    case Code::take:
    case Code::indexer:
    case Code::intersect:
    case Code::exclude:
    case Code::is_type:
    case Code::as_type:
    case Code::of_type:
    case Code::resolve_is:
    case Code::resolve:
    case Code::extension:
    case Code::children:
    case Code::descendants:
    case Code::to_boolean:
    case Code::to_integer:
    case Code::to_decimal:
    case Code::to_string:
    case Code::get_value:
    case Code::substring:
    case Code::replace:
    case Code::replace_matches:
    case Code::length:
    case Code::starts_with:
    case Code::ends_with:
    case Code::contains_text:
    case Code::matches:
    case Code::matches_full: return true;
    default: return false;
    }
  }

  static bool is_per_item(const Op& op) {
    switch (op.code) {
    case Code::where:
    case Code::where_equals:
    case Code::select:
    case Code::all:
    case Code::exists:
    case Code::repeat:
    case Code::repeat_all:
    case Code::aggregate:
    case Code::sort:
    case Code::trace:
    case Code::define_variable:
    case Code::coalesce:
    case Code::iif: return op.input != k_none;
    default: return false;
    }
  }

  const fhirpath::Compiled& m_rule;
  const fhir::TypeDefinition& m_type;
  uint64_t m_seen;
};

Answer answer_of(const Known& value) {
  switch (value.kind) {
  case Kind::yes: return Answer::holds;
  case Kind::no: return Answer::broken;
  case Kind::empty: return Answer::nothing;
  default: return Answer::ask;
  }
}

template <class List> std::string joined(const List& names, std::string_view by) {
  std::string out;
  for (std::string_view name : names) {
    if (!out.empty()) out += by;
    out += name;
  }
  return out;
}

} // namespace

Presence::Presence(const fhirpath::Compiled& rule, const fhir::TypeDefinition& type) : m_type(&type) {
  std::vector<size_t> elements;
  Guess(rule, type, 0).mention(rule.root, elements);
  for (size_t element : elements)
    m_mentioned |= uint64_t{1} << element;
  if (elements.size() > k_mentioned_max) return;
  m_count = static_cast<uint8_t>(elements.size());
  std::transform(elements.begin(), elements.end(), m_elements.begin(),
                 [](size_t element) { return static_cast<uint8_t>(element); });
  for (size_t subset = 0; subset < size_t{1} << m_count; ++subset) {
    uint64_t seen = 0;
    for (size_t i = 0; i < m_count; ++i)
      seen |= (subset >> i & uint64_t{1}) << m_elements[i];
    m_answers[subset] = answer_of(Guess(rule, type, seen).at(rule.root));
  }
}

bool Presence::breaks_exactly(bool (*breaks)(size_t subset, size_t all)) const {
  const size_t all = (size_t{1} << m_count) - 1;
  for (size_t subset = 0; subset <= all; ++subset) {
    if (m_answers[subset] != (breaks(subset, all) ? Answer::broken : Answer::holds)) return false;
  }
  return true;
}

std::string Presence::sentence(uint64_t seen) const {
  const size_t all = (size_t{1} << m_count) - 1;
  const auto names = [this](size_t subset) {
    std::vector<std::string_view> out;
    for (size_t i = 0; i < m_count; ++i)
      if ((subset >> i & 1) != 0) out.push_back(m_type->elements[m_elements[i]].name);
    return out;
  };
  if (m_count < 2) return {};
  if (breaks_exactly([](size_t subset, size_t) { return subset == 0; })) {
    return fmt::format("One of {} is needed; add it.", joined(names(all), ", "));
  }
  if (breaks_exactly([](size_t subset, size_t whole) { return subset == whole; })) {
    return fmt::format("{} exclude each other; remove one.", joined(names(all), " and "));
  }
  if (breaks_exactly([](size_t subset, size_t) { return std::popcount(subset) != 1; })) {
    std::vector<std::string_view> in_order;
    for (size_t i = 0; i < m_type->elements.size(); ++i)
      if ((m_mentioned >> i & 1) != 0) in_order.push_back(m_type->elements[i].name);
    return fmt::format("Exactly one of {} is needed; {}.", joined(in_order, ", "),
                       (seen & m_mentioned) != 0 ? "remove the others" : "add it");
  }
  if (m_count == 2 && breaks_exactly([](size_t subset, size_t) { return std::popcount(subset) == 1; })) {
    return fmt::format("{} go together; add the missing one.", joined(names(all), " and "));
  }
  for (size_t needing = 1; needing < all; ++needing) { // one of the others is needed beside these
    bool is_so = true;
    for (size_t subset = 0; subset <= all && is_so; ++subset) {
      const bool breaks = (subset & needing) != 0 && (subset & ~needing & all) == 0;
      is_so = m_answers[subset] == (breaks ? Answer::broken : Answer::holds);
    }
    if (!is_so) continue;
    return fmt::format("{} needs {} beside it; add it.", joined(names(needing), " or "),
                       joined(names(all & ~needing), " or "));
  }
  return {};
}

} // namespace xinglin::validation
