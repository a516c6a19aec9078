#include "lib/fhirpath/quantity.h"

#include "lib/base/issue.h"
#include "lib/fhirpath/ast.h"
#include "lib/fhirpath/ucum.h"

#include <algorithm>
#include <array>
#include <functional>

namespace xinglin::fhirpath {
namespace {

using base::Rational;

struct CalendarUnit {
  std::string_view word;
  std::string_view ucum;
  int64_t millis;
};
// Without a date to count from, a year has 365 days and a month 30 (N1, "toQuantity" and "Date/Time Arithmetic"); of
// years and months among themselves a year is 12 months.
constexpr std::array<CalendarUnit, 8> k_calendar = {{{"year", "a", int64_t{365} * 86'400'000},
                                                     {"month", "mo", int64_t{30} * 86'400'000},
                                                     {"week", "wk", int64_t{7} * 86'400'000},
                                                     {"day", "d", 86'400'000},
                                                     {"hour", "h", 3'600'000},
                                                     {"minute", "min", 60'000},
                                                     {"second", "s", 1000},
                                                     {"millisecond", "ms", 1}}};

Rational seconds_of(std::string_view word) {
  for (const auto& one : k_calendar)
    if (one.word == word) return Rational::of(one.millis, 1000);
  return 0;
}

bool is_long_calendar(const QuantityValue& q) {
  return q.calendar && (q.unit == "year" || q.unit == "month");
}

/// Longer than a week: of a length that the calendar does not fix, or that no calendar has.
bool is_long(const QuantityValue& q) {
  return is_long_calendar(q) || (!q.calendar && (q.unit == "a" || q.unit == "mo"));
}

/// R4: a record's UCUM units of time stand for the calendar's as well.
QuantityValue in_calendar(QuantityValue q) {
  for (const auto& one : k_calendar)
    if (one.ucum == q.unit) {
      q.unit = one.word;
      q.calendar = true;
      return q;
    }
  return q;
}

/// How a unit stands to others: the unit itself, or the number of units of the calendar.
struct Measure {
  Rational factor = 1;
  Rational shift = 0;
  std::shared_ptr<const Unit> unit; ///< null: of the calendar
  Rational of(const base::Decimal& value) const { return Rational(value) * factor + shift; }
};

struct Measures {
  Measure a, b;
};

/// Both units over one base; empty when they have none in common.
std::optional<Measures> in_common(QuantityValue a, QuantityValue b) {
  if (a.calendar != b.calendar &&
      (is_long(a) || is_long(b))) { // a calendar's year or month and UCUM's have no relation
    if (a.calendar_too) a = in_calendar(a);
    if (b.calendar_too) b = in_calendar(b);
    if (a.calendar != b.calendar) return {};
  }
  Measures out;
  if (a.calendar && b.calendar) {
    if (is_long_calendar(a) && is_long_calendar(b)) { // in months
      out.a.factor = a.unit == "year" ? 12 : 1;
      out.b.factor = b.unit == "year" ? 12 : 1;
    } else {
      out.a.factor = seconds_of(a.unit);
      out.b.factor = seconds_of(b.unit);
    }
    return out;
  }
  const auto set = [](const QuantityValue& q, Measure& measure) {
    measure.unit = find_unit(ucum_code(q));
    if (!measure.unit) return false;
    measure.factor = measure.unit->factor;
    measure.shift = measure.unit->shift;
    return true;
  };
  if (!set(a, out.a) || !set(b, out.b) || out.a.unit->dimensions != out.b.unit->dimensions) return {};
  return out;
}

bool is_same_unit(const QuantityValue& a, const QuantityValue& b) {
  return a.unit == b.unit && a.calendar == b.calendar;
}

std::strong_ordering order(const Rational& a, const Rational& b) {
  if (a == b) return std::strong_ordering::equal;
  return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::strong_ordering order(const base::Decimal& a, const base::Decimal& b) {
  if (a == b) return std::strong_ordering::equal;
  return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
}

/// What `run` gives; empty when a number on the way does not fit.
template <typename Run> auto if_it_fits(Run run) -> decltype(run()) {
  try {
    return run();
  } catch (const base::Refused&) {
    return {};
  }
}

std::string product_unit(std::string_view a, std::string_view b) {
  if (a == "1") return std::string(b);
  if (b == "1") return std::string(a);
  return std::string(a) + "." + std::string(b);
}

std::string quotient_unit(std::string_view a, std::string_view b) {
  if (a == b) return "1";
  if (b == "1") return std::string(a);
  const bool compound = b.find_first_of("./") != std::string_view::npos;
  std::string out = a == "1" ? std::string() : std::string(a);
  out += '/';
  return compound ? out + "(" + std::string(b) + ")" : out + std::string(b);
}

QuantityValue with(const base::Decimal& value, const QuantityValue& unit) {
  QuantityValue out = unit;
  out.value = value;
  return out;
}

} // namespace

std::string_view ucum_code(const QuantityValue& quantity) {
  if (!quantity.calendar) return quantity.unit;
  for (const auto& one : k_calendar)
    if (one.word == quantity.unit) return one.ucum;
  return quantity.unit;
}

std::string_view calendar_unit(const QuantityValue& quantity) {
  if (quantity.calendar) return quantity.unit;
  if (const auto word = calendar_word(quantity.unit); !word.empty()) return word; // 1 'month'
  if (is_long(quantity) && !quantity.calendar_too) return {};
  for (const auto& one : k_calendar)
    if (one.ucum == quantity.unit) return one.word;
  return {};
}

std::optional<std::strong_ordering> compare(const QuantityValue& a, const QuantityValue& b) {
  if (is_same_unit(a, b)) return order(a.value, b.value);
  return if_it_fits([&]() -> std::optional<std::strong_ordering> {
    const auto both = in_common(a, b);
    if (!both) return {};
    return order(both->a.of(a.value), both->b.of(b.value));
  });
}

bool differ_in_kind(const QuantityValue& a, const QuantityValue& b) {
  if (a.calendar != b.calendar && (is_long(a) || is_long(b))) return false;
  const auto left = find_unit(ucum_code(a));
  const auto right = find_unit(ucum_code(b));
  return left && right && left->dimensions != right->dimensions;
}

size_t hash(const QuantityValue& quantity) {
  const auto of_text = [](const std::string& text) { return std::hash<std::string>()(text); };
  constexpr size_t k_time = 77; // years, months and seconds meet in more than one way: all times have one hash
  if (quantity.calendar) return k_time;
  try {
    const auto unit = find_unit(quantity.unit);
    if (!unit) return of_text(quantity.value.normalized().to_string() + std::string(quantity.unit));
    if (unit->dimensions.size() == 1 && unit->dimensions[0] == std::pair<std::string_view, int>("s", 1)) return k_time;
    const Rational value = Rational(quantity.value) * unit->factor + unit->shift;
    std::string dimensions;
    for (const auto& [name, power] : unit->dimensions)
      dimensions += std::string(name) + std::to_string(power);
    return of_text(value.to_decimal().normalized().to_string() + dimensions);
  } catch (const base::Refused&) {
    return 0;
  }
}

bool comparable(const QuantityValue& a, const QuantityValue& b) {
  return is_same_unit(a, b) || in_common(a, b).has_value();
}

std::optional<base::Decimal> value_in(const QuantityValue& a, const QuantityValue& b) {
  if (is_same_unit(a, b)) return a.value;
  return if_it_fits([&]() -> std::optional<base::Decimal> {
    const auto both = in_common(a, b);
    if (!both) return {};
    return ((both->a.of(a.value) - both->b.shift) / both->b.factor).to_decimal().normalized();
  });
}

std::optional<QuantityValue> sum(const QuantityValue& a, const QuantityValue& b, bool minus) {
  return if_it_fits([&]() -> std::optional<QuantityValue> {
    const auto both = in_common(a, b);
    if (!both || (both->a.unit && both->a.unit->is_special)) return {};
    const bool second_is_finer = both->b.factor < both->a.factor;
    QuantityValue unit = second_is_finer ? b : a;
    if (!both->a.unit && !unit.calendar) unit = in_calendar(unit);
    unit.calendar_too = a.calendar_too && b.calendar_too;
    const Rational factor = second_is_finer ? both->b.factor : both->a.factor;
    const Rational left = Rational(a.value) * both->a.factor;
    const Rational right = Rational(b.value) * both->b.factor;
    if (both->a.factor == both->b.factor) return with(minus ? a.value - b.value : a.value + b.value, unit);
    return with(((minus ? left - right : left + right) / factor).to_decimal().normalized(), unit);
  });
}

std::optional<base::Decimal> as_number(const QuantityValue& quantity) {
  if (quantity.calendar) return {};
  if (quantity.unit == "1") return quantity.value;
  return if_it_fits([&]() -> std::optional<base::Decimal> {
    const auto unit = find_unit(quantity.unit);
    if (!unit || !unit->is_number()) return {};
    return (Rational(quantity.value) * unit->factor).to_decimal().normalized();
  });
}

std::optional<QuantityValue> product(const QuantityValue& a, const QuantityValue& b, std::string& made) {
  return if_it_fits([&]() -> std::optional<QuantityValue> {
    for (const auto& [number, other] : {std::pair{&b, &a}, std::pair{&a, &b}}) {
      const auto times = as_number(*number);
      if (!times) continue;
      if (!other->calendar) {
        const auto unit = find_unit(other->unit);
        if (!unit || unit->is_special) return {};
      }
      return with(other->value * *times, *other);
    }
    if (a.calendar || b.calendar) return {}; // a year by something has no meaning
    const auto left = find_unit(a.unit);
    const auto right = find_unit(b.unit);
    if (!left || !right || left->is_special || right->is_special) return {};
    made = product_unit(a.unit, b.unit);
    return QuantityValue{a.value * b.value, made, false};
  });
}

std::optional<QuantityValue> quotient(const QuantityValue& a, const QuantityValue& b, std::string& made) {
  return if_it_fits([&]() -> std::optional<QuantityValue> {
    if (b.value.is_zero() || b.calendar) return {};
    if (!a.calendar) {
      const auto unit = find_unit(a.unit);
      if (!unit || unit->is_special) return {};
    }
    if (const auto divisor = as_number(b)) return with((Rational(a.value) / Rational(*divisor)).to_decimal(), a);
    const auto right = find_unit(b.unit);
    if (a.calendar || !right || right->is_special) return {};
    const auto left = find_unit(a.unit);
    if (left->dimensions == right->dimensions)
      return QuantityValue{(Rational(a.value) * left->factor / (Rational(b.value) * right->factor)).to_decimal(), "1",
                           false};
    made = quotient_unit(a.unit, b.unit);
    return QuantityValue{(Rational(a.value) / Rational(b.value)).to_decimal(), made, false};
  });
}

bool equivalent(const QuantityValue& a, const QuantityValue& b) {
  const int digits = std::min({a.value.scale(), b.value.scale(), 18});
  const std::string_view code_a = ucum_code(a); // of calendar and UCUM years and months the one stands for the other
  const std::string_view code_b = ucum_code(b);
  return if_it_fits([&] {
    if (code_a == code_b) return Rational(a.value).round(digits) == Rational(b.value).round(digits);
    const auto unit_a = find_unit(code_a);
    const auto unit_b = find_unit(code_b);
    if (!unit_a || !unit_b || unit_a->dimensions != unit_b->dimensions) return false;
    // In the unit of the less precisely written one, to its last digit.
    const Rational step_a = unit_a->factor * Rational(base::Decimal::from_parts(1, a.value.scale()));
    const Rational step_b = unit_b->factor * Rational(base::Decimal::from_parts(1, b.value.scale()));
    const bool first_is_finer = step_a < step_b;
    const base::Decimal& coarse = first_is_finer ? b.value : a.value;
    const Unit& unit = first_is_finer ? *unit_b : *unit_a;
    const Unit& fine_unit = first_is_finer ? *unit_a : *unit_b;
    const Rational fine = Rational(first_is_finer ? a.value : b.value) * fine_unit.factor + fine_unit.shift;
    const int scale = std::min(coarse.scale(), 18);
    return ((fine - unit.shift) / unit.factor).round(scale) == Rational(coarse).round(scale);
  });
}

std::string to_text(const QuantityValue& quantity) {
  std::string out = quantity.value.to_string() + " ";
  if (!quantity.calendar) return out + "'" + std::string(quantity.unit) + "'";
  out += quantity.unit;
  if (!(quantity.value == base::Decimal(1))) out += 's';
  return out;
}

std::optional<QuantityValue> parse_quantity(std::string_view text) {
  size_t end = 0;
  if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.'))
    ++end;
  std::string_view number = text.substr(0, end);
  if (!number.empty() && number[0] == '+') number.remove_prefix(1);
  const auto value = base::Decimal::parse(number);
  if (!value) return {};
  std::string_view rest = text.substr(end);
  if (rest.empty()) return QuantityValue{*value, "1", false};
  size_t blank = 0;
  while (blank < rest.size() && (rest[blank] == ' ' || rest[blank] == '\t'))
    ++blank;
  rest.remove_prefix(blank);
  if (rest.size() >= 2 && rest.front() == '\'' && rest.back() == '\'') {
    const std::string_view unit = rest.substr(1, rest.size() - 2);
    if (unit.empty() || unit.find('\'') != std::string_view::npos) return {};
    return QuantityValue{*value, unit, false};
  }
  if (blank == 0) return {};
  const std::string_view word = calendar_word(rest);
  if (word.empty()) return {};
  return QuantityValue{*value, word, true};
}

} // namespace xinglin::fhirpath
