// Conversions (http://hl7.org/fhirpath/N1/#conversion): toX() gives empty for what does not convert, convertsToX()
// false.

#include "lib/fhirpath/ast.h"
#include "lib/fhirpath/quantity.h"
#include "lib/fhirpath/running.h"

#include <algorithm>
#include <cassert>

namespace xinglin::fhirpath {
namespace {

SystemKind target_of(Code code) {
  switch (code) {
  case Code::to_boolean:
  case Code::converts_to_boolean: return SystemKind::boolean;
  case Code::to_long:
  case Code::converts_to_long:
  case Code::to_integer:
  case Code::converts_to_integer: return SystemKind::integer;
  case Code::to_decimal:
  case Code::converts_to_decimal: return SystemKind::decimal;
  case Code::to_date:
  case Code::converts_to_date: return SystemKind::date;
  case Code::to_date_time:
  case Code::converts_to_date_time: return SystemKind::date_time;
  case Code::to_time:
  case Code::converts_to_time: return SystemKind::time;
  case Code::to_quantity:
  case Code::converts_to_quantity: return SystemKind::quantity;
  default: return SystemKind::string;
  }
}

std::optional<bool> boolean_of(std::string_view text) {
  const std::string word = lower(text);
  for (const std::string_view yes : {"true", "t", "yes", "y", "1", "1.0"})
    if (word == yes) return true;
  for (const std::string_view no : {"false", "f", "no", "n", "0", "0.0"})
    if (word == no) return false;
  return {};
}

std::optional<base::Decimal> decimal_of(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text[0] < '0' || text[0] > '9' || text.find_first_not_of("0123456789.") != std::string_view::npos)
    return {};
  while (text.size() > 1 && text[0] == '0' && text[1] != '.')
    text.remove_prefix(1);
  return base::Decimal::parse((negative ? "-" : "") + std::string(text));
}

std::optional<int64_t> integer_of(std::string_view text) {
  if (text.find('.') != std::string_view::npos) return {};
  const auto value = decimal_of(text);
  if (!value || value->coefficient() > INT64_MAX || value->coefficient() < INT64_MIN) return {};
  return static_cast<int64_t>(value->coefficient());
}

/// Does it fit a System.Integer?
bool as_int32(int64_t value) {
  return value >= INT32_MIN && value <= INT32_MAX;
}

} // namespace

std::optional<std::string> system_text(const SystemValue& value) {
  switch (value.kind) {
  case SystemKind::none: return {};
  case SystemKind::boolean: return value.boolean ? "true" : "false";
  case SystemKind::integer: return std::to_string(value.integer);
  case SystemKind::decimal: return value.decimal.to_string();
  case SystemKind::string: return std::string(value.text);
  case SystemKind::quantity: return to_text(value.quantity);
  default: return value.moment.to_string();
  }
}

bool Running::convert_to(SystemKind kind, SystemValue& value, const Op& op, const Frame& frame) {
  const SystemKind have = value.kind;
  value.kind = kind;
  switch (kind) {
  case SystemKind::boolean: {
    if (have == SystemKind::boolean) return true;
    std::optional<bool> result;
    if (have == SystemKind::string) result = boolean_of(value.text);
    if (have == SystemKind::integer || have == SystemKind::decimal) {
      const base::Decimal number = have == SystemKind::integer ? base::Decimal(value.integer) : value.decimal;
      if (number == base::Decimal(1)) result = true;
      if (number.is_zero()) result = false;
    }
    if (result) value.boolean = *result;
    return result.has_value();
  }
  case SystemKind::integer: {
    const bool was_long = have == SystemKind::integer && value.is_long;
    value.is_long = op.code == Code::to_long || op.code == Code::converts_to_long;
    if (have == SystemKind::integer) return value.is_long || !was_long || as_int32(value.integer);
    std::optional<int64_t> result;
    if (have == SystemKind::boolean) result = value.boolean ? 1 : 0;
    if (have == SystemKind::string) result = integer_of(value.text);
    if (result && !value.is_long && !as_int32(*result)) return false;
    if (result) value.integer = *result;
    return result.has_value();
  }
  case SystemKind::decimal: {
    if (have == SystemKind::decimal) return true;
    std::optional<base::Decimal> result;
    if (have == SystemKind::integer) result = base::Decimal(value.integer);
    if (have == SystemKind::boolean) result = base::Decimal::from_parts(value.boolean ? 10 : 0, 1);
    if (have == SystemKind::string) result = decimal_of(value.text);
    if (result) value.decimal = *result;
    return result.has_value();
  }
  case SystemKind::string: {
    if (have == SystemKind::string) return true;
    value.kind = have;
    const auto text = system_text(value);
    value.kind = SystemKind::string;
    if (text) value.text = m_arena.text(*text);
    return text.has_value();
  }
  case SystemKind::date: {
    if (have == SystemKind::date || have == SystemKind::date_time) {
      value.moment.kind = TemporalKind::date;
      value.moment.precision = std::min(value.moment.precision, Moment::day);
      value.moment.has_zone = false;
      return true;
    }
    if (have != SystemKind::string) return false;
    auto moment = Moment::parse(value.text, TemporalKind::date_time);
    if (!moment) return false;
    moment->kind = TemporalKind::date;
    moment->precision = std::min(moment->precision, Moment::day);
    moment->has_zone = false;
    value.moment = *moment;
    return true;
  }
  case SystemKind::date_time: {
    if (have == SystemKind::date || have == SystemKind::date_time) {
      value.moment.kind = TemporalKind::date_time;
      return true;
    }
    if (have != SystemKind::string) return false;
    const auto moment = Moment::parse(value.text, TemporalKind::date_time);
    if (moment) value.moment = *moment;
    return moment.has_value();
  }
  case SystemKind::time: {
    if (have == SystemKind::time) return true;
    if (have != SystemKind::string) return false;
    std::string_view text = value.text;
    if (!text.empty() && text[0] == 'T') text.remove_prefix(1);
    const auto moment = Moment::parse(text, TemporalKind::time);
    if (moment) value.moment = *moment;
    return moment.has_value();
  }
  case SystemKind::quantity: {
    std::optional<QuantityValue> result;
    if (have == SystemKind::quantity) result = value.quantity;
    if (have == SystemKind::integer && !value.is_long) result = QuantityValue{base::Decimal(value.integer), "1", false};
    if (have == SystemKind::decimal) result = QuantityValue{value.decimal, "1", false};
    if (have == SystemKind::boolean)
      result = QuantityValue{base::Decimal::from_parts(value.boolean ? 10 : 0, 1), "1", false};
    if (have == SystemKind::string) result = parse_quantity(value.text);
    if (!result) return false;
    if (op.count > 0 && (op.code == Code::to_quantity || op.code == Code::converts_to_quantity)) {
      const auto unit = text_argument(op, 0, frame);
      if (!unit) return false;
      const std::string_view word = calendar_word(*unit);
      const QuantityValue wanted{base::Decimal(1), word.empty() ? *unit : word, !word.empty()};
      const auto converted = value_in(*result, wanted);
      if (!converted) return false;
      result = QuantityValue{*converted, wanted.unit, wanted.calendar};
    }
    value.quantity = *result;
    return true;
  }
  case SystemKind::none: break;
  }
  return false;
}

void Running::convert(const Op& op, const Frame& frame) {
  Item item;
  SystemValue value;
  if (op.code == Code::get_value) { // of many: nothing
    const size_t base = eval_input(op, frame);
    const bool has =
        m_stack.size() == base + 1 && to_system(m_stack[base], value) && value.kind != SystemKind::quantity;
    m_stack.resize(base);
    if (has) push_system(value);
    return;
  }
  if (!one_input(op, frame, item)) return;
  if (!to_system(item, value) && op.code != Code::to_quantity) return;
  if (op.code == Code::to_string && item.tag == Tag::node && !item.node().is_object())
    return push(Item::of(item.node().text())); // as written
  if (op.code == Code::to_quantity && item.tag == Tag::node && item.node().is_object()) {
    const fhir::Node node = item.node();
    if (node["comparator"]) fail(op, "a quantity with a comparator has no one value"); // R4: cannot be mapped
    if (node["system"].text() != "http://unitsofmeasure.org" || node["code"].text().empty()) return;
  }
  if (convert_to(target_of(op.code), value, op, frame)) push_system(value);
}

Tri Running::converts(const Op& op, const Frame& frame) {
  Item item;
  if (!one_input(op, frame, item)) return Tri::empty;
  SystemValue value;
  return tri(to_system(item, value) && convert_to(target_of(op.code), value, op, frame));
}

} // namespace xinglin::fhirpath
