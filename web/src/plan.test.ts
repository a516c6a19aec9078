import { describe, expect, it } from "vitest";
import { addEntries, addRevision, confirmMilestone, entryLines, markDone, newPlan, sectionsOf, type NewEntry } from "./plan";

const plan = "# 计划\n- plan: p\n- org: bureau\n- period: 2024\n\n## 一、基层\n### 签约\n- target: a.b >= 25%\n- milestone: 2024-03 启动\n\n## 二、项目\n### 迁建\n- owner: 规财科\n";
const entry: NewEntry = { title: "托育 机构", indicator: "c.d", relation: "increase", number: "2", owner: "妇幼科", due: "2024-10", split: [] };

describe("a plan's text", () => {
  it("takes an entry at the end of its section", () => {
    const text = addEntries(plan, "一、基层", [entry]);
    expect(text).toBe("# 计划\n- plan: p\n- org: bureau\n- period: 2024\n\n## 一、基层\n### 签约\n- target: a.b >= 25%\n- milestone: 2024-03 启动\n\n### 托育 机构\n- target: c.d + 2\n- owner: 妇幼科\n- due: 2024-10\n\n## 二、项目\n### 迁建\n- owner: 规财科\n");
    expect(sectionsOf(text)).toEqual(["一、基层", "二、项目"]);
  });
  it("makes a section that is not there, and the last one grows", () => {
    expect(addEntries(plan, "三、新", [entry]).endsWith("- owner: 规财科\n\n## 三、新\n\n### 托育 机构\n- target: c.d + 2\n- owner: 妇幼科\n- due: 2024-10\n")).toBe(true);
    expect(addEntries(plan, "二、项目", [entry]).endsWith("- owner: 规财科\n\n### 托育 机构\n- target: c.d + 2\n- owner: 妇幼科\n- due: 2024-10\n")).toBe(true);
    expect(addEntries(plan, "一、基层", [])).toBe(plan);
  });
  it("writes tasks without a target, and breakdowns", () => {
    expect(entryLines({ ...entry, indicator: "", owner: "", due: "" })).toEqual(["### 托育 机构"]);
    expect(entryLines({ ...entry, relation: "rank", number: "3", split: [{ org: "t-1", number: "3" }] })).toContain("- split: t-1 3");
  });
  it("notes a revision under the head", () => {
    expect(addRevision(plan, "2024-07-01", "调整\n目标").split("\n").slice(0, 6)).toEqual(["# 计划", "- plan: p", "- org: bureau", "- period: 2024", "- revision: 2024-07-01 调整 目标", ""]);
  });
  it("confirms a milestone and marks a task done only where they still stand", () => {
    expect(confirmMilestone(plan, 9, "启动")).toContain("- milestone: 2024-03 启动 √\n");
    expect(confirmMilestone(plan, 8, "启动")).toBeNull();
    expect(confirmMilestone(confirmMilestone(plan, 9, "启动")!, 9, "启动")).toBeNull();
    expect(markDone(plan, 12, "迁建", "2024-09-01")).toContain("### 迁建\n- done: 2024-09-01\n- owner");
    expect(markDone(plan, 11, "迁建", "2024-09-01")).toBeNull();
  });
  it("begins with a head whose id is one", () => {
    expect(newPlan("tcm-hospital", "2024H1", "上半年计划")).toBe("# 上半年计划\n- plan: plan_2024h1_tcm_hospital\n- org: tcm-hospital\n- period: 2024H1\n");
  });
});
