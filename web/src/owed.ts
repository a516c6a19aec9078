import type { ReportSection, ReturnList, ReturnRow } from "./api";

export interface OwedByOrganization {
  org: string;
  name: string;
  rows: ReturnRow[];
}

export interface OwedForm {
  form: string;
  title: ReturnRow["title"];
  organizations: OwedByOrganization[];
}

/** Is the return in, looked at and accepted? */
export const isAccepted = (row: ReturnRow) => row.state === "accepted" || row.state === "locked";

/** Of the returns that a section's figures rest on, those that are not accepted: by form and by who owes them, whoever is overdue first. */
export function owedBy(section: { returns: string[] }, rows: ReturnRow[]): OwedForm[] {
  const open = rows.filter((row) => section.returns.includes(row.form) && !isAccepted(row));
  return [...new Set(open.map((row) => row.form))].map((form) => {
    const own = open.filter((row) => row.form === form);
    const organizations = [...new Set(own.map((row) => row.org))].map((org) => {
      const theirs = own.filter((row) => row.org === org).sort((a, b) => a.period.localeCompare(b.period));
      return { org, name: theirs[0]!.org_name || org, rows: theirs };
    });
    const late = (one: OwedByOrganization) => one.rows.filter((row) => row.overdue).length;
    return { form, title: own[0]!.title, organizations: organizations.sort((a, b) => late(b) - late(a)) };
  });
}

/** How many returns these are, and how many of them are overdue. */
export function countOf(owed: OwedForm[]): { count: number; late: number } {
  const rows = owed.flatMap((form) => form.organizations.flatMap((one) => one.rows));
  return { count: rows.length, late: rows.filter((row) => row.overdue).length };
}

type Elsewhere = ReportSection["elsewhere"];

/** Where else the sections of a document look, each place once. */
export function placesOf(sections: { elsewhere: Elsewhere }[]): { org: string; period: string }[] {
  const all = sections.flatMap((section) => section.elsewhere);
  return [...new Map(all.map(({ org, period }) => [`${org} ${period}`, { org, period }])).values()];
}

/** What is owed of the returns that a section's figures are compared with; a return that lies in two of the periods counts once. */
export function owedElsewhere(elsewhere: Elsewhere, lists: ReturnList[]): OwedForm[] {
  const rows = new Map<string, ReturnRow>();
  for (const place of elsewhere) {
    const list = lists.find((one) => one.org === place.org && one.period === place.period);
    for (const row of list?.returns ?? []) if (place.returns.includes(row.form)) rows.set(row.id, row);
  }
  const all = [...rows.values()];
  return owedBy({ returns: all.map((row) => row.form) }, all);
}

/** Who owes, each once, whoever is overdue first. */
export function namesOf(owed: OwedForm[]): string[] {
  const all = owed.flatMap((form) => form.organizations);
  const late = all.filter((one) => one.rows.some((row) => row.overdue));
  return [...new Set([...late, ...all].map((one) => one.name))];
}
