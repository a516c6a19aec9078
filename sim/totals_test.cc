#include "sim/totals.h"

#include "lib/base/issue.h"
#include "sim/spec.h"

#include <doctest/doctest.h>

using namespace xinglin;
using namespace xinglin::sim;

namespace {

std::shared_ptr<const package::Catalog> shipped() {
  static const auto k_catalog = [] {
    base::Issues issues;
    auto catalog = package::load("programs", issues);
    MESSAGE(issues.to_text());
    CHECK(!issues.has_errors());
    return catalog;
  }();
  return k_catalog;
}

std::string refusal(const std::string& text) {
  try {
    parse_totals(text, "t.yml", *shipped());
  } catch (const base::Refused& refused) {
    return refused.issues().to_text();
  }
  return "";
}

} // namespace

TEST_CASE("every make entry of the shipped programs is understood") {
  const auto specs = read_specs(*shipped());
  CHECK(specs.list.size() > 60);
  CHECK(specs.intervals.at("inpatient_stay").since == "admitted_on");
  CHECK(specs.intervals.at("bed").until == "closed");
}

TEST_CASE("the hospital's totals are read, and multiplied") {
  const auto totals = read_totals("sim/totals/hospital_2023.yml", *shipped(), 10);
  CHECK(totals.people.size() == 2);
  CHECK(totals.people[1].count == 240000);
  const auto find = [&](const std::string& id, int year) -> const Target& {
    for (const auto& target : totals.targets)
      if (target.asked == id && target.period == base::Period::year_of(year)) return target;
    FAIL(id);
    return totals.targets.front();
  };
  CHECK(find("hospital_ops.outpatient_visits", 2023).number == 622360);
  CHECK(find("immunization.vaccination_rate", 2023).of == 72170);
  CHECK(find("infection_control.waste_kg", 2023).sum == *base::Decimal::parse("9298"));
  const auto& beds = find("hospital_ops.average_registered_beds", 2023);
  CHECK(beds.kind == Target::Kind::stock_days);
  CHECK(beds.number == 221920);
  CHECK(beds.value == base::Rational(608));
}

TEST_CASE("mistakes in totals name line and mend") {
  const std::string head = "totals: t\ntotals_by_organization:\n  h:\n    2023:\n      ";
  CHECK(refusal(head + "hospital_ops.discharge: 5")
            .find("there is no indicator 'hospital_ops.discharge'; did you mean 'hospital_ops.discharges'?") !=
        std::string::npos);
  CHECK(refusal(head + "hospital_ops.discharges: 5.5").find("not a whole number") != std::string::npos);
  CHECK(refusal(head + "hospital_ops.discharges: -5").find("0 or more") != std::string::npos);
  CHECK(refusal(head + "immunization.vaccination_rate: 95").find("written hits/of") != std::string::npos);
  CHECK(refusal(head + "hospital_ops.bed_turnover: 9").find("state the figures it is made of") != std::string::npos);
  CHECK(refusal(head + "hospital_ops.average_registered_beds: 60.81").find("must be whole") != std::string::npos);
  CHECK(refusal("totals: t\ntotals_by_organization:\n  h:\n    2023-13: {}\n").find("'2023-13' is not a period") !=
        std::string::npos);
  CHECK(refusal("totals: t\nsum: 1\ntotals_by_organization: {}\n").find("unknown key 'sum'") != std::string::npos);
}
