import { expect, it } from "vitest";
import type { ReturnRow, ReturnState } from "./api";
import { countOf, namesOf, owedBy, owedElsewhere, placesOf } from "./owed";

const row = (form: string, org: string, period: string, state: ReturnState, overdue = false): ReturnRow => ({
  id: `${form}-${org}-${period}`, form, title: { zh: form, en: form }, org, org_name: `${org}卫生院`, period, state, due_on: "", overdue, recorded_at: "", reason: "",
});
const rows = [
  row("visits", "a", "2023-02", "due"),
  row("visits", "a", "2023-01", "submitted"),
  row("visits", "b", "2023-01", "returned", true),
  row("visits", "b", "2023-02", "accepted"),
  row("visits", "c", "2023-01", "locked"),
  row("income", "a", "2023-01", "draft"),
];

it("what is not accepted is owed, whoever is overdue first", () => {
  const owed = owedBy({ returns: ["visits"] }, rows);
  expect(owed.map((form) => form.form)).toEqual(["visits"]);
  expect(owed[0]!.organizations.map((one) => [one.name, one.rows.map((r) => r.period)])).toEqual([
    ["b卫生院", ["2023-01"]],
    ["a卫生院", ["2023-01", "2023-02"]],
  ]);
  expect(namesOf(owed)).toEqual(["b卫生院", "a卫生院"]);
  expect(owedBy({ returns: ["population"] }, rows)).toEqual([]);
  expect(owedBy({ returns: [] }, rows)).toEqual([]);
});

it("what figures are compared with is owed too, each return once and of its own forms", () => {
  const income = { org: "a", period: "2022", returns: ["income"] };
  const half = { org: "a", period: "2022H1", returns: ["income", "visits"] };
  expect(placesOf([{ elsewhere: [income] }, { elsewhere: [half, income] }, { elsewhere: [] }])).toEqual([
    { org: "a", period: "2022" },
    { org: "a", period: "2022H1" },
  ]);
  const january = row("income", "a", "2022-01", "due", true);
  const lists = [
    { org: "a", period: "2022", today: "2024-01-01", returns: [january, row("income", "b", "2022-07", "submitted"), row("visits", "a", "2022-07", "due")] },
    { org: "a", period: "2022H1", today: "2024-01-01", returns: [january, row("visits", "a", "2022-01", "accepted")] },
  ];
  const owed = owedElsewhere([income, half], lists);
  expect(owed.map((form) => [form.form, namesOf([form])])).toEqual([["income", ["a卫生院", "b卫生院"]]]);
  expect(countOf(owed)).toEqual({ count: 2, late: 1 });
  expect(countOf(owedElsewhere([income], []))).toEqual({ count: 0, late: 0 });
});
