import type { DocumentTemplate } from "./api";

/** A template's title for the organisation and period it would be written for. */
export function titleOf(template: DocumentTemplate, org: string, period: string): string {
  const year = /^\d{4}$/.test(period) ? `${period}年` : period;
  return template.title.replaceAll("{org}", org).replaceAll("{period}", year) || template.id;
}
