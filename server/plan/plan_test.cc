// The plan's language, what is proposed from prose, and a year from the loading of a plan to its end.

#include "server/package/plan.h"

#include "server/flatten/test_records.h"
#include "server/flatten/warehouse.h"
#include "server/plan/propose.h"
#include "server/plan/to_json.h"
#include "server/plan/track.h"

#include <doctest/doctest.h>

using namespace xinglin;
using base::Date;
using base::Period;
using base::Rational;
using package::IndicatorKind;

namespace {

package::Catalog catalog() {
  auto out = test::county_catalog();
  auto add = [&](const std::string& id, const std::string& zh, IndicatorKind kind, const std::string& sql,
                 package::PeriodKind period = package::PeriodKind::flow) -> package::Indicator& {
    auto& made = out.indicators[id];
    made.id = id;
    made.title = {zh, id};
    made.kind = kind;
    made.sql = sql;
    made.period = period;
    return made;
  };
  add("family_doctor.signed", "家庭医生签约人数", IndicatorKind::count,
      "select org, subject, record, visited_on as happened from visit");
  add("family_doctor.sign_rate", "家庭医生签约率", IndicatorKind::proportion,
      "select org, subject, record, visited_on as happened, cured as hit from visit");
  add("maternal.deaths", "孕产妇死亡数", IndicatorKind::count,
      "select org, subject, record, visited_on as happened from visit where grade = 9");
  add("childcare.places_per_1000", "每千人口托位数", IndicatorKind::mean,
      "select org, subject, record, visited_on as happened, cost as value from visit");
  add("childcare.provincial_inclusive", "省级普惠托育机构数", IndicatorKind::count,
      "select org, subject, record, admitted_on as since, discharged_on as until from stay",
      package::PeriodKind::stock);
  add("quality.public_ownership_rate", "村卫生室公有产权率", IndicatorKind::proportion,
      "select org, subject, record, visited_on as happened, cured as hit from visit");
  return out;
}

constexpr const char* k_head = "# 二三年计划\n- plan: year\n- org: bureau\n- period: 2023\n";

package::Plan parse(const std::string& text, base::Issues& issues) {
  static const auto known = catalog();
  return package::parse_plan(text, "year.md", known, issues);
}
package::Plan parse_good(const std::string& text) {
  base::Issues issues;
  auto out = parse(text, issues);
  CHECK_MESSAGE(!issues.has_errors(), issues.to_text());
  return out;
}
std::string messages(const std::string& text) {
  base::Issues issues;
  parse(text, issues);
  return issues.to_text();
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
Date day(const char* text) {
  return *Date::parse(text);
}

} // namespace

TEST_CASE("a plan is read") {
  auto plan = parse_good(R"(# 2023年工作计划
- plan: health_2023
- org: bureau
- period: 2023
- source: 县政府工作报告
- revision: 2023-07-01 调整签约目标

开头的话。

## 一、基层卫生
### 家庭医生签约
- target: family_doctor.sign_rate >= 25%
- owner: 基层科
- due: 2023-10
### 签约人数
- target: family_doctor.signed ≥ 1.2万
- split: h1 7000, h2 5000
### 托育机构
- target: childcare.provincial_inclusive + 2
### 孕产妇死亡
- target: maternal.deaths <= 1
## 二、项目
### 医院迁建
- owner: 规财科
- due: 2023-09-30
- milestone: 2023-03 启动招标 √
- milestone: 2023-06-20 开工
- done: 2023-09-01
)");
  CHECK(plan.id == "health_2023");
  CHECK(plan.source == "县政府工作报告");
  REQUIRE(plan.revisions.size() == 1);
  CHECK(plan.revisions[0].text == "调整签约目标");
  REQUIRE(plan.sections.size() == 2);
  const auto& entries = plan.sections[0].entries;
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].target->number == Rational(1) / Rational(4));
  CHECK(entries[0].due == day("2023-10-31"));
  CHECK(entries[0].owner == "基层科");
  CHECK(entries[1].target->number == Rational(12000));
  REQUIRE(entries[1].target->parts.size() == 2);
  CHECK(entries[1].target->parts[1].org == "h2");
  CHECK(entries[2].target->relation == package::PlanRelation::increase);
  CHECK(entries[3].target->relation == package::PlanRelation::at_most);
  const auto& task = plan.sections[1].entries.at(0);
  REQUIRE(task.milestones.size() == 2);
  CHECK(task.milestones[0].text == "启动招标");
  CHECK(task.milestones[0].is_confirmed);
  CHECK(!task.milestones[1].is_confirmed);
  CHECK(task.milestones[1].line == 27);
  CHECK(task.milestones[0].day == day("2023-03-31"));
  CHECK(task.done == day("2023-09-01"));
}

TEST_CASE("what is wrong with a plan is said with line and mend") {
  std::string head = k_head;
  CHECK(has(messages("- plan: a\n"), "no title"));
  CHECK(has(messages("# a\n"), "add the line '- plan: health_2024'"));
  CHECK(has(messages("# a\n- plan: A-b\n"), "is no id"));
  CHECK(has(messages("# a\n- orgs: b\n"), "year.md:2: error: 'orgs' is not known of a plan; did you mean 'org'?"));
  CHECK(has(messages(head + "## s\n- owner: a\n"), "put a '### ' heading above it"));
  CHECK(has(messages(head + "### e\n- target: family_doctor.sign >= 3\n"), "did you mean 'family_doctor.signed'?"));
  CHECK(has(messages(head + "### e\n- target: family_doctor.signed 3\n"), "is no target; write ID >= 25%"));
  CHECK(has(messages(head + "### e\n- target: family_doctor.sign_rate >= 25\n"),
            "year.md:6: error: family_doctor.sign_rate is a "
            "percentage; write the number with %"));
  CHECK(has(messages(head + "### e\n- target: family_doctor.sign_rate >= 25%\n- split: h1 30\n"),
            "year.md:7: error: family_doctor.sign_rate is a percentage; write the part of h1 with %, as in 30%"));
  CHECK(has(messages(head + "### e\n- due: 2023-13-01\n"), "is no day"));
  CHECK(has(messages(head + "### e\n- due: 2024-01-01\n"), "is not within 2023"));
  CHECK(has(messages(head + "### e\n- split: h1 2\n"), "write the target above it"));
  CHECK(has(messages(head + "### e\n- target: family_doctor.signed >= 10\n- split: h1 4, h2 5\n"),
            "warning: the breakdown of 'e' adds up to 9, the target is 10"));
  CHECK(has(messages(head + "### e\n- target: family_doctor.signed >= 10\n- target: family_doctor.signed >= 10\n"),
            "an entry has one target"));
  CHECK(has(messages(head + "### e\n- owner:\n"), "has nothing after the colon"));
  std::string many = head;
  for (size_t i = 0; i <= package::k_plan_entries_max; ++i)
    many += "### e\n";
  CHECK(has(messages(many), "more than 1000 entries"));
  std::string steps = head + "### e\n";
  for (size_t i = 0; i <= package::k_plan_milestones_max; ++i)
    steps += "- milestone: 2023-05 a\n";
  CHECK(has(messages(steps), "at most 100 milestones"));
  CHECK(has(messages(std::string(package::k_plan_bytes_max + 1, 'a')), "larger than"));
}

TEST_CASE("targets proposed from prose") {
  const auto known = catalog();
  auto said = [&](const std::string& prose) {
    std::string out;
    for (const auto& one : plan::propose(prose, known))
      out += plan::target_line(one).substr(10) + (one.unit.empty() ? "" : " " + one.unit) +
             (one.due.empty() ? "" : " by " + one.due) + (one.is_each ? " each" : "") + "\n";
    return out;
  };
  CHECK(said("力争签约率25%以上") == "family_doctor.sign_rate >= 25%\n");
  CHECK(said("每千人口托位数达5.0个") == "childcare.places_per_1000 >= 5.0 个\n");
  CHECK(said("新增省级普惠托育机构2家") == "childcare.provincial_inclusive + 2 家\n");
  CHECK(said("村卫生室公有产权率达75%") == "quality.public_ownership_rate >= 75%\n");
  CHECK(said("一街道一乡镇一普惠") == "childcare.provincial_inclusive >= 1 每街道、乡镇 each\n");
  CHECK(said("孕产妇死亡数控制在1例以内") == "maternal.deaths <= 1 例\n");
  CHECK(said("10月底前家庭医生签约率达到30%") == "family_doctor.sign_rate >= 30% by 10-31\n");
  CHECK(said("家庭医生签约人数不少于3.5万人") == "family_doctor.signed >= 3.5万 人\n");
  CHECK(said("力争签约率25%以上，每千人口托位数达5.0个；新增省级普惠托育机构2家。") ==
        "family_doctor.sign_rate >= 25%\nchildcare.places_per_1000 >= 5.0 个\nchildcare.provincial_inclusive + 2 家\n");
  // Nothing to bind to: for a person to say.
  CHECK(said("鼠密度下降到3%以下") == "ID <= 3%\n");
  CHECK(said("2023年10月召开会议，65岁以上老人体检") == "");
  CHECK(said("加强组织领导") == "");
  auto proposals = plan::propose("a\n\n力争签约率25%以上", known);
  REQUIRE(proposals.size() == 1);
  CHECK(proposals[0].line == 3);
  CHECK(proposals[0].clause == "力争签约率25%以上");
  fhir::JsonWriter json;
  plan::append_proposals(json, proposals);
  CHECK(has(json.take(), R"("line_of_plan":"- target: family_doctor.sign_rate >= 25%")"));
}

namespace {

/// Two years of visits: last year half of them by June, two thirds by September.
class Year {
public:
  Year() {
    commits.begin("2022-01-01").put(test::organization("bureau")).put(test::organization("h1", "bureau"));
    const char* days[] = {"2022-02-01", "2022-04-01", "2022-06-01", "2022-08-01", "2022-10-01", "2022-12-01"};
    for (const char* one : days)
      visit(one, true);
    stay("2022-03-01");
  }
  void visit(const std::string& happened, bool cured, int grade = 1) {
    commits.begin(happened).put(
        test::response("visit", "v" + std::to_string(++m_number), "Patient/p1", "h1",
                       {test::date_answer("visited_on", happened), test::boolean_answer("cured", cured),
                        test::integer_answer("grade", grade)}));
  }
  void stay(const std::string& from) {
    commits.begin(from).put(test::response("stay", "s" + std::to_string(++m_number), "Patient/p1", "h1",
                                           {test::date_answer("admitted_on", from)}));
  }
  std::vector<plan::EntryStanding> track(const package::Plan& plan, const char* today) {
    auto known = std::make_shared<const package::Catalog>(catalog());
    m_warehouse = std::make_unique<flatten::Warehouse>("", known);
    m_warehouse->apply(commits.batch(0, commits.commit()));
    m_warehouse->finish_build();
    m_engine = std::make_unique<indicator::Engine>(known, *m_warehouse);
    return plan::track(plan, *m_engine, day(today));
  }
  std::string states(const package::Plan& plan, const char* today) {
    std::string out;
    for (const auto& one : track(plan, today))
      out += std::string(plan::to_string(one.whole.state)) + " ";
    return out;
  }
  indicator::Engine& engine() { return *m_engine; }
  test::Commits commits;

private:
  int m_number = 0;
  std::unique_ptr<flatten::Warehouse> m_warehouse;
  std::unique_ptr<indicator::Engine> m_engine;
};

} // namespace

TEST_CASE("a year: states change as records arrive, by the season of last year") {
  Year year;
  auto plan = parse_good(std::string(k_head) + R"(## 一
### 签约人数
- target: family_doctor.signed >= 12
- split: h1 12
### 孕产妇死亡
- target: maternal.deaths <= 1
### 托育机构
- target: childcare.provincial_inclusive + 1
### 迁建
- due: 2023-09-30
- milestone: 2023-03-31 招标 √
- milestone: 2023-06-30 开工
)");
  // 1. January: nothing yet, and last year had nothing by then either.
  CHECK(year.states(plan, "2023-01-10") == "on_course on_course on_course on_course ");
  // 2. Mid-year: last year half had come by 30 June, so 6 of 12 are asked for; five are late, six on course.
  for (int i = 0; i < 5; ++i)
    year.visit("2023-05-0" + std::to_string(i + 1), true);
  auto june = year.track(plan, "2023-06-30");
  CHECK(june[0].whole.state == plan::State::late);
  CHECK(june[0].whole.expected == Rational(6));
  CHECK(june[0].whole.reason.zh == "截至2023年6月30日为5，去年同期已完成全年的50.0%，此时应达6（目标12），进度滞后。");
  CHECK(june[0].whole.reason.en ==
        "5 by 2023-06-30, last year 50.0% had come by this day, so 6 is asked for (target 12): late.");
  REQUIRE(june[0].whole.figure);
  CHECK(june[0].whole.figure->address.to_string().starts_with("family_doctor.signed@"));
  REQUIRE(june[0].parts.size() == 1);
  CHECK(june[0].parts[0].org == "h1");
  CHECK(june[0].parts[0].state == plan::State::late);
  fhir::JsonWriter json;
  plan::append_plan(json.begin_object(), {plan, {}, 1, {}}, june, day("2023-06-30"), year.engine().now());
  CHECK(has(json.end_object().take(), R"("late":2)"));
  year.visit("2023-06-02", true);
  // The institution that came last year came in March, so one more should have come by now.
  CHECK(year.states(plan, "2023-06-30") == "on_course on_course late on_course ");
  // A straight line would call six of twelve in the middle of August late as well; last year's season asks for eight.
  CHECK(year.track(plan, "2023-08-15")[0].whole.expected == Rational(8));
  // 3. A milestone that is past and not confirmed; a death within the limit, then one above it.
  year.visit("2023-07-01", true, 9);
  CHECK(year.states(plan, "2023-07-05") == "on_course on_course late late ");
  year.visit("2023-07-02", true, 9);
  auto july = year.track(plan, "2023-07-05");
  CHECK(july[1].whole.state == plan::State::missed);
  CHECK(july[1].whole.reason.zh == "截至2023年7月5日为2，已超过控制目标1。");
  // 4. Reached before the end; the stock one more than at the end of last year.
  for (int i = 0; i < 4; ++i)
    year.visit("2023-08-0" + std::to_string(i + 1), true);
  year.stay("2023-08-09");
  auto august = year.track(plan, "2023-08-10");
  CHECK(august[0].whole.state == plan::State::done);
  CHECK(august[0].whole.reason.zh == "截至2023年8月10日为12，已达到目标12。");
  CHECK(august[2].whole.state == plan::State::done);
  CHECK(august[2].whole.wanted == Rational(2));
  // 5. Past its day the task is missed, unless it was done.
  auto october = year.track(plan, "2023-10-01");
  CHECK(october[3].whole.state == plan::State::missed);
  CHECK(october[3].whole.reason.zh == "应于2023年9月30日前完成，尚未完成。");
  plan.sections[0].entries[3].done = day("2023-09-15");
  CHECK(year.track(plan, "2023-10-01")[3].whole.reason.zh == "已于2023年9月15日完成。");
}

TEST_CASE("rates, targets past their day, and what cannot be judged") {
  Year year;
  auto plan = parse_good(std::string(k_head) + R"(### 签约率
- target: family_doctor.sign_rate >= 60%
### 到期
- target: family_doctor.signed >= 3
- due: 2023-03-31
### 托位
- target: childcare.places_per_1000 >= 5
)");
  CHECK(year.states(plan, "2023-01-20") == "no_figure on_course no_figure ");
  year.visit("2023-02-03", true);
  year.visit("2023-02-04", false);
  // Last year the rate was 100 % by this day and at the end: nothing is left to come, so the target itself is asked
  // for.
  auto standings = year.track(plan, "2023-03-31");
  CHECK(standings[0].whole.state == plan::State::late);
  CHECK(standings[0].whole.reason.zh ==
        "截至2023年3月31日为50.0%，去年同期为100.0%、期末为100.0%，此时应达60.0%（目标60.0%），进度滞后。");
  // Last year all that came by the end of March had come on 1 February.
  CHECK(standings[1].whole.expected == Rational(3));
  CHECK(year.states(plan, "2023-04-01") == "late missed no_figure ");
  year.visit("2023-03-05", true);
  CHECK(year.states(plan, "2023-04-01") == "on_course done no_figure ");
  CHECK(year.track(plan, "2023-04-01")[1].whole.reason.zh == "截至2023年3月31日为3，达到目标3。");
}
