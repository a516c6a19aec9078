// Each contradiction the engine finds, with the sentence it says.

#include "server/flatten/test_records.h"
#include "server/flatten/warehouse.h"
#include "server/indicator/engine.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace xinglin;
using base::Period;
using package::Indicator;
using package::IndicatorKind;

namespace {

/// A bureau with a hospital; figures are amounts of the monthly return, told apart by month, so that a test can set
/// any.
class County {
public:
  County() : m_catalog(test::county_catalog()) {
    commits.begin("2022-01-01").put(test::organization("bureau")).put(test::organization("h1", "bureau"));
  }
  /// An indicator whose figure of 2023 is `value` (and of 2022 `before`), of the bureau.
  Indicator& figure(const std::string& id, const std::string& zh, const std::string& en, const std::string& value,
                    const std::string& before = {}, const std::string& more = {}) {
    auto& made = add(id, zh, en, IndicatorKind::sum);
    auto row = [&](const std::string& amount, int year) {
      return "select 'bureau' as org, 'Organization/bureau' as subject, 'QuestionnaireResponse/" + id +
             "' as record, date '" + std::to_string(year) + "-01-01' as happened, cast(" + amount +
             " as decimal(18,6)) as value" + more;
    };
    made.sql = row(value, 2023) + (before.empty() ? "" : " union all " + row(before, 2022));
    return made;
  }
  Indicator& derived(const std::string& id, const std::string& zh, const std::string& en,
                     const std::string& expression) {
    auto& made = add(id, zh, en, IndicatorKind::derived);
    made.derived = expression;
    return made;
  }
  Indicator& add(const std::string& id, const std::string& zh, const std::string& en, IndicatorKind kind) {
    auto& made = m_catalog.indicators[id];
    made.id = id;
    made.title = {zh, en};
    made.kind = kind;
    made.place.file = "t/indicators/" + id + ".yml";
    return made;
  }
  Indicator& at(const std::string& id) { return m_catalog.indicators.at(id); }

  /// "code: zh / en" of each finding, a line each.
  std::string findings(const std::vector<std::string>& ids) {
    auto catalog = std::make_shared<const package::Catalog>(m_catalog);
    flatten::Warehouse warehouse("", catalog);
    warehouse.apply(commits.batch(0, commits.commit()));
    warehouse.finish_build();
    indicator::Engine engine(catalog, warehouse, owes);
    std::string out;
    for (const auto& finding : engine.findings(ids, "bureau", Period::year_of(2023))) {
      CHECK(!finding.addresses.empty());
      out += finding.code + ": " + finding.text.zh + " / " + finding.text.en + "\n";
    }
    return out;
  }

  test::Commits commits;
  indicator::Owes owes;

private:
  package::Catalog m_catalog;
};

} // namespace

TEST_CASE("parts that are not the whole") {
  County county;
  county.figure("s.cases", "法定传染病", "Notifiable cases", "6555").agrees = {
      "s.cases = s.class_a + s.class_b + s.class_c"};
  county.figure("s.class_a", "甲类", "class A", "0");
  county.figure("s.class_b", "乙类", "class B", "2864");
  county.figure("s.class_c", "丙类", "class C", "3690");
  CHECK(county.findings({"s.cases"}) == "disagree: 法定传染病为6555，甲类 + 乙类 + 丙类为6554：两者应当相等。 / "
                                        "Notifiable cases is 6555, class A + class B + "
                                        "class C is 6554: they should be equal.\n");
  county.figure("s.class_a", "甲类", "class A", "1");
  CHECK(county.findings({"s.cases"}).empty());
}

TEST_CASE("births, birth rate and population that disagree") {
  County county;
  county.figure("p.births", "出生人口", "Births", "8474");
  county.figure("p.average", "年平均人口", "Average population", "713856");
  auto& rate = county.derived("p.birth_rate", "人口出生率", "Birth rate", "p.births / p.average * 1000");
  rate.decimals = 2;
  county.figure("p.birth_rate.returned", "人口出生率（报表）", "Birth rate (returned)", "9.12");
  CHECK(county.findings({"p.birth_rate"}) ==
        "grain_differs: 人口出生率：按记录为11.9，按报表为9.1，两者不一致。 / Birth rate: 11.9 from records but 9.1 by "
        "return.\n");
  // What was rounded by its author agrees as rounded.
  county.figure("p.average", "年平均人口", "Average population", "929167");
  CHECK(county.findings({"p.birth_rate"}).empty());
}

TEST_CASE("a rate and its two parts, from records and by return") {
  County county;
  county.figure("h.treated", "接受治疗", "Treated", "352");
  county.figure("h.living", "存活", "Living", "376");
  auto& rate = county.derived("h.rate", "治疗率", "Treatment rate", "h.treated / h.living");
  rate.shown = "percent";
  rate.decimals = 2;
  county.figure("h.rate.returned", "治疗率（报表）", "Treatment rate (returned)", "0.94");
  CHECK(county.findings({"h.rate"}) == "grain_differs: 治疗率：按记录为93.6%（352 ÷ 376），按报表为94%，两者不一致。 / "
                                       "Treatment rate: 93.6% (352 ÷ 376) from "
                                       "records but 94% by return.\n");
  county.figure("h.rate.returned", "治疗率（报表）", "Treatment rate (returned)", "0.9362");
  CHECK(county.findings({"h.rate"}).empty());
}

TEST_CASE("a volume that is returned, against what is on record") {
  County county;
  county.figure("h.visits", "总诊疗量", "Visits", "120").grain = package::Grain::returned;
  county.figure("h.visits.recorded", "总诊疗量（按记录）", "Visits on record", "118");
  const std::string said =
      "grain_differs: 总诊疗量：按记录为118，按报表为120，两者不一致。 / Visits: 118 from records but 120 by return.\n";
  CHECK(county.findings({"h.visits"}) == said);
  CHECK(county.findings({"h.visits.recorded", "h.visits"}) == said);
  // Where nobody keeps such records the return stands alone.
  county.at("h.visits.recorded").sql += " where false";
  CHECK(county.findings({"h.visits"}).empty());
  county.figure("h.visits.recorded", "总诊疗量（按记录）", "Visits on record", "120");
  CHECK(county.findings({"h.visits"}).empty());
  // What is not returned is compared with nothing.
  county.figure("h.visits", "总诊疗量", "Visits", "119").grain = package::Grain::record;
  CHECK(county.findings({"h.visits"}).empty());
}

TEST_CASE("a percentage above 100 where it cannot be") {
  County county;
  county.figure("m.under", "管理人数", "Managed", "521");
  county.figure("m.all", "患者数", "Patients", "500");
  auto& rate = county.derived("m.rate", "管理率", "Management rate", "m.under / m.all");
  rate.shown = "percent";
  CHECK(county.findings({"m.rate"}) == "share_over_whole: 管理率为104.2%（521 ÷ 500），部分不应大于整体。 / Management "
                                       "rate is 104.2% (521 ÷ 500): a part should "
                                       "not exceed its whole.\n");
  rate.exceeds = true; // the completion of a task may
  CHECK(county.findings({"m.rate"}).empty());
  auto& growth = county.derived("m.growth_of_it", "增幅", "Growth", "m.under / 200 - 1");
  growth.shown = "percent";
  CHECK(county.findings({"m.growth_of_it"}).empty());
  auto& survey = county.figure("m.survey", "满意率", "Satisfied", "1.02");
  survey.shown = "percent";
  CHECK(county.findings({"m.survey"}) ==
        "share_over_whole: 满意率为102.0%，部分不应大于整体。 / Satisfied is 102.0%: a part "
        "should not exceed its whole.\n");
}

TEST_CASE("a stated growth that the two values do not give") {
  County county;
  county.figure("r.referrals", "下转患者", "Referrals down", "153", "100");
  auto& growth = county.figure("r.referrals_growth", "下转患者增幅", "Growth of referrals", "0.5");
  growth.shown = "percent";
  CHECK(county.findings({"r.referrals_growth"}) ==
        "growth_differs: 下转患者增幅填报为50.0%，但下转患者由100到153，应为53.0%。 / Growth of referrals is stated as "
        "50.0%, but "
        "Referrals down went from 100 to 153, which is 53.0%.\n");
  county.figure("r.referrals_growth", "下转患者增幅", "Growth of referrals", "0.53").shown = "percent";
  CHECK(county.findings({"r.referrals_growth"}).empty());
}

TEST_CASE("own figures against those of the city") {
  County county;
  county.figure("i.total", "机构数", "Institutions", "1293").unit = {"间", "institutions"};
  county.figure("i.total.city", "全市机构数", "Institutions of the city", "1200").unit = {"间", "institutions"};
  CHECK(county.findings({"i.total"}) == "part_over_whole: 机构数为1293间，大于全市机构数1200间，部分不应大于整体。 / "
                                        "Institutions is 1293, more than Institutions of "
                                        "the city, 1200: a part should not exceed its whole.\n");
  county.figure("i.total.city", "全市机构数", "Institutions of the city", "4973");
  CHECK(county.findings({"i.total"}).empty());

  auto& rate = county.derived("d.per_1000", "千人口医师", "Doctors per 1,000", "i.total / 500");
  rate.better = "higher";
  rate.decimals = 2;
  county.figure("d.per_1000.city", "全市千人口医师", "Doctors per 1,000 of the city", "3.01").decimals = 2;
  county.figure("d.per_1000.city_rank", "千人口医师全市排名", "Rank", "1");
  CHECK(
      county.findings({"d.per_1000.city_rank"}) ==
      "rank_conflicts: 千人口医师全市排名为1，但千人口医师为2.59，不如全市千人口医师3.01，排名与数值矛盾。 / Rank is "
      "1, but "
      "Doctors per 1,000 is 2.59, worse than Doctors per 1,000 of the city, 3.01: the rank and the values disagree.\n");
  county.figure("d.per_1000.city_rank", "千人口医师全市排名", "Rank", "9");
  CHECK(county.findings({"d.per_1000.city_rank"}).empty());
}

TEST_CASE("rates by two populations that should be one") {
  County county;
  county.figure("p.permanent", "常住人口", "Permanent population", "3420000").unit = {"人", "persons"};
  county.figure("p.staff", "统计人口", "Population of the bulletin", "3342700").unit = {"人", "persons"};
  county.figure("d.doctors", "医师", "Doctors", "7354");
  county.figure("d.beds", "床位", "Beds", "9493");
  county.derived("d.doctors_rate", "千人口医师", "Doctors per 1,000", "d.doctors / p.staff * 1000");
  county.derived("d.beds_rate", "千人口床位", "Beds per 1,000", "1000 * (d.beds / p.permanent)");
  CHECK(county.findings({"d.doctors_rate", "d.beds_rate"}) ==
        "populations_differ: 千人口医师按统计人口3342700人计算，千人口床位按常住人口3420000人计算，人口口径不一致。 / "
        "Doctors per "
        "1,000 is by Population of the bulletin, 3342700; Beds per 1,000 is by Permanent population, 3420000: two "
        "populations that should be one.\n");
  CHECK(county.findings({"d.doctors_rate"}).empty());
  county.figure("p.staff", "活产", "Live births", "34000").unit = {"人", "persons"}; // meant to be something else
  CHECK(county.findings({"d.doctors_rate", "d.beds_rate"}).empty());
}

TEST_CASE("an organisation and those below it return the same thing") {
  County county;
  auto& income = county.add("t.income", "业务收入", "Income", IndicatorKind::sum);
  income.grain = package::Grain::returned;
  income.sql = "select org, subject, record, period_start as happened, amount as value from income";
  auto put = [&](const std::string& id, const std::string& org, const std::string& amount) {
    county.commits.begin("2023-06-30")
        .put(test::response("income", id, "Organization/" + org, org, {test::decimal_answer("amount", amount)},
                            "2023-01"));
  };
  put("a", "h1", "120");
  CHECK(county.findings({"t.income"}).empty());
  put("b", "bureau", "123");
  CHECK(county.findings({"t.income"}) ==
        "returned_twice: 业务收入：机构bureau自报123，其下级机构合计120，总数与分项不符；两者已相加，请只由一方上报。 "
        "/ Income: 机构bureau "
        "returned 123 itself and those below it 120 together, and the whole is not its parts; both are added, so only "
        "one "
        "side should return it.\n");
  put("b", "bureau", "120");
  CHECK(county.findings({"t.income"}) ==
        "returned_twice: "
        "业务收入：机构bureau自报120，其下级机构合计120，数字相同，被重复计算；两者已相加，请只由一方上报。 / Income: "
        "机构bureau returned 120 itself and those below it 120 together, the same thing twice; both are added, so only "
        "one "
        "side should return it.\n");
}

TEST_CASE("an organisation and those below it are each asked for a return of their own part") {
  County county;
  auto& income = county.add("t.income", "业务收入", "Income", IndicatorKind::sum);
  income.grain = package::Grain::returned;
  income.sql = "select org, subject, record, period_start as happened, amount as value from income";
  county.commits.put(test::organization("clinic", "h1")).put(test::organization("office", "h1"));
  const auto put = [&](const std::string& id, const std::string& org, const std::string& amount) {
    county.commits.begin("2023-06-30")
        .put(test::response("income", id, "Organization/" + org, org, {test::decimal_answer("amount", amount)},
                            "2023-01"));
  };
  put("a", "h1", "120");
  put("b", "clinic", "30");
  CHECK(county.findings({"t.income"}).find("returned_twice") == 0); // nobody is known to owe one
  std::vector<std::string> asked = {"h1", "clinic"};
  county.owes = [&](const package::Form& form, const std::string& org, base::Date day, store::CommitNumber as_of) {
    CHECK(form.id == "income");
    CHECK(day.to_string() == "2023-12-31");
    CHECK(as_of == county.commits.commit());
    return std::find(asked.begin(), asked.end(), org) != asked.end();
  };
  CHECK(county.findings({"t.income"}).empty());
  // What someone returns who is not asked stands in the hospital's return already.
  put("c", "office", "7");
  CHECK(county.findings({"t.income"}).find("机构h1自报120，其下级机构合计7，") != std::string::npos);
  // And what the bureau returns, who is not asked, is the whole of what those below it returned.
  put("d", "bureau", "150");
  CHECK(county.findings({"t.income"}).find("机构bureau自报150，其下级机构合计157，") != std::string::npos);
}

TEST_CASE("an authority above and our own records") {
  County county;
  county.figure("s.cases", "法定传染病", "Notifiable cases", "40650").authority = "upper:direct_report";
  const std::string sourced = ", '全市疫情年报' as source, date '2024-02-05' as issued, ";
  county.figure("s.cases.upper", "法定传染病（网络直报）", "Notifiable cases (direct report)", "40702", {},
                sourced + "cast(null as varchar) as note");
  CHECK(county.findings({"s.cases"}) ==
        "authority_differs: "
        "法定传染病：上级系统（direct_report）为40702（全市疫情年报，2024-02-05），本级记录为40650；尚无说明。 / "
        "Notifiable cases: 40702 by the authority's system (direct_report; 全市疫情年报，2024-02-05), 40650 from our "
        "records; "
        "not explained.\n");
  county.figure("s.cases.upper", "法定传染病（网络直报）", "Notifiable cases (direct report)", "40702", {},
                sourced + "'含外地转入52例' as note");
  CHECK(county.findings({"s.cases.upper"}).find("；说明：含外地转入52例。 / ") != std::string::npos);
  county.at("s.cases").authority = "own";
  CHECK(county.findings({"s.cases"}).empty());
}
