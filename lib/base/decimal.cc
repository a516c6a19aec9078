#include "lib/base/decimal.h"

#include "lib/base/issue.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace xinglin::base {

namespace {

using Unsigned = unsigned __int128;

constexpr int k_digits_max = 38; ///< of a decimal's coefficient
constexpr int k_scale_max = 37;
constexpr int k_round_digits_max = 18;
constexpr Int128 k_int128_max = static_cast<Int128>(~Unsigned{0} >> 1);

constexpr std::array<Int128, k_digits_max + 1> k_powers_of_ten = [] {
  std::array<Int128, k_digits_max + 1> powers{};
  Int128 power = 1;
  for (int i = 0; i <= k_digits_max; ++i) {
    powers[static_cast<size_t>(i)] = power;
    if (i < k_digits_max) power *= 10;
  }
  return powers;
}();

Int128 power_of_ten(int exponent) {
  return k_powers_of_ten[static_cast<size_t>(exponent)];
}

[[noreturn]] void refuse_overflow() {
  throw Refused(Refusal::too_large, "too-costly",
                "A number does not fit in 38 digits; use a larger unit or fewer digits after the point.");
}

bool fits(Int128 coefficient) {
  Int128 limit = power_of_ten(k_digits_max);
  return coefficient < limit && coefficient > -limit;
}

Unsigned magnitude(Int128 value) {
  return value < 0 ? -static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
}

Int128 multiply(Int128 a, Int128 b) {
  Int128 product = 0;
  if (__builtin_mul_overflow(a, b, &product)) refuse_overflow();
  return product;
}

Int128 add(Int128 a, Int128 b) {
  Int128 sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) refuse_overflow();
  return sum;
}

Unsigned greatest_common_divisor(Unsigned a, Unsigned b) {
  while (b != 0) {
    Unsigned rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/// value × 10^by if that fits.
std::optional<Int128> scaled(Int128 value, int by) {
  if (by > k_digits_max) return value == 0 ? std::optional<Int128>(0) : std::nullopt;
  Int128 product = 0;
  if (__builtin_mul_overflow(value, power_of_ten(by), &product) || !fits(product)) return {};
  return product;
}

bool is_short(const Decimal& value) {
  constexpr int k_short_scale = 18;
  return value.scale() <= k_short_scale && value.coefficient() == static_cast<int64_t>(value.coefficient());
}

/// -1, 0, 1. Whole parts first, then the fractions brought to one scale, which always fit.
int compare(const Decimal& a, const Decimal& b) {
  if (is_short(a) && is_short(b)) { // OPTIMIZATION: at one scale both fit as they are; divisions are dear
    const int scale = std::max(a.scale(), b.scale());
    const Int128 left = a.coefficient() * power_of_ten(scale - a.scale());
    const Int128 right = b.coefficient() * power_of_ten(scale - b.scale());
    return left == right ? 0 : left < right ? -1 : 1;
  }
  Int128 whole_a = a.coefficient() / power_of_ten(a.scale());
  Int128 whole_b = b.coefficient() / power_of_ten(b.scale());
  if (whole_a != whole_b) return whole_a < whole_b ? -1 : 1;
  int scale = std::max(a.scale(), b.scale());
  Int128 fraction_a = a.coefficient() % power_of_ten(a.scale()) * power_of_ten(scale - a.scale());
  Int128 fraction_b = b.coefficient() % power_of_ten(b.scale()) * power_of_ten(scale - b.scale());
  return fraction_a == fraction_b ? 0 : fraction_a < fraction_b ? -1 : 1;
}

/// The sum if it fits at the larger of the two scales.
std::optional<Decimal> try_add(const Decimal& a, const Decimal& b) {
  int scale = std::max(a.scale(), b.scale());
  auto left = scaled(a.coefficient(), scale - a.scale());
  auto right = scaled(b.coefficient(), scale - b.scale());
  Int128 sum = 0;
  if (!left || !right || __builtin_add_overflow(*left, *right, &sum) || !fits(sum)) return {};
  return Decimal::from_parts(sum, scale);
}

std::optional<Decimal> try_multiply(const Decimal& a, const Decimal& b) {
  Int128 product = 0;
  int scale = a.scale() + b.scale();
  if (__builtin_mul_overflow(a.coefficient(), b.coefficient(), &product)) return {};
  for (; scale > k_scale_max && product % 10 == 0; --scale)
    product /= 10;
  if (scale > k_scale_max || !fits(product)) return {};
  return Decimal::from_parts(product, scale);
}

} // namespace

Decimal Decimal::from_parts(Int128 coefficient, int scale) {
  assert(scale >= 0 && scale <= k_scale_max && fits(coefficient));
  Decimal decimal;
  decimal.m_coefficient = coefficient;
  decimal.m_scale = scale;
  return decimal;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  size_t at = 0;
  auto is_digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  bool negative = at < text.size() && text[at] == '-';
  if (negative) ++at;
  Int128 coefficient = 0;
  bool too_large = false;
  auto take_digit = [&] {
    // Ten times a number that fits still fits in 128 bits only just below 1.7e37, so look before multiplying.
    if (coefficient >= power_of_ten(k_digits_max - 1))
      too_large = true;
    else
      coefficient = coefficient * 10 + (text[at] - '0');
    ++at;
  };
  if (!is_digit()) return {};
  if (text[at] == '0')
    ++at; // a leading zero stands alone
  else
    while (is_digit())
      take_digit();
  int64_t scale = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!is_digit()) return {};
    for (; is_digit(); ++scale)
      take_digit();
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    bool down = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (!is_digit()) return {};
    int64_t exponent = 0;
    for (; is_digit(); ++at)
      exponent = std::min<int64_t>(exponent * 10 + (text[at] - '0'), 1'000'000);
    scale -= down ? -exponent : exponent;
  }
  if (at != text.size() || too_large) return {};
  if (scale < 0) {
    auto whole = scaled(coefficient, static_cast<int>(-scale));
    if (!whole) return {};
    coefficient = *whole;
    scale = 0;
  }
  if (scale > k_scale_max) return {};
  return from_parts(negative ? -coefficient : coefficient, static_cast<int>(scale));
}

std::string Decimal::to_string() const {
  std::string digits;
  Unsigned rest = magnitude(m_coefficient);
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  while (digits.size() <= static_cast<size_t>(m_scale))
    digits.push_back('0');
  if (m_scale > 0) digits.insert(static_cast<size_t>(m_scale), 1, '.');
  if (m_coefficient < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Decimal Decimal::normalized() const {
  Decimal result = *this;
  for (; result.m_scale > 0 && result.m_coefficient % 10 == 0; --result.m_scale)
    result.m_coefficient /= 10;
  return result;
}

Decimal operator+(const Decimal& a, const Decimal& b) {
  auto sum = try_add(a, b);
  if (!sum) sum = try_add(a.normalized(), b.normalized()); // trailing zeros may be all that does not fit
  if (!sum) refuse_overflow();
  return *sum;
}

Decimal operator-(const Decimal& a, const Decimal& b) {
  return a + Decimal::from_parts(-b.m_coefficient, b.m_scale);
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  auto product = try_multiply(a, b);
  if (!product) product = try_multiply(a.normalized(), b.normalized());
  if (!product) refuse_overflow();
  return *product;
}

bool operator==(const Decimal& a, const Decimal& b) {
  return compare(a, b) == 0;
}
bool operator<(const Decimal& a, const Decimal& b) {
  return compare(a, b) < 0;
}

Rational::Rational(const Decimal& value) : Rational(of(value.coefficient(), power_of_ten(value.scale()))) {}

Rational Rational::of(Int128 numerator, Int128 denominator) {
  assert(denominator != 0);
  Unsigned top = magnitude(numerator);
  Unsigned bottom = magnitude(denominator);
  Unsigned common = greatest_common_divisor(top, bottom);
  top /= common;
  bottom /= common;
  constexpr auto k_limit = static_cast<Unsigned>(k_int128_max);
  if (top > k_limit || bottom > k_limit) refuse_overflow();
  Rational result;
  result.m_numerator = (numerator < 0) != (denominator < 0) ? -static_cast<Int128>(top) : static_cast<Int128>(top);
  result.m_denominator = static_cast<Int128>(bottom);
  return result;
}

Rational Rational::abs() const {
  return m_numerator < 0 ? of(-m_numerator, m_denominator) : *this;
}

Decimal Rational::round(int digits, Rounding rounding) const {
  assert(digits >= 0 && digits <= k_round_digits_max);
  auto divisor = static_cast<Unsigned>(m_denominator);
  Unsigned quotient = magnitude(m_numerator) / divisor;
  Unsigned rest = magnitude(m_numerator) % divisor;
  // Long division, a digit at a time. Ten times the rest may not fit in 128 bits, so it is made of doublings
  // (10r = 2(4r + r)), each of which is reduced at once: rest < divisor < 2^127 always holds.
  for (int i = 0; i < digits; ++i) {
    Unsigned digit = 0;
    Unsigned part = rest;
    auto plus = [&](Unsigned amount) {
      part += amount;
      if (part >= divisor) {
        part -= divisor;
        ++digit;
      }
    };
    auto twice = [&] {
      digit *= 2;
      plus(part);
    };
    twice();
    twice();
    plus(rest);
    twice();
    rest = part;
    if (quotient >= static_cast<Unsigned>(power_of_ten(k_digits_max - 1))) refuse_overflow();
    quotient = quotient * 10 + digit;
  }
  if (rounding == Rounding::half_up && rest * 2 >= divisor) ++quotient;
  auto coefficient = static_cast<Int128>(quotient);
  if (!fits(coefficient)) refuse_overflow();
  return Decimal::from_parts(m_numerator < 0 ? -coefficient : coefficient, digits);
}

Decimal Rational::to_decimal() const {
  // A fraction in lowest terms ends after as many digits as its denominator has factors of two or of five.
  Int128 rest = m_denominator;
  int twos = 0;
  int fives = 0;
  for (; rest % 2 == 0; ++twos)
    rest /= 2;
  for (; rest % 5 == 0; ++fives)
    rest /= 5;
  int digits = std::max(twos, fives);
  return round(rest == 1 && digits <= k_round_digits_max ? digits : k_round_digits_max);
}

double Rational::to_double() const {
  return static_cast<double>(m_numerator) / static_cast<double>(m_denominator);
}

Rational operator+(const Rational& a, const Rational& b) {
  // Over the least common denominator, to overflow as late as may be.
  auto common = static_cast<Int128>(greatest_common_divisor(magnitude(a.m_denominator), magnitude(b.m_denominator)));
  Int128 left = multiply(a.m_numerator, b.m_denominator / common);
  Int128 right = multiply(b.m_numerator, a.m_denominator / common);
  Int128 sum = add(left, right);
  // Only a factor of `common` can be left to cancel.
  Int128 last = static_cast<Int128>(greatest_common_divisor(magnitude(sum), magnitude(common)));
  if (sum == 0) return {};
  return Rational::of(sum / last, multiply(a.m_denominator / common, b.m_denominator / last));
}

Rational operator-(const Rational& a, const Rational& b) {
  Rational negative = b;
  negative.m_numerator = -negative.m_numerator;
  return a + negative;
}

Rational operator*(const Rational& a, const Rational& b) {
  if (a.is_zero() || b.is_zero()) return {};
  auto across = static_cast<Int128>(greatest_common_divisor(magnitude(a.m_numerator), magnitude(b.m_denominator)));
  auto down = static_cast<Int128>(greatest_common_divisor(magnitude(b.m_numerator), magnitude(a.m_denominator)));
  return Rational::of(multiply(a.m_numerator / across, b.m_numerator / down),
                      multiply(a.m_denominator / down, b.m_denominator / across));
}

Rational operator/(const Rational& a, const Rational& b) {
  assert(!b.is_zero());
  return a * Rational::of(b.m_denominator, b.m_numerator);
}

bool operator<(const Rational& a, const Rational& b) {
  if (a.is_negative() != b.is_negative()) return a.is_negative();
  // Both of one sign: compare magnitudes by their continued fractions, which never overflow.
  Unsigned top_a = magnitude(a.m_numerator);
  Unsigned bottom_a = magnitude(a.m_denominator);
  Unsigned top_b = magnitude(b.m_numerator);
  Unsigned bottom_b = magnitude(b.m_denominator);
  bool less = !a.is_negative(); // the answer if |a| < |b|
  while (true) {
    Unsigned whole_a = top_a / bottom_a;
    Unsigned whole_b = top_b / bottom_b;
    if (whole_a != whole_b) return (whole_a < whole_b) == less;
    Unsigned rest_a = top_a % bottom_a;
    Unsigned rest_b = top_b % bottom_b;
    if (rest_a == 0 || rest_b == 0) return rest_a == rest_b ? false : (rest_a == 0) == less;
    top_a = bottom_a; // a < b when bottom_a/rest_a > bottom_b/rest_b
    bottom_a = rest_a;
    top_b = bottom_b;
    bottom_b = rest_b;
    less = !less;
  }
}

} // namespace xinglin::base
