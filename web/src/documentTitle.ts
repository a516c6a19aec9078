import type { DocumentTemplate } from "./api";

/** {org} and {period} in a title as written filled in. */
export function fillTitle(title: string, org: string, period: string): string {
  const year = /^\d{4}$/.test(period) ? `${period}年` : period;
  return title.replaceAll("{org}", org).replaceAll("{period}", year);
}

/** A template's title for the organisation and period it would be written for. */
export function titleOf(template: DocumentTemplate, org: string, period: string): string {
  return fillTitle(template.title, org, period) || template.id;
}
