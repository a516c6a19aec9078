// A form of a package as the pages fill it. The rules are the server's (it is asked while typing); what one field alone
// can tell is told at once here.
import type { Issue, Text } from "./api";
import { compare, isDecimal, sum } from "./decimal";

export interface FormItem {
  id: string;
  title: Text;
  type: "string" | "text" | "integer" | "decimal" | "money" | "boolean" | "date" | "datetime" | "choice" | "reference" | "citizen_id" | "group";
  required: boolean;
  repeats: boolean;
  unit?: string;
  low?: string;
  high?: string;
  to?: string;
  options?: { code: string; title: Text }[];
  items?: FormItem[];
}

export interface FormHead {
  id: string;
  program: string;
  program_title?: Text;
  title: Text;
  version: string;
  source: string;
  about: string;
  about_title?: Text;
  about_type?: string;
  happened: string;
  cycle: "" | "month" | "quarter" | "half" | "year";
  due_days?: number;
  due_working_days?: boolean;
}

export interface FormDefinition extends FormHead {
  items: FormItem[];
  checks: { when: string; severity: string; message: Text }[];
}

/** A text, several texts, or the parts of a repeating group. */
export type Value = string | string[] | Answers[];
export interface Answers {
  [item: string]: Value;
}

/** What the server gives: every answer a list. Items that take one value become a text. */
export function answersFrom(items: FormItem[], given: Record<string, unknown>): Answers {
  const out: Answers = {};
  for (const item of items) {
    const list = given[item.id];
    if (!Array.isArray(list) || list.length === 0) continue;
    if (item.items) out[item.id] = list.map((part) => answersFrom(item.items!, part as Record<string, unknown>));
    else if (item.repeats) out[item.id] = list.map(String);
    else out[item.id] = String(list[0]);
  }
  return out;
}

/** Wrong by the field's own declaration, before anyone is asked; null when right or empty. */
export function problemOf(item: FormItem, text: string): Text | null {
  if (text === "") return null;
  if (item.type === "integer" || item.type === "decimal" || item.type === "money") {
    if (!isDecimal(text)) return { zh: "请填数字", en: "Write a number" };
    if (item.type === "integer" && text.includes(".")) return { zh: "请填整数", en: "Write a whole number" };
    if ((text.split(".")[1]?.length ?? 0) > 6) return { zh: "小数最多6位", en: "At most 6 digits after the point" };
    if (item.low !== undefined && compare(text, item.low) < 0) return { zh: `不应小于${item.low}`, en: `At least ${item.low}` };
    if (item.high !== undefined && compare(text, item.high) > 0) return { zh: `不应大于${item.high}`, en: `At most ${item.high}` };
  }
  if (item.type === "citizen_id" && !isCitizenId(text)) return { zh: "身份证号应为18位,末位校验码须相符", en: "18 characters whose last is the right check digit" };
  return null;
}

/** GB 11643: 17 digits and the ISO 7064 MOD 11-2 check character. */
export function isCitizenId(text: string): boolean {
  if (!/^\d{17}[\dX]$/.test(text)) return false;
  let rest = 0;
  for (const c of text.slice(0, 17)) rest = ((rest + Number(c)) * 2) % 11;
  return "0123456789X"[(12 - rest) % 11] === text[17];
}

export interface Total {
  item: string;
  parts: { item: string; sign: 1 | -1 }[];
}

/** Totals that the form's own checks demand: `a + b != total` and `total != a + b`. */
export function totalsOf(form: FormDefinition): Total[] {
  const top = new Set(form.items.map((item) => item.id));
  const out: Total[] = [];
  for (const check of form.checks) {
    const sides = check.when.split("!=").map((side) => side.trim());
    if (sides.length !== 2) continue;
    const one = sides.findIndex((side) => top.has(side));
    if (one < 0) continue;
    const expression = sides[1 - one]!;
    const parts = [...expression.matchAll(/([+-]?)\s*([a-z][a-z0-9_]*)/g)].map((m) => ({ item: m[2]!, sign: (m[1] === "-" ? -1 : 1) as 1 | -1 }));
    if (parts.length < 2 || !/^[a-z0-9_+\-\s]+$/.test(expression) || !parts.every((part) => top.has(part.item))) continue;
    out.push({ item: sides[one]!, parts });
  }
  return out;
}

/** What the total comes to so far; null while a part is no number or none is filled in. */
export function comesTo(total: Total, answers: Answers): string | null {
  const texts = total.parts.map((part) => ({ text: String(answers[part.item] ?? ""), sign: part.sign }));
  if (texts.every((term) => term.text === "") || !texts.every((term) => term.text === "" || isDecimal(term.text))) return null;
  return sum(texts.filter((term) => term.text !== ""));
}

/** "QuestionnaireResponse.item.where(linkId='drugs')[1].item.where(linkId='dose')" → "drugs[1].dose" */
export function placeOf(expression: string): string {
  return [...expression.matchAll(/where\(linkId='([^']+)'\)(?:\[(\d+)\])?/g)].map((m) => m[1] + (m[2] === undefined ? "" : `[${m[2]}]`)).join(".");
}

/** Issues by the place they belong to; "" for those about the whole form. */
export function byPlace(issues: Issue[]): Map<string, Issue[]> {
  const out = new Map<string, Issue[]>();
  for (const issue of issues) {
    const place = placeOf(issue.expression);
    out.set(place, [...(out.get(place) ?? []), issue]);
  }
  return out;
}
