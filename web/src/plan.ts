// A plan's text is Markdown (docs/plans.md) and the one truth of it: what the page adds or marks, it writes there.
import type { PlanRelation } from "./api";

/** What a person made of a proposal, or wrote. */
export interface NewEntry {
  title: string;
  /** empty: a task */
  indicator: string;
  relation: PlanRelation;
  number: string;
  owner: string;
  /** a day or month; empty: the plan's end */
  due: string;
  /** each organisation and its part */
  split: { org: string; number: string }[];
}

const signs: Record<PlanRelation, string> = { at_least: ">=", at_most: "<=", increase: "+", rank: "rank" };
const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

export function entryLines(entry: NewEntry): string[] {
  const lines = [`### ${oneLine(entry.title)}`];
  if (entry.indicator) lines.push(`- target: ${entry.indicator} ${signs[entry.relation]} ${entry.number.trim()}`);
  if (entry.indicator && entry.split.length) lines.push(`- split: ${entry.split.map((part) => `${part.org} ${part.number}`).join(", ")}`);
  if (entry.owner.trim()) lines.push(`- owner: ${oneLine(entry.owner)}`);
  if (entry.due.trim()) lines.push(`- due: ${entry.due.trim()}`);
  return lines;
}

/** The sections of a plan, in order. */
export function sectionsOf(text: string): string[] {
  return [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]!.trim());
}

/** Entries at the end of a section, which is made when the plan has none of that name. */
export function addEntries(text: string, section: string, entries: NewEntry[]): string {
  if (!entries.length) return text;
  const lines = text.replace(/\s+$/, "").split("\n");
  const added = entries.flatMap((entry) => ["", ...entryLines(entry)]);
  const start = lines.findIndex((line) => line.trim() === `## ${section}`);
  if (start < 0) return [...lines, "", `## ${oneLine(section)}`, ...added, ""].join("\n");
  let end = lines.findIndex((line, i) => i > start && line.startsWith("## "));
  if (end < 0) end = lines.length;
  const after = lines.slice(end);
  const before = lines.slice(0, end);
  while (before.at(-1)?.trim() === "") before.pop();
  return `${[...before, ...added, "", ...after].join("\n").trimEnd()}\n`;
}

/** A line that says when and what was revised, after the others under the title. */
export function addRevision(text: string, day: string, note: string): string {
  const lines = text.split("\n");
  const body = lines.findIndex((line) => /^##/.test(line));
  const head = body < 0 ? lines : lines.slice(0, body);
  const last = head.reduce((found, line, i) => (/^- /.test(line) ? i : found), 0);
  return [...lines.slice(0, last + 1), `- revision: ${day} ${oneLine(note)}`, ...lines.slice(last + 1)].join("\n");
}

/** The milestone of that line confirmed; null when the line is no longer it. */
export function confirmMilestone(text: string, line: number, milestone: string): string | null {
  const lines = text.split("\n");
  const old = lines[line - 1] ?? "";
  if (!/^\s*- milestone\s*[:：]/.test(old) || !old.includes(milestone) || old.trimEnd().endsWith("√")) return null;
  lines[line - 1] = `${old.trimEnd()} √`;
  return lines.join("\n");
}

/** The entry whose heading is that line done on a day; null when the line is no longer it. */
export function markDone(text: string, line: number, title: string, day: string): string | null {
  const lines = text.split("\n");
  if ((lines[line - 1] ?? "").trim() !== `### ${title}`) return null;
  return [...lines.slice(0, line), `- done: ${day}`, ...lines.slice(line)].join("\n");
}

/** The head of a plan that is to be written. */
export function newPlan(org: string, period: string, title: string): string {
  const id = `plan_${period}_${org}`.toLowerCase().replace(/[^a-z0-9]+/g, "_").slice(0, 40).replace(/_+$/, "");
  return `# ${oneLine(title)}\n- plan: ${id}\n- org: ${org}\n- period: ${period}\n`;
}
