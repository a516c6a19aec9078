#include "lib/fhirpath/quantity.h"
#include "lib/fhirpath/ucum.h"

#include <doctest/doctest.h>

namespace {

using namespace xinglin;
using fhirpath::QuantityValue;

std::string in(const char* value, const char* from, const char* to) {
  const QuantityValue quantity{*base::Decimal::parse(value), from, false};
  const auto result = fhirpath::value_in(quantity, QuantityValue{base::Decimal(1), to, false});
  return result ? result->to_string() : "none";
}

} // namespace

TEST_CASE("UCUM: exact factors") {
  CHECK(in("1", "kg", "g") == "1000");
  CHECK(in("1", "[lb_av]", "g") == "453.59237");
  CHECK(in("12", "[in_i]", "cm") == "30.48");
  CHECK(in("1", "[gal_us]", "L") == "3.785411784");
  CHECK(in("1", "mm[Hg]", "Pa") == "133.322");
  CHECK(in("1", "kcal", "kJ") == "4.184");
  CHECK(in("5.5", "mmol/L", "umol/dL") == "550");
  CHECK(in("1", "g%", "g/L") == "10");
  CHECK(in("1", "a", "d") == "365.25");
  CHECK(in("1", "10*9/L", "10*6/mL") == "1");
  CHECK(in("1", "kg/m2", "g/cm2") == "0.1");
  CHECK(in("1", "m2.s-2", "J/kg") == "1");
  CHECK(in("3", "/min", "/h") == "180");
  CHECK(in("72", "{beats}/min", "/min") == "72");
  CHECK(in("2", "Kibit", "bit") == "2048");
  CHECK(in("1", "k[IU]", "[iU]") == "1000");
  CHECK(in("1", "(kg.m)/(s2)", "N") == "1");
}

TEST_CASE("UCUM: temperatures have an origin, logarithms none in common") {
  CHECK(in("37", "Cel", "K") == "310.15");
  CHECK(in("98.6", "[degF]", "Cel") == "37");
  CHECK(in("-40", "Cel", "[degF]") == "-40");
  CHECK(in("36500", "mCel", "Cel") == "36.5");
  CHECK(in("80", "[degRe]", "Cel") == "100");
  CHECK(in("7", "[pH]", "mol/l") == "none");
  CHECK(in("10", "dB", "B") == "1");
  std::string made;
  const QuantityValue warm{base::Decimal(37), "Cel", false};
  CHECK_FALSE(fhirpath::sum(warm, warm, false));
  CHECK_FALSE(fhirpath::product(warm, warm, made));
}

TEST_CASE("UCUM: what is no unit") {
  for (const char* code : {"", "lbs", "mg/", "(mg", "mg)", "kCel.m", "[degF]2", "kmin", "mg{x", "0", "m123", "/",
                           "k[lb_av]", "((((((((((((((((((((m))))))))))))))))))))"})
    CHECK_MESSAGE(!fhirpath::find_unit(code), code);
  CHECK_FALSE(fhirpath::find_unit("m" + std::string(fhirpath::k_unit_size_max, '.')));
  CHECK_FALSE(fhirpath::find_unit("Ym9")); // its factor does not fit
  CHECK(in("1", "lbs", "lbs") == "1");
  CHECK(in("1", "kg", "m") == "none");
}
