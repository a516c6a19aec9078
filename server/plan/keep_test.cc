// A plan among the records: kept, revised, shown as it was.

#include "server/plan/keep.h"

#include "lib/fhir/json.h"
#include "server/flatten/test_records.h"
#include "tests/support/data.h"

#include <doctest/doctest.h>

using namespace xinglin;

TEST_CASE("a plan is kept as Composition, Goal and Task, revised, and shown as of a commit") {
  test::TemporaryDirectory directory;
  store::Options options;
  options.directory = directory.path();
  auto store = store::Store::open(options);
  auto known = test::county_catalog();
  auto& signed_up = known.indicators["family_doctor.signed"];
  signed_up.id = "family_doctor.signed";
  signed_up.title = {"签约人数", "Signed up"};
  auto catalog = std::make_shared<const package::Catalog>(known);
  program::Program program(*store, catalog);
  store::Write bureau;
  bureau.kind = store::Write::Kind::update;
  bureau.type = "Organization";
  bureau.id = "bureau";
  bureau.json = test::organization("bureau");
  store->write({bureau});

  auto load = [&](const std::string& text) {
    base::Issues issues;
    auto plan = package::parse_plan(text, "p.md", *catalog, issues);
    REQUIRE_MESSAGE(!issues.has_errors(), issues.to_text());
    return plan::keep(plan, program, *store, {*base::Date::parse("2023-01-05"), "王科长", {}});
  };
  const std::string head = "# 计划\n- plan: health_2023\n- org: bureau\n- period: 2023\n";
  const std::string first = head + "## 一\n### 签约\n- target: family_doctor.signed >= 12\n### 迁建\n- owner: 规财科\n";
  auto receipt = load(first);
  CHECK(receipt.outcomes.size() == 3);
  auto snapshot = store->snapshot();
  auto goal = snapshot->read("Goal", "plan-health-2023-1");
  REQUIRE(goal);
  CHECK(fhir::Document::parse(goal->json).root()["target"].first()["detailString"].text() == "不低于12");
  auto task = snapshot->read("Task", "plan-health-2023-2");
  REQUIRE(task);
  CHECK(fhir::Document::parse(task->json).root()["status"].text() == "requested");
  REQUIRE(plan::kept_plans(*snapshot).size() == 1);
  CHECK(plan::kept_plans(*snapshot)[0].text == first);

  // Revised: one entry fewer, another target; what went is removed, the earlier text can still be had.
  load(head + "- revision: 2023-07-01 调整\n## 一\n### 签约\n- target: family_doctor.signed >= 15\n");
  auto now = store->snapshot();
  CHECK(now->read("Task", "plan-health-2023-2")->deleted);
  CHECK(plan::kept_plans(*now)[0].version == 2);
  CHECK(plan::kept_plans(*now)[0].text.find("15") != std::string::npos);
  CHECK(plan::kept_plans(*store->snapshot(receipt.commit))[0].text == first);

  // Its versions, newest first, with who kept them; nobody overwrites what they have not seen.
  const auto versions = plan::kept_versions(*now, "health_2023", 10);
  REQUIRE(versions.size() == 2);
  CHECK(versions[1].text == first);
  CHECK(versions[0].by == "王科长");
  CHECK(plan::kept_versions(*now, "health_2023", 1).size() == 1);
  CHECK(plan::kept_versions(*now, "health", 10).empty());
  base::Issues good;
  const auto late = package::parse_plan(first, "p.md", *catalog, good);
  CHECK_THROWS_AS(plan::keep(late, program, *store, {*base::Date::parse("2023-08-05"), {}, 1}), base::Refused);
  CHECK_THROWS_AS(plan::keep(late, program, *store, {*base::Date::parse("2023-08-05"), {}, 0}), base::Refused);
  CHECK(plan::kept_plans(*store->snapshot())[0].version == 2);

  // A program's plan holds until a version of it is kept; of an organisation that is not there it is nobody's.
  auto more = known;
  more.plans["health_2023"] = {"health_2023", "clinic", first, {"clinic/plans/health_2023.md", 1}};
  more.plans["house"] = {"house",
                         "clinic",
                         "# 修缮\n- plan: house\n- org: bureau\n- period: 2023\n### 甲\n",
                         {"clinic/plans/house.md", 1}};
  more.plans["lost"] = {
      "lost", "clinic", "# 丢\n- plan: lost\n- org: nobody\n- period: 2023\n### 甲\n", {"clinic/plans/lost.md", 1}};
  const auto in_force = plan::plans_in_force(*store->snapshot(), more);
  REQUIRE(in_force.size() == 2);
  CHECK(in_force[0].plan.id == "health_2023");
  CHECK(in_force[0].version == 2);
  CHECK(in_force[0].program.empty());
  CHECK(in_force[1].plan.id == "house");
  CHECK(in_force[1].version == 0);
  CHECK(in_force[1].program == "clinic");
  // A kept plan whose indicator is no longer declared is told so, and the others stand.
  more.indicators.erase("family_doctor.signed");
  const auto broken = plan::plans_in_force(*store->snapshot(), more);
  REQUIRE(broken.size() == 2);
  CHECK(broken[0].issues.has_errors());
  CHECK(broken[1].issues.empty());

  // An organisation that is not there is refused, and nothing of it is kept.
  base::Issues issues;
  auto other =
      package::parse_plan("# 计划\n- plan: other\n- org: nobody\n- period: 2023\n### 甲\n", "p.md", *catalog, issues);
  plan::check_organizations(other, "p.md", *store->snapshot(), issues);
  CHECK(issues.to_text() == "p.md:3: error: there is no organisation 'nobody'; register it or correct its id");
  CHECK_THROWS_AS(plan::keep(other, program, *store, {*base::Date::parse("2023-01-05"), {}, {}}), base::Refused);
  CHECK(plan::kept_plans(*store->snapshot()).size() == 1);
}
