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
  by_organization: (Figure & { org: string; org_name: string })[];
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

export interface DocumentTemplate {
  id: string;
  program: string;
  title: string;
}

export interface Report {
  template: string;
  org: string;
  org_name: string;
  period: string;
  as_of: string;
  paragraphs: { kind: "title" | "heading1" | "heading2" | "heading3" | "body"; runs: { text: string; figure?: number }[] }[];
  figures: { text: string; format: string; address: string; title: Text; digest: string; compared?: string | null }[];
  findings: { code: string; text: Text; addresses: string[] }[];
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

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

function messageOf(body: unknown, fallback: string): string {
  const outcome = body as { issue?: { diagnostics?: string; details?: { text?: string } }[] };
  const sentences = outcome?.issue?.map((i) => i.diagnostics ?? i.details?.text).filter(Boolean);
  return sentences?.length ? sentences.join("\n") : fallback;
}

/** GET a path with parameters; empty parameters are left out. Throws ApiError with the server's own sentence. */
export async function get<T>(path: string, parameters: Record<string, string | number | undefined> = {}): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const url = query.size ? `${path}?${query}` : path;
  let response: Response;
  try {
    response = await fetch(url, { headers: { Accept: "application/json" } });
  } catch {
    throw new ApiError(0, "offline");
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, messageOf(body, `${response.status} ${response.statusText}`));
  return body as T;
}
