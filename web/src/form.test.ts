import { describe, expect, it } from "vitest";
import { compare, sum } from "./decimal";
import { answersFrom, comesTo, type FormDefinition, type FormItem, isCitizenId, placeOf, problemOf, totalsOf } from "./form";

const item = (id: string, more: Partial<FormItem> = {}): FormItem => ({ id, title: { zh: id, en: id }, type: "money", required: false, repeats: false, ...more });
const form = (when: string): FormDefinition => ({
  id: "f", program: "p", title: { zh: "", en: "" }, version: "1", source: "", about: "institution", happened: "", cycle: "month",
  items: [item("a"), item("b"), item("whole")],
  checks: [{ when, severity: "error", message: { zh: "", en: "" } }],
});

describe("sum", () => {
  it("is exact where floats are not", () => {
    expect(sum([{ text: "0.1", sign: 1 }, { text: "0.2", sign: 1 }])).toBe("0.3");
    expect(sum([{ text: "12345678901234567890.01", sign: 1 }, { text: "1", sign: -1 }])).toBe("12345678901234567889.01");
    expect(sum([{ text: "1", sign: 1 }, { text: "1.50", sign: -1 }])).toBe("-0.50");
  });
  it("compares", () => {
    expect(compare("2.50", "2.5")).toBe(0);
    expect(compare("-3", "2")).toBe(-1);
  });
});

describe("totals", () => {
  it.each(["a + b != whole", "whole != a + b"])("%s", (when) => {
    const totals = totalsOf(form(when));
    expect(totals).toEqual([{ item: "whole", parts: [{ item: "a", sign: 1 }, { item: "b", sign: 1 }] }]);
    expect(comesTo(totals[0]!, { a: "1.5", b: "2" })).toBe("3.5");
    expect(comesTo(totals[0]!, {})).toBeNull();
  });
  it.each(["a > b", "a + c != whole", "a * b != whole", "a.exists() != whole"])("%s is none", (when) => expect(totalsOf(form(when))).toEqual([]));
});

describe("a field", () => {
  it.each([
    [item("n", { type: "integer", low: "0", high: "10" }), "11", "不应大于10"],
    [item("n", { type: "integer" }), "1.5", "请填整数"],
    [item("n", { type: "decimal" }), "一", "请填数字"],
    [item("n", { type: "decimal" }), "0.1234567", "小数最多6位"],
  ] as const)("refuses", (field, text, said) => expect(problemOf(field, text)?.zh).toBe(said));
  it("takes what is right, and nothing", () => {
    expect(problemOf(item("n", { low: "0" }), "0.00")).toBeNull();
    expect(problemOf(item("n"), "")).toBeNull();
  });
  it("knows the check digit", () => {
    expect(isCitizenId("990101195603170011")).toBe(true);
    expect(isCitizenId("990101195603170012")).toBe(false);
  });
});

it("finds the item of an issue", () => {
  expect(placeOf("QuestionnaireResponse.item.where(linkId='drugs')[1].item.where(linkId='dose')")).toBe("drugs[1].dose");
  expect(placeOf("QuestionnaireResponse.subject")).toBe("");
});

it("reads answers by the form's items", () => {
  const items = [item("one"), item("many", { repeats: true }), item("parts", { repeats: true, type: "group", items: [item("x")] })];
  expect(answersFrom(items, { one: ["1"], many: ["1", "2"], parts: [{ x: ["3"] }], gone: ["9"] })).toEqual({ one: "1", many: ["1", "2"], parts: [{ x: "3" }] });
});
