// Arithmetic (http://hl7.org/fhirpath/N1/#math): exact in decimals; only exp, ln, log, sqrt and broken powers go
// through binary floating point, and give 15 digits.

#include "lib/base/issue.h"
#include "lib/fhirpath/quantity.h"
#include "lib/fhirpath/running.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace xinglin::fhirpath {
namespace {

using base::Decimal;
using base::Int128;
using base::Rational;

double to_double(const Decimal& value) {
  return std::strtod(value.to_string().c_str(), nullptr);
}

std::optional<Decimal> from_double(double value) {
  if (!std::isfinite(value)) return {};
  char text[64];
  std::snprintf(text, sizeof text, "%.15g", value);
  return Decimal::parse(text);
}

/// Towards zero.
Int128 whole(const Rational& value) {
  return value.numerator() / value.denominator();
}

Int128 floored(const Rational& value) {
  const Int128 down = whole(value);
  return value.is_negative() && down * value.denominator() != value.numerator() ? down - 1 : down;
}

Int128 ceiled(const Rational& value) {
  const Int128 down = whole(value);
  return !value.is_negative() && down * value.denominator() != value.numerator() ? down + 1 : down;
}

std::optional<int64_t> as_integer(Int128 value) {
  if (value > INT64_MAX || value < INT64_MIN) return {};
  return static_cast<int64_t>(value);
}

std::optional<Decimal> power(const Decimal& base, int64_t exponent) {
  Decimal result(1);
  for (int64_t i = 0; i < exponent; ++i)
    result = result * base;
  return result;
}

std::string_view verb(Code code) {
  switch (code) {
  case Code::add: return "added";
  case Code::subtract: return "subtracted";
  case Code::multiply: return "multiplied";
  default: return "divided";
  }
}

} // namespace

void Running::arithmetic(const Op& op, const Frame& frame) {
  SystemValue a;
  SystemValue b;
  const bool has_a = one_system(op, argument(op, 0), frame, a);
  const bool has_b = one_system(op, argument(op, 1), frame, b);
  if (op.code == Code::concatenate) { // the empty collection counts as an empty text
    const auto text = [&](bool has, const SystemValue& value) -> std::string_view {
      if (!has) return {};
      if (value.kind != SystemKind::string) fail(op, "& joins texts: use toString()");
      return value.text;
    };
    return push(Item::of(m_arena.joined({text(has_a, a), text(has_b, b)})));
  }
  if (!has_a || !has_b) return;
  try {
    if (a.kind == SystemKind::integer && b.kind == SystemKind::integer && op.code != Code::divide) {
      int64_t result = 0;
      bool overflow = false;
      switch (op.code) {
      case Code::add: overflow = __builtin_add_overflow(a.integer, b.integer, &result); break;
      case Code::subtract: overflow = __builtin_sub_overflow(a.integer, b.integer, &result); break;
      case Code::multiply: overflow = __builtin_mul_overflow(a.integer, b.integer, &result); break;
      default:
        if (b.integer == 0) return;
        if (b.integer == -1) { // the smallest integer has no opposite
          overflow = __builtin_sub_overflow(int64_t{0}, a.integer, &result);
          if (op.code == Code::mod) {
            result = 0;
            overflow = false;
          }
        } else {
          result = op.code == Code::div ? a.integer / b.integer : a.integer % b.integer;
        }
      }
      if (!overflow) push_integer(result, a.is_long || b.is_long);
      return;
    }
    if (a.is_number() && b.is_number()) {
      const Decimal x = a.number();
      const Decimal y = b.number();
      switch (op.code) {
      case Code::add: return push_decimal(x + y);
      case Code::subtract: return push_decimal(x - y);
      case Code::multiply: return push_decimal(x * y);
      default: break;
      }
      if (y.is_zero()) return;
      const Rational quotient = Rational(x) / Rational(y);
      if (op.code == Code::divide) return push_decimal(quotient.to_decimal());
      if (op.code == Code::div) {
        if (const auto result = as_integer(whole(quotient))) push(Item::of(*result));
        return;
      }
      return push_decimal((Rational(x) - Rational(y) * Rational::of(whole(quotient), 1)).to_decimal());
    }
    if (op.code == Code::add && a.kind == SystemKind::string && b.kind == SystemKind::string)
      return push(Item::of(m_arena.joined({a.text, b.text})));
    const bool sum = op.code == Code::add || op.code == Code::subtract;
    if (op.code == Code::add && a.kind == SystemKind::quantity && b.is_moment()) std::swap(a, b);
    if (sum && a.is_moment() && b.kind == SystemKind::quantity) {
      const std::string_view unit = calendar_unit(b.quantity);
      if (unit.empty())
        fail(op, "a date moves by years, months, weeks, days, hours, minutes or seconds, not by '" +
                     std::string(b.quantity.unit) + "'");
      if (a.moment.kind == TemporalKind::time && (unit == "year" || unit == "month" || unit == "week" || unit == "day"))
        fail(op, "a time of day moves by hours, minutes or seconds, not by " + std::string(unit) + "s");
      const Decimal& written = b.quantity.value;
      if (written.scale() == 0 && unit != "second") { // OPTIMIZATION: no fraction
        const auto times = as_integer(op.code == Code::subtract ? -written.coefficient() : written.coefficient());
        if (!times) return;
        if (const auto moved = add(a.moment, *times, unit)) push_moment(*moved);
        return;
      }
      Rational amount(written);
      if (op.code == Code::subtract) amount = Rational(0) - amount;
      std::string_view step = unit;
      if (unit == "second") { // below a second the fraction counts
        amount = amount * Rational(1000);
        step = "millisecond";
      }
      const auto whole_amount = as_integer(whole(amount));
      if (!whole_amount) return;
      if (const auto moved = add(a.moment, *whole_amount, step)) push_moment(*moved);
      return;
    }
    if ((a.kind == SystemKind::quantity || b.kind == SystemKind::quantity) && as_quantity(a) && as_quantity(b)) {
      std::string made;
      std::optional<QuantityValue> result;
      if (sum) {
        result = fhirpath::sum(a.quantity, b.quantity, op.code == Code::subtract);
      } else if (op.code == Code::multiply) {
        result = product(a.quantity, b.quantity, made);
      } else if (op.code == Code::divide) {
        result = quotient(a.quantity, b.quantity, made);
      } else { // div and mod are of numbers
        const auto x = as_number(a.quantity);
        const auto y = as_number(b.quantity);
        if (!x || !y) fail(op, "div and mod are of numbers");
        if (y->is_zero()) return;
        const Int128 times = whole(Rational(*x) / Rational(*y));
        if (op.code == Code::mod)
          return push_decimal((Rational(*x) - Rational(*y) * Rational::of(times, 1)).to_decimal().normalized());
        if (const auto integer = as_integer(times)) push(Item::of(*integer));
        return;
      }
      if (result) push_like(result->value, *result);
      return;
    }
  } catch (const base::Refused& refused) {
    if (refused.kind() == base::Refusal::too_large && m_arena.used() < k_bytes_made_max)
      return; // no such number: empty
    throw;
  }
  fail(op, "these two cannot be " + std::string(verb(op.code)));
}

void Running::negate(const Op& op, const Frame& frame) {
  SystemValue value;
  if (!one_system(op, op.input, frame, value)) return;
  switch (value.kind) {
  case SystemKind::integer: {
    int64_t result = 0;
    if (!__builtin_sub_overflow(int64_t{0}, value.integer, &result)) push_integer(result, value.is_long);
    return;
  }
  case SystemKind::decimal:
    return push_decimal(Decimal::from_parts(-value.decimal.coefficient(), value.decimal.scale()));
  case SystemKind::quantity:
    return push_like(Decimal::from_parts(-value.quantity.value.coefficient(), value.quantity.value.scale()),
                     value.quantity);
  default: fail(op, "only a number can be negative");
  }
}

void Running::math(const Op& op, const Frame& frame) {
  SystemValue value;
  const bool has = input_system(op, frame, value);
  SystemValue argument_value;
  bool has_argument = false;
  if (op.count > 0) has_argument = one_system(op, argument(op, 0), frame, argument_value);
  if (!has) return;
  const bool keeps_unit = op.code == Code::abs || op.code == Code::ceiling || op.code == Code::floor ||
                          op.code == Code::truncate || op.code == Code::round;
  if (!value.is_number() && !(keeps_unit && value.kind == SystemKind::quantity)) fail(op, "a number is wanted here");
  if (op.count > 0 && op.code != Code::round && !has_argument) return;
  if (has_argument && !argument_value.is_number()) fail(op, "a number is wanted as argument");
  try {
    if (op.code == Code::abs) {
      if (value.kind == SystemKind::integer) {
        if (value.integer != INT64_MIN) push_integer(value.integer < 0 ? -value.integer : value.integer, value.is_long);
        return;
      }
      const Decimal& number = value.kind == SystemKind::quantity ? value.quantity.value : value.decimal;
      const Decimal positive =
          Decimal::from_parts(number.coefficient() < 0 ? -number.coefficient() : number.coefficient(), number.scale());
      if (value.kind == SystemKind::quantity) return push_like(positive, value.quantity);
      return push_decimal(positive);
    }
    const Decimal number = value.kind == SystemKind::quantity ? value.quantity.value : value.number();
    const Rational exact(number);
    std::optional<Decimal> result;
    switch (op.code) {
    case Code::ceiling:
    case Code::floor:
    case Code::truncate: {
      const Int128 rounded = op.code == Code::ceiling ? ceiled(exact)
                             : op.code == Code::floor ? floored(exact)
                                                      : whole(exact);
      const auto integer = as_integer(rounded);
      if (!integer) return;
      if (value.kind == SystemKind::quantity) return push_like(Decimal(*integer), value.quantity);
      return push(Item::of(*integer));
    }
    case Code::round: {
      int64_t digits = 0;
      if (has_argument) {
        if (argument_value.kind != SystemKind::integer || argument_value.integer < 0)
          fail(op, "round() takes a number of digits that is not negative");
        digits = argument_value.integer;
      }
      constexpr int64_t k_digits_max = 18;
      const Decimal rounded =
          digits > k_digits_max || digits >= number.scale() ? number : exact.round(static_cast<int>(digits));
      if (value.kind == SystemKind::quantity) return push_like(rounded, value.quantity);
      return push_decimal(rounded);
    }
    case Code::sqrt:
      if (number < Decimal(0)) return;
      result = from_double(std::sqrt(to_double(number)));
      break;
    case Code::exp: result = from_double(std::exp(to_double(number))); break;
    case Code::ln:
      if (!(Decimal(0) < number)) return;
      result = from_double(std::log(to_double(number)));
      break;
    case Code::log: {
      const Decimal base = argument_value.number();
      if (!(Decimal(0) < number) || !(Decimal(0) < base) || base == Decimal(1)) return;
      result = from_double(std::log(to_double(number)) / std::log(to_double(base)));
      break;
    }
    case Code::power: {
      constexpr int64_t k_exact_exponent_max = 128;
      if (argument_value.kind == SystemKind::integer && argument_value.integer >= 0 &&
          argument_value.integer <= k_exact_exponent_max) {
        result = power(number, argument_value.integer);
        if (value.kind == SystemKind::integer && result) {
          if (const auto integer = as_integer(result->coefficient())) push(Item::of(*integer));
          return;
        }
      } else {
        result = from_double(std::pow(to_double(number), to_double(argument_value.number())));
      }
      break;
    }
    default: assert(false && "not a function of numbers");
    }
    if (result) push_decimal(*result);
  } catch (const base::Refused& refused) {
    if (refused.kind() != base::Refusal::too_large || m_arena.used() >= k_bytes_made_max) throw;
  }
}

void Running::totals(const Op& op, const Frame& frame) {
  const size_t base = eval_input(op, frame);
  const size_t size = m_stack.size() - base;
  if (size == 0) {
    return;
  }
  count(size);
  // With a primitive that has no value the result is not known.
  for (const Item& item : from(base))
    if (item.tag == Tag::twin) return m_stack.resize(base);
  SystemValue total;
  if (!to_system(m_stack[base], total)) fail(op, "simple values are wanted here");
  size_t best = base;
  for (size_t i = base + 1; i < base + size; ++i) {
    SystemValue value;
    if (!to_system(m_stack[i], value)) fail(op, "simple values are wanted here");
    if (op.code == Code::min || op.code == Code::max) {
      bool comparable = true;
      const auto result = order(value, total, comparable);
      if (!comparable) fail(op, "these have no order");
      if (result && (op.code == Code::min ? *result < 0 : *result > 0)) {
        total = value;
        best = i;
      }
      continue;
    }
    if (total.kind == SystemKind::integer && value.kind == SystemKind::integer) {
      if (__builtin_add_overflow(total.integer, value.integer, &total.integer)) return m_stack.resize(base);
      total.is_long = total.is_long || value.is_long;
    } else if (total.is_number() && value.is_number()) {
      total.decimal = total.number() + value.number();
      total.kind = SystemKind::decimal;
    } else if (total.kind == SystemKind::quantity && value.kind == SystemKind::quantity) {
      const auto other = value_in(value.quantity, total.quantity);
      if (!other) return m_stack.resize(base);
      total.quantity.value = total.quantity.value + *other;
    } else {
      fail(op, "numbers are wanted here");
    }
  }
  const Item chosen = m_stack[best];
  m_stack.resize(base);
  if (op.code == Code::min || op.code == Code::max) return push(chosen);
  if (op.code == Code::sum) return push_system(total);
  const Rational divisor(static_cast<int64_t>(size));
  if (total.kind == SystemKind::quantity)
    return push_quantity((Rational(total.quantity.value) / divisor).to_decimal(), total.quantity.unit,
                         total.quantity.calendar);
  if (!total.is_number()) fail(op, "numbers are wanted here");
  push_decimal((Rational(total.number()) / divisor).to_decimal());
}

void Running::boundary(const Op& op, const Frame& frame) {
  constexpr int64_t k_digits_default = 8;
  constexpr int64_t k_digits_max = 31;
  SystemValue value;
  const bool has = input_system(op, frame, value);
  std::optional<int64_t> digits;
  if (op.count > 0) digits = integer_argument(op, 0, frame);
  if (!has) return;
  const bool high = op.code == Code::high_boundary;
  if (value.is_moment()) {
    const int64_t full = value.kind == SystemKind::date ? 8 : value.kind == SystemKind::time ? 9 : 17;
    const int64_t wanted = digits.value_or(full);
    if (wanted < 0 || wanted > full) return;
    if (const auto moment = fhirpath::boundary(value.moment, static_cast<int>(wanted), high)) push_moment(*moment);
    return;
  }
  if (!value.is_number() && value.kind != SystemKind::quantity) return;
  const int64_t wanted = digits.value_or(k_digits_default);
  if (wanted < 0 || wanted > k_digits_max) return;
  try {
    const Decimal number = value.kind == SystemKind::quantity ? value.quantity.value : value.number();
    // Half a unit of the last written digit up or down; then rounded outwards to the wanted digits.
    const Decimal half = Decimal::from_parts(5, number.scale() + 1);
    const Decimal edge = high ? number + half : number - half;
    Int128 coefficient = edge.coefficient();
    int scale = edge.scale();
    for (; scale < wanted; ++scale) {
      if (__builtin_mul_overflow(coefficient, Int128{10}, &coefficient)) return;
    }
    for (; scale > wanted; --scale) {
      const Int128 rest = coefficient % 10;
      coefficient /= 10;
      if (high && rest > 0) ++coefficient;
      if (!high && rest < 0) --coefficient;
    }
    constexpr Int128 k_limit = Int128{1'000'000'000'000'000'000} * 1'000'000'000'000'000'000 * 100; // 38 digits
    if (coefficient >= k_limit || coefficient <= -k_limit) return;
    const Decimal result = Decimal::from_parts(coefficient, scale);
    if (value.kind == SystemKind::quantity) return push_quantity(result, value.quantity.unit, value.quantity.calendar);
    push_decimal(result);
  } catch (const base::Refused& refused) {
    if (refused.kind() != base::Refusal::too_large || m_arena.used() >= k_bytes_made_max) throw;
  }
}

void Running::moment_part(const Op& op, const Frame& frame) {
  SystemValue value;
  if (!input_system(op, frame, value)) return;
  if (value.kind == SystemKind::string && !convert_to(SystemKind::date_time, value, op, frame)) return;
  if (!value.is_moment()) return;
  Moment moment = value.moment;
  const bool is_time = moment.kind == TemporalKind::time;
  const auto part = [&](Moment::Precision precision, int64_t number) {
    if (moment.precision >= precision && (!is_time || precision >= Moment::hour)) push(Item::of(number));
  };
  switch (op.code) {
  case Code::year_of: return part(Moment::year, moment.years);
  case Code::month_of: return part(Moment::month, moment.months);
  case Code::day_of: return part(Moment::day, moment.days);
  case Code::hour_of: return part(Moment::hour, moment.hours);
  case Code::minute_of: return part(Moment::minute, moment.minutes);
  case Code::second_of: return part(Moment::second, moment.seconds);
  case Code::millisecond_of:
    if (moment.fraction_digits > 0) part(Moment::second, moment.nanoseconds / 1'000'000);
    return;
  case Code::timezone_offset_of: // in hours
    if (moment.has_zone) push_decimal((Rational(int64_t{moment.zone_minutes}) / Rational(60)).to_decimal());
    return;
  case Code::date_of:
    if (is_time) return;
    moment.kind = TemporalKind::date;
    moment.precision = std::min(moment.precision, Moment::day);
    moment.has_zone = false;
    return push_moment(moment);
  default: // time_of
    if (is_time || moment.precision < Moment::hour) return;
    moment.kind = TemporalKind::time;
    moment.has_zone = false;
    return push_moment(moment);
  }
}

void Running::precision(const Op& op, const Frame& frame) {
  SystemValue value;
  if (!input_system(op, frame, value)) return;
  if (value.is_moment()) return push(Item::of(int64_t{value.moment.digits()}));
  if (value.is_number()) return push(Item::of(int64_t{value.number().scale()}));
  fail(op, "precision() is of numbers, dates and times");
}

} // namespace xinglin::fhirpath
