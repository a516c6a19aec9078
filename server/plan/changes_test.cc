// What one text of a plan changes of another.

#include "server/plan/changes.h"

#include "server/flatten/test_records.h"

#include <doctest/doctest.h>

using namespace xinglin;

namespace {

package::Plan parse(const std::string& text) {
  auto catalog = test::county_catalog();
  for (const char* id : {"doctor.signed", "doctor.rate"}) {
    auto& indicator = catalog.indicators[id];
    indicator.id = id;
    indicator.kind = package::IndicatorKind::count;
  }
  base::Issues issues;
  auto plan = package::parse_plan(text, "p.md", catalog, issues);
  CHECK_MESSAGE(!issues.has_errors(), issues.to_text());
  return plan;
}

/// One line a change: what section/title field: before → after.
std::string said(const std::string& before, const std::string& after) {
  std::string out;
  for (const auto& one : plan::changes_between(parse(before), parse(after)))
    out += std::string(plan::to_string(one.what)) + " " + one.section + "/" + one.title + " " + one.field + ": " +
           one.before + " > " + one.after + "\n";
  return out;
}

const std::string k_head = "# 计划\n- plan: p\n- org: bureau\n- period: 2023\n";
const std::string k_plan = k_head + R"(## 一
### 签约
- target: doctor.signed >= 12
- split: t1 7, t2 5
- owner: 基层科
- milestone: 2023-03 启动
### 迁建
- due: 2023-09-30
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = k_plan;
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("the same text changes nothing, a note of the revision neither") {
  CHECK(said(k_plan, k_plan).empty());
  CHECK(said(k_plan, with("## 一", "- revision: 2023-07-01 调整\n## 一")).empty());
}

TEST_CASE("each part of an entry is told with what it was and is") {
  CHECK(said(k_plan, with(">= 12", ">= 15")) == "changed 一/签约 target: ≥12 > ≥15\n");
  CHECK(said(k_plan, with("signed >= 12", "rate <= 12")) ==
        "changed 一/签约 indicator: doctor.signed > doctor.rate\nchanged 一/签约 target: ≥12 > ≤12\n");
  CHECK(said(k_plan, with("t1 7, t2 5", "t1 6, t2 6")) == "changed 一/签约 split: t1 7, t2 5 > t1 6, t2 6\n");
  CHECK(said(k_plan, with("基层科", "妇幼科")) == "changed 一/签约 owner: 基层科 > 妇幼科\n");
  CHECK(said(k_plan, with("2023-09-30", "2023-10")) == "changed 一/迁建 due: 2023-09-30 > 2023-10-31\n");
  CHECK(said(k_plan, with("### 迁建\n", "### 迁建\n- done: 2023-08-01\n")) == "changed 一/迁建 done:  > 2023-08-01\n");
  CHECK(said(k_plan, with("### 迁建", "## 二\n### 迁建")) == "changed 二/迁建 section: 一 > 二\n");
  CHECK(said(k_plan, with("# 计划", "# 新计划")) == "changed / title: 计划 > 新计划\n");
}

TEST_CASE("milestones are known by their words") {
  CHECK(said(k_plan, with("启动", "启动 √")) == "changed 一/签约 milestone: 2023-03-31 启动 > 2023-03-31 启动 √\n");
  CHECK(said(k_plan, with("2023-03 启动", "2023-04 启动")) ==
        "changed 一/签约 milestone: 2023-03-31 启动 > 2023-04-30 启动\n");
  CHECK(said(k_plan, with("2023-03 启动", "2023-03 招标")) ==
        "changed 一/签约 milestone:  > 2023-03-31 招标\nchanged 一/签约 milestone: 2023-03-31 启动 > \n");
}

TEST_CASE("entries that come and go") {
  CHECK(said(k_plan, with("### 迁建\n- due: 2023-09-30\n", "")) == "removed 一/迁建 :  > \n");
  CHECK(said(k_plan, k_plan + "### 新\n- target: doctor.rate + 2\n") == "added 一/新 :  > +2\n");
  // Two of the same name are told apart by their order.
  CHECK(said(k_plan + "### 迁建\n", k_plan + "### 迁建\n- owner: 规财科\n") == "changed 一/迁建 owner:  > 规财科\n");
  // Of a first text only what it brings.
  CHECK(plan::changes_between({}, parse(k_plan)).size() == 2);
}
