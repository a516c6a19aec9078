#include "server/indicator/engine.h"

#include "server/flatten/test_records.h"
#include "server/flatten/warehouse.h"
#include "server/indicator/recount.h"

#include <doctest/doctest.h>

#include <set>
#include <thread>

using namespace xinglin;
using base::Period;
using base::Rational;
using indicator::Engine;
using package::Indicator;
using package::IndicatorKind;
using package::PeriodKind;
using test::Commits;

namespace {

/// The county with indicators of every kind over it.
class County {
public:
  County() : m_catalog(test::county_catalog()) {
    add("visits", IndicatorKind::count, "select org, subject, record, visited_on as happened from visit");
    add("patients", IndicatorKind::count, sql("visits")).count = "subjects";
    add("doctors", IndicatorKind::count, "select org, subject, record, visited_on as happened, doctor from visit")
        .count = "distinct doctor";
    add("cost", IndicatorKind::sum, "select org, subject, record, visited_on as happened, cost as value from visit");
    add("mean_cost", IndicatorKind::mean, sql("cost"));
    add("cure", IndicatorKind::proportion,
        "select org, subject, record, visited_on as happened, cured as hit from visit");
    add("weighted_cure", IndicatorKind::proportion,
        "select org, subject, record, visited_on as happened, cured as hit, grade as weight from visit");
    add("weighted_visits", IndicatorKind::count,
        "select org, subject, record, visited_on as happened, grade as weight from visit");
    add("inpatients", IndicatorKind::count,
        "select org, subject, record, admitted_on as since, discharged_on as until from stay", PeriodKind::stock);
    add("shares", IndicatorKind::sum,
        "select org, subject, record, admitted_on as since, discharged_on as until, share as value from stay",
        PeriodKind::stock);
    auto& income = add("income", IndicatorKind::sum,
                       "select org, subject, record, period_start as happened, amount as value from income");
    income.grain = package::Grain::returned;
    auto& rate = add("visit_rate", IndicatorKind::rate, sql("visits"));
    rate.population = "t.inpatients";
    rate.per = 1000;
    derived("cost_per_visit", "t.cost / t.visits");
    derived("mean_beds", "average(t.inpatients)");
    derived("bed_days", "days(t.inpatients)");
    derived("mixture", "greatest(t.visits, 3) - least(t.patients, 2) * 1.5 + -1");
    derived("of_derived", "t.cost_per_visit * 2");
    add("in_period", IndicatorKind::count,
        "select org, subject, record, visited_on as happened from visit where visited_on <= :first + 9 and visited_on "
        "<= :last");
  }
  Indicator& add(const std::string& name, IndicatorKind kind, const std::string& sql,
                 PeriodKind period = PeriodKind::flow) {
    Indicator& made = m_catalog.indicators["t." + name];
    made.id = "t." + name;
    made.title = {"指标" + name, "Indicator " + name};
    made.kind = kind;
    made.period = period;
    made.sql = sql;
    made.place.file = "t/indicators/" + made.id + ".yml";
    return made;
  }
  Indicator& derived(const std::string& name, const std::string& expression) {
    Indicator& made = add(name, IndicatorKind::derived, "");
    made.derived = expression;
    return made;
  }
  std::string sql(const std::string& name) { return m_catalog.indicators["t." + name].sql; }
  package::Catalog& catalog() { return m_catalog; }

  Commits commits;
  Commits& visit(const std::string& id, const std::string& org, const std::string& day, const std::string& cost = "",
                 int grade = 1, bool cured = false, const std::string& patient = "p1",
                 const std::string& doctor = "d1") {
    std::vector<test::Answer> answers{test::date_answer("visited_on", day), test::integer_answer("grade", grade),
                                      test::boolean_answer("cured", cured), test::text_answer("doctor", doctor)};
    if (!cost.empty()) answers.push_back(test::decimal_answer("cost", cost));
    return commits.put(test::response("visit", id, "Patient/" + patient, org, answers));
  }
  Commits& stay(const std::string& id, const std::string& org, const std::string& from, const std::string& until = "",
                const std::string& share = "1") {
    std::vector<test::Answer> answers{test::date_answer("admitted_on", from), test::decimal_answer("share", share)};
    if (!until.empty()) answers.push_back(test::date_answer("discharged_on", until));
    return commits.put(test::response("stay", id, "Patient/p1", org, answers));
  }
  void orgs() {
    commits.begin("2022-12-01");
    commits.put(test::organization("bureau"))
        .put(test::organization("h1", "bureau"))
        .put(test::organization("h2", "bureau"));
    commits.put(test::organization("h1a", "h1"));
  }
  /// Builds what is new into the warehouse.
  Engine& engine() {
    if (!m_warehouse) {
      m_kept = std::make_shared<const package::Catalog>(m_catalog);
      m_warehouse = std::make_unique<flatten::Warehouse>("", m_kept);
      m_engine = std::make_unique<Engine>(m_kept, *m_warehouse);
    }
    if (m_applied < commits.commit()) {
      m_warehouse->apply(commits.batch(m_applied, commits.commit()));
      m_warehouse->finish_build();
      m_applied = commits.commit();
    }
    return *m_engine;
  }
  flatten::Warehouse& warehouse() {
    engine();
    return *m_warehouse;
  }
  std::string value(const std::string& name, const std::string& org, const std::string& period,
                    std::optional<store::CommitNumber> as_of = {}) {
    std::optional<indicator::AsOf> at;
    if (as_of) at = indicator::AsOf{engine().now().epoch, *as_of};
    const auto figure =
        engine().figure(name.find('.') == std::string::npos ? "t." + name : name, org, *Period::parse(period), at);
    return figure.value ? figure.value->to_decimal().normalized().to_string() : "none";
  }

private:
  package::Catalog m_catalog;
  std::shared_ptr<const package::Catalog> m_kept;
  std::unique_ptr<flatten::Warehouse> m_warehouse;
  std::unique_ptr<Engine> m_engine;
  store::CommitNumber m_applied = 0;
};

std::string refusal(const std::function<void()>& work, base::Refusal kind) {
  try {
    work();
  } catch (const base::Refused& refused) {
    CHECK(refused.kind() == kind);
    return refused.what();
  }
  FAIL("not refused");
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE(text);
  return found;
}

} // namespace

TEST_CASE("truth table: one small county, every kind") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1", "2023-01-01", "10.10", 3, true, "p1", "d1");
  county.visit("b", "h1", "2023-03-31", "20.20", 1, false, "p1", "d2");
  county.visit("c", "h1a", "2023-04-01", "", 2, true, "p2", "d1");
  county.visit("d", "h2", "2023-12-31", "0.70", 0, false, "p3", "d1");
  county.visit("e", "h2", "2022-12-31", "5", 1, true, "p1", "d1");
  county.commits.put(
      test::response("income", "i1", "Organization/h1", "h1", {test::decimal_answer("amount", "100.5")}, "2023-02"));

  struct Case {
    const char *indicator, *org, *period, *value;
  };
  for (const Case& each : {
           Case{"visits", "bureau", "2023", "4"},
           Case{"visits", "bureau", "2022", "1"},
           Case{"visits", "h1", "2023", "3"},
           Case{"visits", "h1a", "2023", "1"},
           Case{"visits", "h2", "2023", "1"},
           Case{"visits", "bureau", "2023Q1", "2"},
           Case{"visits", "bureau", "2023H1", "3"},
           Case{"visits", "bureau", "2023-04", "1"},
           Case{"visits", "bureau", "2023-03-31..2023-04-01", "2"},
           Case{"visits", "bureau", "2024", "0"},
           Case{"patients", "bureau", "2023", "3"},
           Case{"patients", "h1", "2023", "2"},
           Case{"patients", "h1", "2023Q1", "1"},
           Case{"doctors", "bureau", "2023", "2"},
           Case{"doctors", "h2", "2023", "1"},
           Case{"doctors", "h2", "2024", "0"},
           Case{"cost", "bureau", "2023", "31"},
           Case{"cost", "h1", "2023", "30.3"},
           Case{"cost", "h1a", "2023", "0"},
           Case{"cost", "bureau", "2024", "0"},
           Case{"mean_cost", "h1", "2023", "15.15"},
           Case{"mean_cost", "h1a", "2023", "none"},
           Case{"cure", "bureau", "2023", "0.5"},
           Case{"cure", "h2", "2023", "0"},
           Case{"cure", "h2", "2024", "none"},
           Case{"weighted_cure", "h1", "2023", "0.833333333333333333"},
           Case{"weighted_cure", "h2", "2023", "none"},
           Case{"weighted_visits", "bureau", "2023", "6"},
           Case{"income", "h1", "2023", "100.5"},
           Case{"income", "bureau", "2023-02", "100.5"},
           Case{"income", "h2", "2023", "none"},
           Case{"income", "h1", "2023-03", "none"},
           Case{"cost_per_visit", "h1", "2023", "10.1"},
           Case{"cost_per_visit", "h1", "2024", "none"},
           Case{"of_derived", "h1", "2023", "20.2"},
           Case{"mixture", "bureau", "2023", "0"},
           Case{"mixture", "h2", "2023", "0.5"},
           Case{"in_period", "bureau", "2023", "1"},
           Case{"in_period", "bureau", "2023-03-25..2023-04-01", "2"},
           Case{"in_period", "bureau", "2023Q2", "1"},
       })
    CHECK_MESSAGE(county.value(each.indicator, each.org, each.period) == each.value,
                  each.indicator << " " << each.org << " " << each.period);
}

TEST_CASE("a stock stands at the end of the period's last day") {
  County county;
  county.orgs();
  county.commits.begin();
  county.stay("a", "h1", "2023-01-01", "2023-01-10"); // there on the 1st to the 9th
  county.stay("b", "h1", "2023-01-10");               // still there
  county.stay("c", "h1", "2023-01-31", "2023-01-31"); // no day at all
  county.stay("d", "h1", "2022-12-31", "2024-01-01", "0.5");
  CHECK(county.value("inpatients", "h1", "2023-01-01..2023-01-09") == "2"); // a, d
  CHECK(county.value("inpatients", "h1", "2023-01-01..2023-01-10") == "2"); // b, d: on the day of `until` it is gone
  CHECK(county.value("inpatients", "h1", "2023-01") == "2");
  CHECK(county.value("inpatients", "h1", "2022") == "1");
  CHECK(county.value("inpatients", "h1", "2023") == "2");
  CHECK(county.value("inpatients", "h1", "2024") == "1");
  CHECK(county.value("inpatients", "h2", "2023") == "0");
  CHECK(county.value("shares", "h1", "2023") == "1.5");
  // Days: a 9, b 22, c 0, d 31.
  CHECK(county.value("bed_days", "h1", "2023-01") == "62");
  CHECK(county.value("mean_beds", "h1", "2023-01") == "2");
  CHECK(county.value("bed_days", "h1", "2023-01-09..2023-01-10") == "4"); // a 1, b 1, d 2
  CHECK(county.value("bed_days", "bureau", "2021") == "0");
  CHECK(county.value("days(t.shares)", "h1", "2023-01") == "46.5"); // 9 + 22 + 31 × 0.5
  CHECK(county.value("average(t.shares)", "h1", "2023-01") == "1.5");
  CHECK(county.value("visit_rate", "h1", "2023") == "0");
  CHECK(county.value("visit_rate", "h2", "2023") == "none"); // nobody to divide by
}

TEST_CASE("the same period of the year before, also from a leap day") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1", "2024-02-29");
  county.visit("b", "h1", "2023-02-28");
  county.visit("c", "h1", "2023-03-01");
  CHECK(county.value("visits", "h1", "2024-02-29..2024-02-29") == "1");
  const Period leap_day = *Period::parse("2024-02-29..2024-02-29");
  CHECK(county.value("visits", "h1", leap_day.last_year().to_string()) == "1"); // the 28th, not the 1st
  CHECK(county.value("visits", "h1", Period::parse("2024-02")->last_year().to_string()) == "1");
  CHECK(county.value("visits", "h1", Period::parse("2024-02")->previous().to_string()) == "0");
}

TEST_CASE("months and organisations add up to the whole") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1", "2023-01-31")
      .put(test::response("visit", "b", "Patient/p", "h1a", {test::date_answer("visited_on", "2023-02-01")}));
  county.visit("c", "h2", "2023-11-30");
  county.visit("d", "bureau", "2023-05-05");
  auto& engine = county.engine();
  const Period year = Period::year_of(2023);
  const auto months = engine.by_month("t.visits", "bureau", year);
  REQUIRE(months.size() == 12);
  Rational total = 0;
  for (const auto& month : months)
    total = total + *month.value;
  CHECK(total == Rational(4));
  CHECK(months[1].address.period.to_string() == "2023-02");
  CHECK(*months[1].value == Rational(1));
  CHECK(months[1].address.tree_date == "2023-12-31");

  const auto parts = engine.by_month("t.visits", "bureau", *Period::parse("2023-01-15..2023-02-03"));
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].address.period.to_string() == "2023-01-15..2023-01-31");
  CHECK(*parts[1].value == Rational(1));

  const auto children = engine.by_organization("t.visits", "bureau", year);
  REQUIRE(children.size() == 2);
  CHECK(children[0].address.org == "h1");
  CHECK(*children[0].value == Rational(2));
  CHECK(*children[1].value == Rational(1));
  CHECK(engine.by_organization("t.visits", "h2", year).empty());
}

TEST_CASE("an organisation that moved counts where it stood on the tree's day") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1a", "2023-02-01");
  county.visit("b", "h1a", "2023-08-01");
  county.commits.begin("2023-07-01").put(test::organization("h1a", "h2")); // entered on 1 July: holds from then
  CHECK(county.value("visits", "h1", "2023H1") == "1");
  CHECK(county.value("visits", "h2", "2023H1") == "0");
  CHECK(county.value("visits", "h2", "2023") == "2"); // by the tree of 31 December
  CHECK(county.value("visits", "h1", "2023") == "0");
  auto address = indicator::Address::parse("t.visits/h1@2023-06-30/2023");
  CHECK(*county.engine().figure(address).value == Rational(2)); // the year by the tree of June

  // Said to hold from an earlier day: trees from that day on show it, whenever it was entered.
  county.commits.begin("2023-09-01").put(test::organization("h1a", "bureau", "2023-03-01"));
  CHECK(county.value("visits", "h1", "2023H1") == "0");
  CHECK(county.value("visits", "h1", "2023Q1", 3) == "1");
  CHECK(county.value("visits", "bureau", "2023") == "2");
  // As of before the move was entered nobody knew of it.
  CHECK(county.value("visits", "h1", "2023", 2) == "2");
}

TEST_CASE("organisations all entered after the tree's day still have their first place") {
  County county;
  county.orgs(); // entered in December 2022
  county.commits.begin();
  county.visit("a", "h1a", "2019-02-01");
  CHECK(county.value("visits", "h1", "2019") == "1");
  CHECK(county.value("visits", "bureau", "2019") == "1");
}

TEST_CASE("a circle of organisations and a parent that is not there do no harm") {
  County county;
  county.orgs();
  county.commits.begin()
      .put(test::organization("x", "y"))
      .put(test::organization("y", "x"))
      .put(test::organization("z", "nowhere"));
  county.visit("a", "x", "2023-02-01");
  county.visit("b", "z", "2023-02-01");
  CHECK(county.value("visits", "x", "2023") == "1");
  CHECK(county.value("visits", "y", "2023") == "1");
  CHECK(county.value("visits", "z", "2023") == "1");
  CHECK(county.engine().organizations().size() == 7);
}

TEST_CASE("trace gives the rows, their order and a digest that only they decide") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("b", "h1", "2023-01-02", "2.50");
  county.visit("a", "h1a", "2023-01-02", "1.0");
  county.visit("c", "h1", "2023-01-01", "3", 2, true);
  auto& engine = county.engine();
  const auto trace = engine.trace(indicator::Address::parse("t.cost/h1/2023"));
  CHECK(*trace.figure.value == Rational::of(13, 2));
  CHECK(trace.figure.address.to_string() ==
        "t.cost@" + trace.figure.address.hash + "/h1@2023-12-31/2023/" + engine.now().to_string());
  CHECK(trace.definition == county.sql("cost"));
  REQUIRE(trace.rows.size() == 3);
  CHECK(trace.rows_total == 3);
  CHECK(trace.figure.rows == 3);
  CHECK(trace.rows[0].record == "QuestionnaireResponse/c");
  CHECK(trace.rows[1].record == "QuestionnaireResponse/a");
  CHECK(trace.rows[2].record == "QuestionnaireResponse/b");
  CHECK(trace.rows[1].org == "h1a");
  CHECK(trace.rows[1].happened == "2023-01-02");
  CHECK(*trace.rows[2].value == *base::Decimal::parse("2.5"));
  CHECK(engine.digest(trace.figure.address) == trace.digest);

  const auto cut = engine.trace(trace.figure.address, 1);
  CHECK(cut.rows.size() == 1);
  CHECK(cut.rows_total == 3);
  CHECK(cut.digest == trace.digest);

  // The same rows written in another order, and another number of noughts, have the same digest.
  County other;
  other.orgs();
  other.commits.begin();
  other.visit("c", "h1", "2023-01-01", "3.00", 2, true);
  other.commits.begin();
  other.visit("a", "h1a", "2023-01-02", "1");
  other.visit("b", "h1", "2023-01-02", "2.5");
  CHECK(other.engine().trace(indicator::Address::parse("t.cost/h1/2023")).digest == trace.digest);
  other.commits.begin();
  other.visit("b", "h1", "2023-01-02", "2.51");
  CHECK(other.engine().trace(indicator::Address::parse("t.cost/h1/2023")).digest != trace.digest);
}

TEST_CASE("the trace of a derived figure has its parts, and the rows of all of them once") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1", "2023-01-02", "10");
  county.visit("b", "h1", "2023-01-03", "5");
  county.stay("s", "h1", "2023-01-01", "2023-01-11");
  const auto trace = county.engine().trace(indicator::Address::parse("t.of_derived/h1/2023"));
  CHECK(*trace.figure.value == Rational(15));
  REQUIRE(trace.parts.size() == 1);
  CHECK(trace.parts[0].address.indicator == "t.cost_per_visit");
  CHECK(*trace.parts[0].numerator == Rational(15));
  CHECK(*trace.parts[0].denominator == Rational(2));
  CHECK(trace.rows_total == 4); // two of cost, two of visits
  CHECK(trace.rows[0].part == "t.cost");
  CHECK(trace.rows[3].part == "t.visits");
  CHECK(trace.figure.rows == 4);

  const auto beds = county.engine().trace(indicator::Address::parse("t.mean_beds/h1/2023-01"));
  REQUIRE(beds.parts.size() == 1);
  CHECK(beds.parts[0].address.indicator == "average(t.inpatients)");
  CHECK(*beds.parts[0].numerator == Rational(10));
  REQUIRE(beds.rows.size() == 1); // there in the period, gone at its end
  CHECK(beds.rows[0].since == "2023-01-01");
  CHECK(beds.rows[0].until == "2023-01-11");
  CHECK(*county.engine().figure(beds.parts[0].address).value == Rational::of(10, 31));
}

TEST_CASE("figures as of a commit are what they were then") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1", "2023-01-02", "10");
  CHECK(county.value("cost", "h1", "2023") == "10");
  const auto before = county.engine().trace(indicator::Address::parse("t.cost/h1/2023"));
  county.commits.begin();
  county.visit("a", "h1", "2023-01-02", "11");
  county.visit("b", "h1", "2023-01-03", "4");
  county.commits.begin().remove("QuestionnaireResponse", "a");
  CHECK(county.value("cost", "h1", "2023") == "4");
  CHECK(county.value("cost", "h1", "2023", 3) == "15");
  CHECK(county.value("cost", "h1", "2023", 2) == "10");
  CHECK(county.value("cost", "h1", "2023", 1) == "0");
  CHECK(county.engine().trace(before.figure.address).digest == before.digest);

  const auto changes = county.engine().changes_between(before.figure.address, {0, 2}, {0, 4});
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].record == "QuestionnaireResponse/b");
  CHECK(changes[0].added);
  CHECK(changes[0].commit == 3);
  CHECK(changes[1].record == "QuestionnaireResponse/a");
  CHECK_FALSE(changes[1].added);
  CHECK(changes[1].commit == 4);
  const auto correction = county.engine().changes_between(before.figure.address, {0, 2}, {0, 3});
  REQUIRE(correction.size() == 3); // a: out and in again with another value; b: in
  CHECK(county.engine().changes_between(before.figure.address, {0, 3}, {0, 3}).empty());
}

TEST_CASE("a change that came by the tree names the organisation's commit") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1a", "2023-01-02", "10");
  county.commits.begin("2023-02-01").put(test::organization("h1a", "h2"));
  const auto changes = county.engine().changes_between(indicator::Address::parse("t.cost/h1/2023"), {0, 2}, {0, 3});
  REQUIRE(changes.size() == 1);
  CHECK_FALSE(changes[0].added);
  CHECK(changes[0].commit == 3);
}

TEST_CASE("findings say both sides") {
  County county;
  county.catalog().indicators["t.cost_per_visit"].agrees = {"t.visits / 2 = average(t.inpatients) within 5%",
                                                            "t.visits >= t.patients", "t.income <= t.cost",
                                                            "t.visits < 2", "t.visits = 1 within 1"};
  auto& returned = county.add("visits.returned", IndicatorKind::sum, county.sql("income"));
  returned.grain = package::Grain::returned;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h1", "2023-01-02", "10");
  county.visit("b", "h1", "2023-01-03", "10");
  county.stay("s", "h1", "2023-01-01", "2023-01-20");
  county.commits.put(
      test::response("visit", "lost", "Patient/p9", "", {test::date_answer("visited_on", "2023-01-05")}));
  auto& engine = county.engine();
  const auto findings = engine.findings({"t.of_derived", "t.visits"}, "h1", *Period::parse("2023-01"));
  std::set<std::string> codes;
  std::string all;
  for (const auto& finding : findings) {
    codes.insert(finding.code);
    all += finding.text.zh + finding.text.en + "\n";
  }
  // t.of_derived is made of cost and visits; the relations of cost_per_visit are asked for by itself.
  CHECK_FALSE(codes.contains("disagree"));
  const auto own = engine.findings({"t.cost_per_visit"}, "h1", *Period::parse("2023-01"));
  std::vector<std::string> texts;
  for (const auto& finding : own)
    if (finding.code == "disagree") texts.push_back(finding.text.zh + " " + finding.text.en);
  REQUIRE(texts.size() == 2);
  CHECK(contains(texts[0], "指标visits ÷ 2为1，平均指标inpatients为0.6：两者应当相等（允许相差5%）。"));
  CHECK(contains(texts[0],
                 "Indicator visits ÷ 2 is 1, average Indicator inpatients is 0.6: they should be equal (within 5%)."));
  CHECK(contains(texts[1], "前者应当小于后者"));
  CHECK(own[0].addresses[1].indicator == "average(t.inpatients)");
  CHECK(codes.contains("rows_without_organization"));
  CHECK(contains(all, "QuestionnaireResponse/lost"));
  CHECK_FALSE(codes.contains("grain_differs")); // nothing was returned

  county.commits.begin().put(
      test::response("income", "i", "Organization/h1", "h1", {test::decimal_answer("amount", "3")}, "2023-01"));
  bool differs = false;
  for (const auto& finding : county.engine().findings({"t.visits"}, "h1", *Period::parse("2023-01")))
    if (finding.code == "grain_differs") {
      differs = true;
      CHECK(finding.text.zh == "指标visits：按记录为2，按报表为3，两者不一致。");
      CHECK(finding.addresses.size() == 2);
    }
  CHECK(differs);
}

TEST_CASE("a period that cuts a month's return is found, for what is made of returns") {
  County county;
  county.commits.begin("2022-01-01").put(test::organization("h1"));
  county.commits.begin().put(
      test::response("income", "i", "Organization/h1", "h1", {test::decimal_answer("amount", "3")}, "2023-02"));
  auto& engine = county.engine();
  const auto cut = [&](const char* id, const char* period) {
    const auto findings = engine.findings({id}, "h1", *Period::parse(period));
    return std::count_if(findings.begin(), findings.end(), [](const auto& each) { return each.code == "return_cut"; });
  };
  CHECK(cut("t.income", "2023-02-01..2023-02-01") == 1); // the whole month's income stands there
  CHECK(cut("t.income", "2023-02-02..2023-02-28") == 1); // and none here
  CHECK(cut("t.income", "2023-01-31..2023-03-31") == 1);
  CHECK(cut("t.income", "2023-02-01..2023-03-31") == 0);
  CHECK(cut("t.income", "2023-02") == 0);
  CHECK(cut("t.income", "2023Q1") == 0);
  CHECK(cut("t.income", "2023") == 0);
  CHECK(cut("t.visits", "2023-02-01..2023-02-01") == 0); // counted record by record
}

TEST_CASE("rows of an organisation that is gone are counted nowhere, and found") {
  County county;
  county.orgs();
  county.commits.begin();
  county.visit("a", "h2", "2023-01-02", "10");
  county.visit("b", "h1", "2023-01-02", "10");
  county.commits.begin().remove("Organization", "h2");
  CHECK(county.value("visits", "bureau", "2023") == "1");
  CHECK(county.value("visits", "bureau", "2023", 2) == "2");
  const auto findings = county.engine().findings({"t.visits"}, "bureau", Period::year_of(2023));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].code == "rows_without_organization");
  CHECK(contains(findings[0].text.en, "counted nowhere: 1 (as"));
  CHECK(contains(findings[0].text.zh, "QuestionnaireResponse/a"));
  CHECK(county.engine().findings({"t.visits"}, "bureau", Period::year_of(2022)).empty());
}

TEST_CASE("an as-of may be given as a commit, an instant or a day") {
  County county;
  county.orgs(); // recorded on 2022-12-01, a second past midnight
  county.commits.begin("2023-05-01");
  county.visit("a", "h1", "2023-01-02");
  auto& engine = county.engine();
  const int64_t epoch = engine.now().epoch;
  CHECK(engine.resolve_as_of("1:7") == indicator::AsOf{1, 7});
  CHECK(engine.resolve_as_of("2022-11-30") == indicator::AsOf{epoch, 0});
  CHECK(engine.resolve_as_of("2022-12-01") == indicator::AsOf{epoch, 1});
  CHECK(engine.resolve_as_of("2023-04-30") == indicator::AsOf{epoch, 1});
  CHECK(engine.resolve_as_of("2023-05-01") == indicator::AsOf{epoch, 2});
  CHECK(engine.resolve_as_of("2023-05-01T00:00:01+08:00") == indicator::AsOf{epoch, 1});
  CHECK(engine.resolve_as_of("2023-04-30T16:00:02Z") == indicator::AsOf{epoch, 2});
}

TEST_CASE("refusals name the thing and the mend") {
  County county;
  county.orgs();
  auto& engine = county.engine();
  const Period year = Period::year_of(2023);
  using base::Refusal;
  CHECK(contains(refusal([&] { engine.figure("t.visit", "h1", year); }, Refusal::not_found), "did you mean t.visits?"));
  CHECK(contains(refusal([&] { engine.figure("t.visits", "h3", year); }, Refusal::not_found), "no organisation h3"));
  CHECK(
      contains(refusal([&] { engine.figure("t.visits", "burea", year); }, Refusal::not_found), "did you mean bureau?"));
  CHECK(contains(refusal([&] { engine.figure("average(t.visits)", "h1", year); }, Refusal::invalid), "stock"));
  CHECK(contains(refusal([&] { engine.figure("t.visits", "h1", year, indicator::AsOf{engine.now().epoch, 99}); },
                         Refusal::not_found),
                 "Commit 99 is not in the tables yet"));
  CHECK(contains(refusal([&] { engine.figure("t.visits", "h1", year, indicator::AsOf{9, 1}); }, Refusal::not_found),
                 "epoch"));
  CHECK(contains(refusal([&] { engine.figure("t.visits", "h1", Period::year_of(1899)); }, Refusal::malformed), "1900"));
  CHECK_NOTHROW(engine.figure("t.visits", "h1", Period::year_of(1900)));
  CHECK_NOTHROW(engine.figure("t.visits", "h1", Period::year_of(2200)));
  CHECK(contains(refusal([&] { engine.figure("t.visits", "h1", Period::year_of(2201)); }, Refusal::malformed), "2200"));
  const auto long_period = [](int days) {
    const auto first = *base::Date::parse("2001-01-01");
    return Period::range(first, first + (days - 1));
  };
  CHECK_NOTHROW(engine.figure("t.visits", "h1", long_period(indicator::k_period_days_max)));
  CHECK(contains(refusal([&] { engine.figure("t.visits", "h1", long_period(indicator::k_period_days_max + 1)); },
                         Refusal::malformed),
                 "3661 days"));
  CHECK(contains(refusal([&] { engine.figure(indicator::Address::parse("t.visits@abc/h1/2023")); }, Refusal::conflict),
                 "abc"));
  CHECK(contains(refusal([&] { engine.resolve_as_of("yesterday"); }, Refusal::malformed), "yesterday"));
}

TEST_CASE("what an author writes is checked when it is bound, and placed in his file") {
  County county;
  using base::Refusal;
  county.catalog().facts["f"] = {
      "f", "t", "select *,\n  nothing_there as x from visit where visited_on >= :first", {"t/facts/f.sql", 1}};
  county.catalog().facts["round"] = {"round", "t", "select * from about", {"t/facts/round.sql", 1}};
  county.catalog().facts["about"] = {"about", "t", "select * from round", {"t/facts/about.sql", 1}};
  county.add("unknown", IndicatorKind::count,
             "select org,\n  subjekt as subject, record, visited_on as happened from visit");
  county.add("after", IndicatorKind::count,
             "select org, :first as d, :last as e, subjekt as subject, record from visit");
  county.add("of_fact", IndicatorKind::count, "select org, subject, record, visited_on as happened from f");
  county.add("circle", IndicatorKind::count, "select org, subject, record, visited_on as happened from round");
  county.add("short", IndicatorKind::proportion,
             "select org, record, cast(visited_on as varchar) as happened from visit");
  county.add("inexact", IndicatorKind::sum,
             "select org, subject, record, visited_on as happened, cost / 3 as value from visit");
  county.add("missing", IndicatorKind::count, county.sql("visits")).count = "distinct room";
  county.add("unfit", IndicatorKind::mean, county.sql("cost")).count = "subjects";
  county.add("evil", IndicatorKind::count, "select 1) select 1; drop table w.visit; --");
  county.add("parameter", IndicatorKind::count,
             "select org, subject, record, visited_on as happened from visit where visited_on < :end");
  county.derived("self", "t.other + 1");
  county.derived("other", "t.self");
  county.orgs();
  auto& engine = county.engine();
  const auto issue_of = [&](const std::string& name) {
    try {
      engine.figure("t." + name, "h1", Period::year_of(2023));
    } catch (const base::Refused& refused) {
      CHECK(refused.kind() == Refusal::invalid);
      return refused.issues().front();
    }
    FAIL(name << " is not refused");
    return base::Issue{};
  };
  auto issue = issue_of("unknown");
  CHECK(issue.file == "t/indicators/t.unknown.sql");
  CHECK(issue.line == 2);
  CHECK(issue.column == 3);
  CHECK(contains(issue.text, "subjekt"));
  issue = issue_of("after"); // :first and :last before it on the line became longer
  CHECK(issue.line == 1);
  CHECK(issue.column == 38);
  issue = issue_of("of_fact");
  CHECK(issue.file == "t/facts/f.sql");
  CHECK(issue.line == 2);
  CHECK(issue.column == 3);
  CHECK(contains(issue_of("circle").text, "circle"));
  issue = issue_of("short");
  CHECK(contains(issue.text, "no column subject"));
  CHECK(contains(refusal([&] { engine.check("t.short"); }, Refusal::invalid),
                 "Column happened is VARCHAR; it must be DATE"));
  CHECK(contains(refusal([&] { engine.check("t.short"); }, Refusal::invalid), "no column hit"));
  CHECK(contains(issue_of("inexact").text, "not exact"));
  CHECK(contains(issue_of("missing").text, "distinct room"));
  CHECK(contains(issue_of("unfit").text, "count: subjects"));
  CHECK(contains(issue_of("parameter").text, ":end"));
  issue_of("evil");
  issue_of("self");
  CHECK(county.value("visits", "h1", "2023") == "0"); // the others stand
}

TEST_CASE("property: figures equal plain C++ over their rows, and as of a commit the snapshot of then") {
  for (uint32_t seed = 11; seed <= 13; ++seed) {
    County county;
    county.commits = test::random_history(seed, 70);
    auto& engine = county.engine();
    const auto catalog = std::make_shared<const package::Catalog>(county.catalog());
    const store::CommitNumber last = county.commits.commit();
    std::vector<std::string> ids;
    for (const auto& [id, indicator] : catalog->indicators)
      ids.push_back(id);
    for (const store::CommitNumber t : {last, last / 2, last / 5}) {
      flatten::Warehouse then("", catalog);
      then.load_snapshot(test::ScanSnapshot(county.commits, t), 0);
      const Engine of_then(catalog, then);
      for (const char* text : {"2022", "2023", "2023Q2", "2022-11", "2022-06-15..2023-02-03"})
        for (const char* org : {"bureau", "h1", "h2", "h1a"}) {
          const Period period = *Period::parse(text);
          const auto kept = engine.figures(ids, org, period, indicator::AsOf{0, t});
          // A snapshot knows no earlier tree; nothing moves into or out of these two.
          const bool same_tree = org == std::string("bureau") || org == std::string("h1a");
          std::vector<indicator::Figure> snapshot;
          if (same_tree) snapshot = of_then.figures(ids, org, period);
          std::map<std::string, indicator::Recount> totals;
          const auto count = [&](const Indicator& leaf) -> const indicator::Recount& {
            const auto [found, is_new] = totals.try_emplace(leaf.id);
            if (!is_new) return found->second;
            // Of a stock all rows that were there at some time of the period: those of its days.
            const bool by_days = leaf.period == PeriodKind::stock;
            auto address = kept[0].address;
            address.hash.clear();
            address.indicator = by_days ? "days(" + leaf.id + ")" : leaf.id;
            auto rows = engine.trace(address, 100000).rows;
            std::erase_if(rows, [&](const auto& row) { return row.part != address.indicator; });
            for (const auto& [each, part] : indicator::recount(leaf, rows, period))
              found->second.add(part);
            return found->second;
          };
          for (size_t i = 0; i < ids.size(); ++i) {
            const auto again = indicator::recounted_value(*catalog, catalog->indicators.at(ids[i]), period, count);
            CHECK_MESSAGE(again == kept[i].value,
                          ids[i] << " " << org << " " << text << " t=" << t << " seed " << seed);
            if (same_tree)
              CHECK_MESSAGE(snapshot[i].value == kept[i].value,
                            ids[i] << " " << org << " " << text << " t=" << t << " seed " << seed << " snapshot");
          }
        }
    }
  }
}

TEST_CASE("many threads ask while batches land, and each answer is of one commit") {
  County county;
  county.orgs();
  for (int i = 0; i < 40; ++i) { // each commit adds two visits of one patient: visits = 2 × patients of it
    county.commits.begin();
    county.visit("a" + std::to_string(i), "h1", "2023-01-02", "1", 1, false, "p" + std::to_string(i));
    county.visit("b" + std::to_string(i), "h2", "2023-01-03", "1", 1, false, "p" + std::to_string(i));
  }
  auto catalog = std::make_shared<const package::Catalog>(county.catalog());
  flatten::Warehouse warehouse("", catalog);
  warehouse.apply(county.commits.batch(0, 2));
  warehouse.finish_build();
  Engine engine(catalog, warehouse);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, asked{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r)
    readers.emplace_back([&] {
      while (!stop) {
        const auto figures = engine.figures({"t.visits", "t.patients", "t.cost"}, "bureau", Period::year_of(2023));
        const auto t = figures[0].address.as_of->commit;
        if (*figures[0].value != Rational(2 * (t - 1)) || *figures[1].value != Rational(t - 1) ||
            *figures[2].value != Rational(2 * (t - 1)))
          ++wrong;
        ++asked;
      }
    });
  for (store::CommitNumber t = 2; t < county.commits.commit(); ++t)
    warehouse.apply(county.commits.batch(t, t + 1));
  while (asked < 20)
    std::this_thread::yield();
  stop = true;
  for (auto& reader : readers)
    reader.join();
  CHECK(wrong == 0);
  CHECK(*engine.figure("t.visits", "bureau", Period::year_of(2023)).value == Rational(80));
}
