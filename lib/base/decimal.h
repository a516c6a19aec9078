#pragma once
// Exact numbers. Decimal keeps what was written (1.00 stays 1.00); Rational is what figures are computed in, so that a
// rate or a change is rounded once, at the end, from its exact value. No binary floating point anywhere in a figure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xinglin::base {

using Int128 = __int128;

/// coefficient × 10^-scale, |coefficient| < 10^38, 0 <= scale <= 37. Equality is of value (1.0 == 1.00).
class Decimal {
public:
  Decimal() = default;
  Decimal(int64_t whole) : m_coefficient(whole) {} // NOLINT(google-explicit-constructor): a whole number is a decimal
  static Decimal from_parts(Int128 coefficient, int scale);
  /// `-12.340`, `1e3`, `1.5E-2` (JSON number grammar). Empty when it is not one or does not fit; never rounds.
  static std::optional<Decimal> parse(std::string_view text);
  Int128 coefficient() const { return m_coefficient; }
  int scale() const { return m_scale; }
  /// Plain digits, scale kept: "1.00", "-0.5". Never an exponent.
  std::string to_string() const;
  bool is_zero() const { return m_coefficient == 0; }
  /// The same value without trailing zeros after the point.
  Decimal normalized() const;
  /// Exact; throws Refused(too_large) when the result does not fit 38 digits.
  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a, const Decimal& b);
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b);
  friend bool operator<(const Decimal& a, const Decimal& b);

private:
  Int128 m_coefficient = 0;
  int m_scale = 0;
};

enum class Rounding {
  half_up,
  truncate
}; // half_up: away from zero at the half (四舍五入); truncate: towards zero (截尾)

/// An exact fraction in lowest terms, denominator > 0. Throws Refused(too_large) on overflow of 128 bits.
class Rational {
public:
  Rational() = default;
  Rational(int64_t whole) : m_numerator(whole) {} // NOLINT(google-explicit-constructor)
  explicit Rational(const Decimal& value);
  static Rational of(Int128 numerator, Int128 denominator);
  Int128 numerator() const { return m_numerator; }
  Int128 denominator() const { return m_denominator; }
  bool is_zero() const { return m_numerator == 0; }
  bool is_negative() const { return m_numerator < 0; }
  Rational abs() const;
  /// Rounded to `digits` after the point (0..18), with exactly that scale.
  Decimal round(int digits, Rounding rounding = Rounding::half_up) const;
  /// Exact decimal if there is one within 18 digits, else rounded half up at 18.
  Decimal to_decimal() const;
  double to_double() const; ///< for charts only
  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  /// b must not be zero (assertion): callers decide what an empty denominator means.
  friend Rational operator/(const Rational& a, const Rational& b);
  friend bool operator==(const Rational& a, const Rational& b) = default;
  friend bool operator<(const Rational& a, const Rational& b);

private:
  Int128 m_numerator = 0;
  Int128 m_denominator = 1;
};

} // namespace xinglin::base
