// What the server answers under /api and /fhir (docs/api.md), and one way to ask for it.

export interface Text {
  zh: string;
  en: string;
}

export interface Figure {
  address: string;
  indicator: string;
  title: Text;
  unit: Text;
  kind: string;
  /** exact decimal as text; null where there is no denominator or nothing was returned */
  value: string | null;
  /** the value as people read it, rounded by the indicator's own digits; null with value */
  display: string | null;
  numerator: string | null;
  denominator: string | null;
  rows: number;
}

export interface Comparison {
  last_year: Figure | null;
  /** relative change (counts, sums) or difference in percentage points (shares); null where undefined */
  change: string | null;
  change_kind: "relative" | "points" | null;
}

export interface IndicatorRow extends Figure, Comparison {
  program: string;
  program_title: Text;
  better: string;
}

export interface IndicatorList {
  org: string;
  period: string;
  as_of: string;
  indicators: IndicatorRow[];
}

export interface IndicatorDetail extends Comparison {
  figure: Figure;
  definition: Text;
  source: string;
  authority: string;
  grain: string;
  better: string;
  previous: Figure | null;
  months: { period: string; value: string | null; last_year: string | null }[];
  previous_change: string | null;
  by_organization: (Figure & Comparison & { org: string; org_name: string; rank: number | null })[];
}

export interface TraceRow {
  org: string;
  subject: string;
  record: string;
  happened: string;
  since: string;
  until: string;
  hit: boolean | null;
  value: string | null;
  weight: string;
  counted: string; // of what is counted once: the value
  part: string; // the indicator, or average(ID) and days(ID) of a stock, whose row it is
  source?: string; // of a figure from outside: who published it
  issued?: string; // and on which day
  note?: string; // and how it differs, in their words
}

export interface Trace {
  figure: Figure;
  definition: string;
  parts: Figure[];
  rows: TraceRow[];
  rows_total: number;
  digest: string;
  as_of: string;
}

export interface Organization {
  id: string;
  name: string;
  part_of: string;
}

/** A part of a document that one department answers for. */
export interface DocumentSection {
  /** empty: what stands before the first heading */
  title: string;
  /** the heading above its own, if that is not the document's title */
  within: string;
  /** the department; empty where the template names none */
  owner: Text;
  /** forms of the returns that its figures are counted from */
  returns: string[];
}

export interface ReportSection extends DocumentSection {
  /** returns of other periods or organisations that its figures are compared with or looked up in */
  elsewhere: { org: string; period: string; returns: string[] }[];
  /** how many it prints */
  figures: number;
  /** of the report's findings, those that concern its figures */
  findings: number[];
}

export interface DocumentTemplate {
  id: string;
  program: string;
  /** as written: {org} and {period} stand for themselves */
  title: string;
  sections: DocumentSection[];
}

export interface Report {
  template: string;
  org: string;
  org_name: string;
  period: string;
  as_of: string;
  paragraphs: { kind: "title" | "heading1" | "heading2" | "heading3" | "body"; section: number; runs: { text: string; figure?: number }[] }[];
  figures: { text: string; format: string; address: string; title: Text; digest: string; compared?: string | null }[];
  findings: { code: string; text: Text; addresses: string[] }[];
  sections: ReportSection[];
}

export interface Resident {
  id: string;
  name: string;
  sex: string;
  birth_date: string;
  citizen_id: string;
  org_name: string;
}

export interface TimelineEntry {
  date: string;
  record: string;
  form: string;
  title: Text;
  summary: string;
  org_name: string;
}

export interface Status {
  version: string;
  commit: number;
  epoch: number;
  warehouse_cursor: number;
  programs: { id: string; title: Text; version: string }[];
  counts: Record<string, number>;
  notice: Text;
  /** the latest year that has records, "2023"; the pages start there */
  latest_year?: string;
}

/** One thing that is wrong: both languages, and the place in the record where it is known. */
export interface Issue {
  severity: string;
  code: string;
  text: Text;
  expression: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly issues: Issue[] = [],
  ) {
    super(message);
  }
}

interface OutcomeIssue {
  severity: string;
  code: string;
  diagnostics?: string;
  expression?: string[];
  details?: { text?: string; _text?: { extension?: { extension?: { url: string; valueString?: string }[] }[] } };
}

/** The issues of an OperationOutcome; the Chinese sentence travels as FHIR's translation extension. */
export function issuesOf(body: unknown): Issue[] {
  const outcome = body as { resourceType?: string; issue?: OutcomeIssue[] } | null;
  if (outcome?.resourceType !== "OperationOutcome") return [];
  return (outcome.issue ?? [])
    .filter((issue) => issue.severity !== "information")
    .map((issue) => {
      const en = issue.details?.text ?? issue.diagnostics ?? issue.code;
      const zh = issue.details?._text?.extension?.[0]?.extension?.find((part) => part.url === "content")?.valueString;
      return { severity: issue.severity, code: issue.code, text: { zh: zh ?? en, en }, expression: issue.expression?.[0] ?? "" };
    });
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ApiError(0, "offline");
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const issues = issuesOf(body);
    const sentences = issues.map((issue) => issue.text.en).join("\n");
    throw new ApiError(response.status, sentences || `${response.status} ${response.statusText}`, issues);
  }
  return body as T;
}

export type Parameters = Record<string, string | number | undefined>;

/** A path with its parameters; empty ones are left out. */
export function urlOf(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  return query.size ? `${path}?${query}` : path;
}

/** GET a path with parameters. Throws ApiError with the server's own sentence. */
export async function get<T>(path: string, parameters: Parameters = {}): Promise<T> {
  return ask<T>(urlOf(path, parameters), { headers: { Accept: "application/json" } });
}

/** POST: JSON, or a file as it is. Throws ApiError with the server's own sentences, each with its place. */
export async function post<T>(path: string, body: unknown, parameters: Parameters = {}): Promise<T> {
  const isFile = body instanceof Blob;
  return ask<T>(urlOf(path, parameters), {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": isFile ? "application/octet-stream" : "application/json" },
    body: isFile ? body : JSON.stringify(body ?? {}),
  });
}

export type ReturnState = "due" | "draft" | "submitted" | "returned" | "accepted" | "locked";

export interface ReturnRow {
  id: string;
  form: string;
  title: Text;
  org: string;
  org_name: string;
  period: string;
  state: ReturnState;
  due_on: string;
  overdue: boolean;
  recorded_at: string;
  reason: string;
}

export interface ReturnList {
  org: string;
  period: string;
  today: string;
  returns: ReturnRow[];
}

export interface SubmissionEvent {
  what: string;
  at: string;
  by: string;
  reason: string;
  version: number;
}

export interface Submission {
  id: string;
  form: string;
  version: number;
  state: ReturnState | "";
  status: string;
  org: string;
  org_name: string;
  subject: string;
  subject_name: string;
  period: string;
  authored: string;
  recorded_at: string;
  answers: Record<string, unknown>;
  timeline: SubmissionEvent[];
}

export interface RegisterEntry {
  record: string;
  name: string;
  org: string;
  org_name: string;
}

export interface RegisterHead {
  id: string;
  program: string;
  title: Text;
  kept_as: string;
}

export interface SheetLook {
  name: string;
  header_row: number;
  rows: number;
  imported: string;
  columns: { index: number; letter: string; title: string; guess: string; samples: string[] }[];
}

export interface ImportLook {
  digest: string;
  sheets: SheetLook[];
}

export interface ImportReport {
  rows: number;
  bad_rows: number;
  problem_count: number;
  problems: { row: number; column: string; severity: "error" | "warning"; text: Text }[];
  commit: number;
}

export interface Quality {
  org: string;
  period: string;
  late_days: number;
  findings: { code: string; text: Text; addresses: string[] }[];
  late: { form: string; title: Text; rows: number; late: number; examples: { record: string; org: string; happened: string; entered: string }[] }[];
  misfits: { table: string; column: string; record: string; value: string }[];
  homeless: { form: string; title: Text; rows: number; record: string }[];
}

export interface OverviewRow extends IndicatorRow {
  months: (string | null)[];
}

export interface Overview {
  org: string;
  period: string;
  as_of: string;
  days: number;
  indicators: OverviewRow[];
  moved: { indicator: string; from: string | null; to: string | null }[];
}

export interface Explanation {
  indicator: string;
  title: Text;
  definition: Text;
  sql: string;
  facts: { id: string; sql: string }[];
  tables: string[];
  items: string[];
}

export type PlanState = "done" | "on_course" | "late" | "missed" | "no_figure";

interface Standing {
  org: string;
  state: PlanState;
  reason: Text;
  value: string | null;
  address: string | null;
  expected: string | null;
  wanted: string | null;
}

export type PlanRelation = "at_least" | "at_most" | "increase" | "rank";

export interface PlanMilestone {
  day: string;
  text: string;
  confirmed: boolean;
  /** of the plan's text */
  line: number;
}

export interface PlanEntry extends Standing {
  section: string;
  title: string;
  owner: string;
  due: string;
  done: string;
  line: number;
  indicator?: string;
  relation?: PlanRelation;
  number?: string;
  parts: Standing[];
  milestones: PlanMilestone[];
}

export interface PlanIssue {
  severity: "error" | "warning";
  line: number;
  text: Text;
}

/** What a revision changes; `field` is empty for a whole entry, `title` for the plan itself. */
export interface PlanChange {
  what: "added" | "removed" | "changed";
  section: string;
  title: string;
  field: "" | "title" | "org" | "period" | "source" | "section" | "indicator" | "target" | "split" | "owner" | "due" | "done" | "milestone";
  before: string;
  after: string;
}

/** docs/plans.md, Shape */
export interface Plan {
  id: string;
  title: string;
  org: string;
  period: string;
  source: string;
  /** the program whose folder it is from; empty once a version is kept among the records */
  program: string;
  version: number;
  today: string;
  as_of: string;
  issues: PlanIssue[];
  revisions: { day: string; text: string }[];
  counts: Record<PlanState, number>;
  entries: PlanEntry[];
}

/** GET /api/plans/ID */
export interface PlanWhole extends Plan {
  text: string;
  versions: { version: number; commit: number; recorded_at: string; by: string; changes: PlanChange[] }[];
}

/** POST /api/plans?check=true */
export interface PlanReview {
  id: string;
  title: string;
  version: number;
  issues: PlanIssue[];
  changes: PlanChange[];
}

export interface Proposal {
  clause: string;
  what: string;
  relation: PlanRelation;
  number: string;
  unit: string;
  each: boolean;
  due: string;
  line: number;
  candidates: { indicator: string; title: Text }[];
}

/** POST /api/plans/propose */
export interface Proposals {
  proposals: Proposal[];
  indicators: { indicator: string; title: Text; percent: boolean }[];
}
