#include "lib/fhirpath/compare.h"

#include "lib/fhirpath/quantity.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace xinglin::fhirpath {
namespace {

bool set_integer(std::string_view text, SystemValue& out) {
  int64_t value = 0;
  size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  if (at == text.size()) return false;
  for (; at < text.size(); ++at) {
    if (text[at] < '0' || text[at] > '9') return false;
    if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
        __builtin_sub_overflow(value, int64_t{text[at] - '0'}, &value))
      return false;
  }
  if (text[0] != '-' && value == INT64_MIN) return false;
  out.integer = text[0] == '-' ? value : -value; // gathered as a negative, which reaches one further
  out.kind = SystemKind::integer;
  out.is_long = false;
  return true;
}

bool set_decimal(std::string_view text, SystemValue& out) {
  const auto value = base::Decimal::parse(text);
  if (!value) return false;
  out.decimal = *value;
  out.kind = SystemKind::decimal;
  return true;
}

bool set_moment(std::string_view text, TemporalKind kind, SystemKind system, SystemValue& out) {
  const auto moment = Moment::parse(text, kind);
  if (!moment) return false;
  out.moment = *moment;
  out.kind = system;
  return true;
}

bool set_quantity(fhir::Node node, SystemValue& out) {
  const auto value = base::Decimal::parse(node["value"].text());
  if (!value || node["comparator"]) return false;
  const std::string_view code = node["code"].text();
  const std::string_view unit = node["unit"].text();
  const bool is_ucum = node["system"].text() == "http://unitsofmeasure.org";
  out.quantity.value = *value;
  out.quantity.calendar = false;
  out.quantity.unit = is_ucum && !code.empty() ? code : !unit.empty() ? unit : !code.empty() ? code : "1";
  out.quantity.calendar_too = is_ucum; // R4: a record's UCUM units of time stand for the calendar's as well
  out.kind = SystemKind::quantity;
  return true;
}

bool from_node(const Item& item, SystemValue& out) {
  const fhir::Node node = item.node();
  const std::string_view text = node.text();
  const SystemKind wanted = item.type ? item.type->system : SystemKind::none;
  switch (node.kind()) {
  case fhir::Kind::boolean:
    out.kind = SystemKind::boolean;
    out.boolean = node.boolean();
    return true;
  case fhir::Kind::number:
    if (wanted != SystemKind::decimal && set_integer(text, out)) return true;
    return set_decimal(text, out);
  case fhir::Kind::string:
    if (wanted == SystemKind::date && set_moment(text, TemporalKind::date, wanted, out)) return true;
    if (wanted == SystemKind::date_time && set_moment(text, TemporalKind::date_time, wanted, out)) return true;
    if (wanted == SystemKind::time && set_moment(text, TemporalKind::time, wanted, out)) return true;
    out.kind = SystemKind::string;
    out.text = text;
    return true;
  case fhir::Kind::object: return wanted == SystemKind::quantity && set_quantity(node, out);
  default: return false;
  }
}

Tri equal_nodes(fhir::Node a, fhir::Node b) {
  if (a == b) return Tri::yes;
  if (a.kind() != b.kind()) return Tri::no;
  switch (a.kind()) {
  case fhir::Kind::object:
    if (a.size() != b.size()) return Tri::no;
    for (const fhir::Node member : a) {
      const fhir::Node other = b[member.name()];
      if (!other || equal_nodes(member, other) != Tri::yes) return Tri::no;
    }
    return Tri::yes;
  case fhir::Kind::array: {
    if (a.size() != b.size()) return Tri::no;
    fhir::Node other = b.first();
    for (const fhir::Node element : a) {
      if (equal_nodes(element, other) != Tri::yes) return Tri::no;
      other = other.next();
    }
    return Tri::yes;
  }
  case fhir::Kind::number: {
    const auto left = base::Decimal::parse(a.text());
    const auto right = base::Decimal::parse(b.text());
    return tri(left && right ? *left == *right : a.text() == b.text());
  }
  default: return tri(a.text() == b.text());
  }
}

int common_scale(const base::Decimal& a, const base::Decimal& b) {
  return std::min({a.normalized().scale(), b.normalized().scale(), 18});
}

bool equivalent_nodes(fhir::Node a, fhir::Node b) {
  if (a == b) return true;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
  case fhir::Kind::object: {
    if (a.size() != b.size()) return false;
    for (const fhir::Node member : a) {
      const fhir::Node other = b[member.name()];
      if (!other || !equivalent_nodes(member, other)) return false;
    }
    return true;
  }
  case fhir::Kind::array: { // without order
    if (a.size() != b.size()) return false;
    std::vector<fhir::Node> rest;
    for (const fhir::Node element : b)
      rest.push_back(element);
    for (const fhir::Node element : a) {
      const auto at =
          std::find_if(rest.begin(), rest.end(), [&](fhir::Node other) { return equivalent_nodes(element, other); });
      if (at == rest.end()) return false;
      rest.erase(at);
    }
    return true;
  }
  case fhir::Kind::string: return folded(a.text()) == folded(b.text());
  case fhir::Kind::number: {
    const auto left = base::Decimal::parse(a.text());
    const auto right = base::Decimal::parse(b.text());
    if (!left || !right) return a.text() == b.text();
    const int scale = common_scale(*left, *right);
    return base::Rational(*left).round(scale) == base::Rational(*right).round(scale);
  }
  default: return equal_nodes(a, b) == Tri::yes;
  }
}

uint32_t decode(std::string_view text, size_t& at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  int more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
  uint32_t code = more == 3 ? byte & 0x07U : more == 2 ? byte & 0x0FU : more == 1 ? byte & 0x1FU : byte;
  ++at;
  for (; more > 0 && at < text.size(); --more, ++at)
    code = code << 6 | (static_cast<unsigned char>(text[at]) & 0x3FU);
  return code;
}

void encode(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

uint32_t lower_letter(uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x100 && c <= 0x17F && c != 0x130 && c != 0x131 && c != 0x138 && c != 0x149 && c != 0x178 && c != 0x17F) {
    const bool odd_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    if ((c & 1U) == (odd_upper ? 1U : 0U)) return c + 1;
  }
  return c;
}

uint32_t upper_letter(uint32_t c) {
  if (c >= 'a' && c <= 'z') return c - 32;
  if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) || (c >= 0x430 && c <= 0x44F))
    return c - 32;
  if (c >= 0x450 && c <= 0x45F) return c - 80;
  if (c >= 0x101 && c <= 0x17E && lower_letter(c - 1) == c) return c - 1;
  return c;
}

template <typename Change> std::string changed(std::string_view text, Change change) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();)
    encode(out, change(decode(text, at)));
  return out;
}

} // namespace

std::string lower(std::string_view text) {
  return changed(text, lower_letter);
}
std::string upper(std::string_view text) {
  return changed(text, upper_letter);
}

std::string folded(std::string_view text) {
  constexpr uint32_t k_no_break_space = 0xA0;
  std::string out = changed(text, [](uint32_t c) { return c == k_no_break_space ? uint32_t{' '} : lower_letter(c); });
  for (char& c : out)
    if (c == '\t' || c == '\r' || c == '\n') c = ' ';
  return out;
}

bool as_quantity(SystemValue& value) {
  if (value.kind == SystemKind::quantity) return true;
  if (!value.is_number()) return false;
  value.quantity = {value.number(), "1", false};
  value.kind = SystemKind::quantity;
  return true;
}

bool to_system(const Item& item, SystemValue& out) {
  switch (item.tag) {
  case Tag::node: return from_node(item, out);
  case Tag::boolean:
    out.kind = SystemKind::boolean;
    out.boolean = item.boolean;
    return true;
  case Tag::integer:
    out.kind = SystemKind::integer;
    out.integer = item.integer;
    out.is_long = item.type != nullptr;
    return true;
  case Tag::decimal:
    out.kind = SystemKind::decimal;
    out.decimal = *item.decimal;
    return true;
  case Tag::string:
    out.kind = SystemKind::string;
    out.text = item.view();
    return true;
  case Tag::moment:
    out.moment = *item.moment;
    out.kind = out.moment.kind == TemporalKind::date   ? SystemKind::date
               : out.moment.kind == TemporalKind::time ? SystemKind::time
                                                       : SystemKind::date_time;
    return true;
  case Tag::quantity:
    out.kind = SystemKind::quantity;
    out.quantity = *item.quantity;
    return true;
  case Tag::twin:
  case Tag::type_name: return false;
  }
  return false;
}

bool quick_text(const Item& item, std::string_view& out) {
  if (item.tag == Tag::string) {
    out = item.view();
    return true;
  }
  if (item.tag != Tag::node || !item.type || item.type->system != SystemKind::string) return false;
  const fhir::Node node = item.node();
  if (!node.is_string()) return false;
  out = node.text();
  return true;
}

Tri equal(const Item& a, const Item& b) {
  std::string_view left_text;
  std::string_view right_text;
  if (quick_text(a, left_text) && quick_text(b, right_text)) return tri(left_text == right_text);
  SystemValue left;
  SystemValue right;
  const bool has_left = to_system(a, left);
  const bool has_right = to_system(b, right);
  if (has_left && has_right) {
    if (left.is_number() && right.is_number()) return tri(left.number() == right.number());
    if (left.is_moment() && right.is_moment()) {
      if ((left.kind == SystemKind::time) != (right.kind == SystemKind::time)) return Tri::no;
      const auto order = compare(left.moment, right.moment);
      return order ? tri(*order == 0) : Tri::empty;
    }
    if (left.kind == SystemKind::quantity && right.is_number()) {
      right.quantity = {right.number(), "1", false};
      right.kind = SystemKind::quantity;
    } else if (right.kind == SystemKind::quantity && left.is_number()) {
      left.quantity = {left.number(), "1", false};
      left.kind = SystemKind::quantity;
    }
    if (left.kind != right.kind) return Tri::no;
    if (left.kind == SystemKind::quantity) {
      const auto order = compare(left.quantity, right.quantity);
      if (!order && differ_in_kind(left.quantity, right.quantity)) return Tri::no;
      return order ? tri(*order == 0) : Tri::empty;
    }
    if (left.kind == SystemKind::string) return tri(left.text == right.text);
    return tri(left.boolean == right.boolean);
  }
  if (has_left != has_right) return Tri::no;
  if (a.tag == Tag::type_name || b.tag == Tag::type_name) return tri(a.tag == b.tag && a.type == b.type);
  if (a.tag != b.tag) return Tri::no;
  return equal_nodes(a.node(), b.node());
}

bool equivalent(const Item& a, const Item& b) {
  SystemValue left;
  SystemValue right;
  const bool has_left = to_system(a, left);
  const bool has_right = to_system(b, right);
  if (has_left != has_right) return false;
  if (!has_left) {
    if (!a.is_node() || !b.is_node()) return a.tag == b.tag && a.type == b.type;
    return a.tag == b.tag && equivalent_nodes(a.node(), b.node());
  }
  if (left.is_number() && right.is_number()) {
    const base::Decimal x = left.number();
    const base::Decimal y = right.number();
    const int scale = common_scale(x, y);
    return base::Rational(x).round(scale) == base::Rational(y).round(scale);
  }
  if (left.is_moment() && right.is_moment()) return left.kind == right.kind && same(left.moment, right.moment);
  if (left.kind == SystemKind::quantity && right.is_number()) {
    right.quantity = {right.number(), "1", false};
    right.kind = SystemKind::quantity;
  } else if (right.kind == SystemKind::quantity && left.is_number()) {
    left.quantity = {left.number(), "1", false};
    left.kind = SystemKind::quantity;
  }
  if (left.kind != right.kind) return false;
  if (left.kind == SystemKind::quantity) return equivalent(left.quantity, right.quantity);
  if (left.kind == SystemKind::string) return folded(left.text) == folded(right.text);
  return left.boolean == right.boolean;
}

Tri equal(std::span<const Item> a, std::span<const Item> b) {
  if (a.empty() || b.empty()) return Tri::empty;
  if (a.size() != b.size()) return Tri::no;
  Tri result = Tri::yes;
  for (size_t i = 0; i < a.size(); ++i) {
    const Tri one = equal(a[i], b[i]);
    if (one == Tri::no) return Tri::no;
    if (one == Tri::empty) result = Tri::empty;
  }
  return result;
}

bool equivalent(std::span<const Item> a, std::span<const Item> b) {
  if (a.size() != b.size()) return false;
  std::vector<bool> used(b.size());
  for (const Item& item : a) {
    size_t at = 0;
    while (at < b.size() && (used[at] || !equivalent(item, b[at])))
      ++at;
    if (at == b.size()) return false;
    used[at] = true;
  }
  return true;
}

std::optional<std::strong_ordering> order(const SystemValue& a, const SystemValue& b, bool& comparable) {
  comparable = true;
  if (a.is_number() && b.is_number()) {
    const base::Decimal x = a.number();
    const base::Decimal y = b.number();
    if (x == y) return std::strong_ordering::equal;
    return x < y ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a.kind == SystemKind::string && b.kind == SystemKind::string) return a.text.compare(b.text) <=> 0;
  if (a.is_moment() && b.is_moment()) {
    comparable = (a.kind == SystemKind::time) == (b.kind == SystemKind::time);
    return compare(a.moment, b.moment);
  }
  if (a.kind == SystemKind::quantity && b.kind == SystemKind::quantity) return compare(a.quantity, b.quantity);
  if (a.kind == SystemKind::quantity && b.is_number())
    return compare(a.quantity, QuantityValue{b.number(), "1", false});
  if (b.kind == SystemKind::quantity && a.is_number())
    return compare(QuantityValue{a.number(), "1", false}, b.quantity);
  comparable = false;
  return {};
}

namespace {

size_t hash_number(const base::Decimal& value) {
  return std::hash<std::string>()(value.normalized().to_string());
}

/// A structure in whatever order its members stand.
size_t hash_node(fhir::Node node) {
  switch (node.kind()) {
  case fhir::Kind::object:
  case fhir::Kind::array: {
    size_t sum = 5;
    for (const fhir::Node child : node)
      sum += (std::hash<std::string_view>()(child.name()) | 1) * hash_node(child);
    return sum;
  }
  case fhir::Kind::number: {
    const auto value = base::Decimal::parse(node.text());
    return value ? hash_number(*value) : std::hash<std::string_view>()(node.text());
  }
  default: return std::hash<std::string_view>()(node.text());
  }
}

} // namespace

size_t hash(const Item& item) {
  std::string_view text;
  if (quick_text(item, text)) return std::hash<std::string_view>()(text);
  SystemValue value;
  if (to_system(item, value)) {
    if (value.kind == SystemKind::string) return std::hash<std::string_view>()(value.text);
    if (value.is_number()) return hash_number(value.number());
    if (value.kind == SystemKind::boolean) return value.boolean ? 1 : 2;
    return value.kind == SystemKind::quantity ? hash(value.quantity) : hash(value.moment);
  }
  return item.is_node() ? hash_node(item.node()) : 4;
}

} // namespace xinglin::fhirpath
