#include "lib/base/decimal.h"

#include "lib/base/issue.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <string>
#include <vector>

namespace xinglin::base {
namespace {

Decimal decimal(std::string_view text) {
  auto value = Decimal::parse(text);
  REQUIRE_MESSAGE(value.has_value(), std::string(text));
  return *value;
}

std::string digits(char digit, int count) {
  return std::string(static_cast<size_t>(count), digit);
}

TEST_CASE("a decimal keeps what was written") {
  struct Row {
    const char* written;
    const char* printed;
  };
  for (auto [written, printed] : {Row{"0", "0"},
                                  {"-0", "0"},
                                  {"1.00", "1.00"},
                                  {"-12.340", "-12.340"},
                                  {"0.5", "0.5"},
                                  {"-0.05", "-0.05"},
                                  {"0.000", "0.000"},
                                  {"1e3", "1000"},
                                  {"1.5E-2", "0.015"},
                                  {"1.50e1", "15.0"},
                                  {"1.5e+4", "15000"},
                                  {"0e400", "0"}}) {
    CAPTURE(written);
    CHECK(decimal(written).to_string() == printed);
  }
}

TEST_CASE("what is not a JSON number is not a decimal") {
  for (const char* text :
       {"", "-", "+1", ".5", "5.", "01", "1e", "1e+", " 1", "1 ", "0x10", "1,000", "NaN", "--1", "1.2.3", "１"}) {
    CAPTURE(text);
    CHECK_FALSE(Decimal::parse(text).has_value());
  }
}

TEST_CASE("38 digits fit, 39 do not, and nothing is rounded") {
  std::string largest = digits('9', 38);
  CHECK(decimal(largest).to_string() == largest);
  CHECK(decimal("-" + largest).to_string() == "-" + largest);
  CHECK_FALSE(Decimal::parse("1" + digits('0', 38)).has_value());
  CHECK(decimal("0." + digits('0', 36) + "1").scale() == 37);
  CHECK_FALSE(Decimal::parse("0." + digits('0', 37) + "1").has_value());
  CHECK_FALSE(Decimal::parse("1e400").has_value());
  CHECK_FALSE(Decimal::parse("1e-400").has_value());
  CHECK_FALSE(Decimal::parse("1e99999999999999999999").has_value());
}

TEST_CASE("equality is of value, normalized drops trailing zeros only") {
  CHECK(decimal("1.0") == decimal("1.00"));
  CHECK(decimal("100").normalized().to_string() == "100");
  CHECK(decimal("100.100").normalized().to_string() == "100.1");
  CHECK(decimal("0.000").normalized().to_string() == "0");
  CHECK_FALSE(decimal("1.0") == decimal("1.001"));
  CHECK(decimal("-1.5") < decimal("-1.4"));
  CHECK(decimal("-0.5") < decimal("0.5"));
  CHECK_FALSE(decimal("0.5") < decimal("0.50"));
  // Scales so far apart that one common coefficient would not fit.
  CHECK(decimal("0." + digits('9', 37)) < decimal(digits('9', 38)));
}

TEST_CASE("decimal arithmetic is exact or refused") {
  CHECK((decimal("0.1") + decimal("0.2")).to_string() == "0.3");
  CHECK((decimal("1.00") - decimal("1")).to_string() == "0.00");
  CHECK((decimal("1.50") * decimal("-2.0")).to_string() == "-3.000");
  std::string largest = digits('9', 38);
  CHECK_THROWS_AS((void)(decimal(largest) + decimal("1")), Refused);
  CHECK_THROWS_AS((void)(decimal(largest) * decimal("2")), Refused);
  CHECK_THROWS_AS((void)(decimal(largest) + decimal("0.1")), Refused);
  CHECK((decimal(largest) + decimal("0.000")).to_string() == largest); // the zeros need not fit
  CHECK((decimal("1e-20") * decimal("10.0e-18")).to_string() == "0." + digits('0', 36) + "1");
  CHECK_THROWS_AS((void)(decimal("1e-20") * decimal("1e-20")), Refused);
  try {
    (void)(decimal(largest) + decimal("1"));
  } catch (const Refused& refused) {
    CHECK(refused.kind() == Refusal::too_large);
  }
}

TEST_CASE("decimal arithmetic agrees with 128-bit integers on random numbers") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    auto small = [&] { return static_cast<Int128>(static_cast<int64_t>(random())) >> (random() % 40); };
    int scale_a = static_cast<int>(random() % 10);
    int scale_b = static_cast<int>(random() % 10);
    Int128 a = small();
    Int128 b = small();
    Decimal x = Decimal::from_parts(a, scale_a);
    Decimal y = Decimal::from_parts(b, scale_b);
    Int128 at_nine_a = a;
    Int128 at_nine_b = b;
    for (int i = scale_a; i < 9; ++i)
      at_nine_a *= 10;
    for (int i = scale_b; i < 9; ++i)
      at_nine_b *= 10;
    REQUIRE((x + y == Decimal::from_parts(at_nine_a + at_nine_b, 9)));
    REQUIRE((x - y == Decimal::from_parts(at_nine_a - at_nine_b, 9)));
    REQUIRE((x < y) == (at_nine_a < at_nine_b));
    REQUIRE((x == y) == (at_nine_a == at_nine_b));
    REQUIRE((x * y).scale() <= scale_a + scale_b);
    REQUIRE(((x * y) == (y * x)));
    REQUIRE((decimal(x.to_string()) == x));
    REQUIRE(decimal(x.to_string()).scale() == x.scale());
  }
}

TEST_CASE("rounding: half up goes away from zero, truncation towards it") {
  struct Row {
    const char* value;
    int places;
    const char* half_up;
    const char* truncated;
  };
  for (auto [value, places, half_up, truncated] : {Row{"2.5", 0, "3", "2"},
                                                   {"-2.5", 0, "-3", "-2"},
                                                   {"2.4999", 0, "2", "2"},
                                                   {"-2.4999", 0, "-2", "-2"},
                                                   {"0.005", 2, "0.01", "0.00"},
                                                   {"-0.005", 2, "-0.01", "0.00"},
                                                   {"1.005", 2, "1.01", "1.00"},
                                                   {"99.995", 2, "100.00", "99.99"},
                                                   {"7", 2, "7.00", "7.00"},
                                                   {"-0.4", 0, "0", "0"}}) {
    CAPTURE(value);
    Rational exact{decimal(value)};
    CHECK(exact.round(places).to_string() == half_up);
    CHECK(exact.round(places, Rounding::truncate).to_string() == truncated);
  }
  CHECK(Rational::of(2, 3).round(4).to_string() == "0.6667");
  CHECK(Rational::of(-2, 3).round(4).to_string() == "-0.6667");
  CHECK(Rational::of(-2, 3).round(4, Rounding::truncate).to_string() == "-0.6666");
  CHECK(Rational::of(1, 3).round(18).to_string() == "0.333333333333333333");
}

TEST_CASE("rounding is exact where ten times the rest would not fit in 128 bits") {
  Int128 huge = static_cast<Int128>(~static_cast<unsigned __int128>(0) >> 1); // 2^127 - 1, prime
  CHECK(Rational::of(huge - 1, huge).round(18).to_string() == "1.000000000000000000");
  CHECK(Rational::of(huge - 1, huge).round(18, Rounding::truncate).to_string() == "0.999999999999999999");
  CHECK(Rational::of(huge / 2, huge).round(0).to_string() == "0");
  CHECK(Rational::of(huge / 2 + 1, huge).round(0).to_string() == "1");
  CHECK_THROWS_AS((void)Rational::of(huge, 1).round(0), Refused);
}

TEST_CASE("a fraction is in lowest terms with the sign above") {
  Rational r = Rational::of(6, -4);
  CHECK((r.numerator() == -3));
  CHECK((r.denominator() == 2));
  CHECK(r.is_negative());
  CHECK((r.abs() == Rational::of(3, 2)));
  CHECK((Rational::of(0, -7) == Rational(0)));
  CHECK(Rational::of(1, 8).to_decimal().to_string() == "0.125");
  CHECK(Rational::of(1, 3).to_decimal().to_string() == "0.333333333333333333");
  CHECK(Rational::of(200, 1).to_decimal().to_string() == "200");
  CHECK(Rational::of(1, 4).to_double() == doctest::Approx(0.25));
  CHECK((Rational(decimal("1.00")) == Rational(1)));
}

TEST_CASE("fraction arithmetic agrees with cross multiplication on random numbers") {
  std::mt19937_64 random(2);
  auto small = [&] { return static_cast<Int128>(static_cast<int32_t>(random())) >> (random() % 24); };
  auto positive = [&] { return static_cast<Int128>(random() % 1'000'000 + 1); };
  for (int round = 0; round < 20000; ++round) {
    Int128 a = small();
    Int128 b = positive();
    Int128 c = small();
    Int128 d = positive();
    Rational x = Rational::of(a, b);
    Rational y = Rational::of(c, d);
    REQUIRE((x + y == Rational::of(a * d + c * b, b * d)));
    REQUIRE((x - y == Rational::of(a * d - c * b, b * d)));
    REQUIRE((x * y == Rational::of(a * c, b * d)));
    if (c != 0) REQUIRE((x / y == Rational::of(a * d, b * c)));
    REQUIRE((x < y) == (a * d < c * b));
    REQUIRE_FALSE((x < x));
    // |rounded - exact| <= half a unit, and truncation never leaves zero behind.
    int places = static_cast<int>(random() % 7);
    Rational unit = Rational(1);
    for (int i = 0; i < places; ++i)
      unit = unit * Rational::of(1, 10);
    REQUIRE_FALSE((unit * Rational::of(1, 2) < (Rational(x.round(places)) - x).abs()));
    REQUIRE_FALSE((x.abs() < Rational(x.round(places, Rounding::truncate)).abs()));
  }
}

TEST_CASE("a fraction that does not fit is refused, comparison never is") {
  Int128 huge = static_cast<Int128>(~static_cast<unsigned __int128>(0) >> 1);
  Rational x = Rational::of(huge, 2);
  CHECK_THROWS_AS((void)(x * Rational(3)), Refused);
  CHECK_THROWS_AS((void)(x + Rational::of(1, 3)), Refused);
  CHECK((Rational::of(huge - 1, huge) < Rational::of(huge, huge - 1)));
  CHECK((Rational::of(-huge, huge - 1) < Rational::of(-(huge - 1), huge)));
  CHECK_FALSE((Rational::of(huge, 3) < Rational::of(huge, 3)));
}

TEST_CASE("a sum does not depend on the order of its parts") {
  std::vector<Rational> parts;
  for (int i = 1; i <= 30; ++i)
    parts.push_back(Rational::of(i % 2 ? i : -i, i % 7 + 1));
  Rational forward;
  for (const Rational& part : parts)
    forward = forward + part;
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(parts.begin(), parts.end(), random);
    Rational sum;
    for (const Rational& part : parts)
      sum = sum + part;
    CHECK((sum == forward));
  }
}

} // namespace
} // namespace xinglin::base
