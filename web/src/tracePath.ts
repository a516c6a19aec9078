/** The page that shows the rows of a figure. The address keeps its slashes so that it can be read and shared. */
export function tracePath(address: string): string {
  return `/trace/${address.split("/").map(encodeURIComponent).join("/")}`;
}

/** "QuestionnaireResponse/x" → the page of that record. */
export function recordPath(reference: string): string {
  return `/records/${reference}`;
}
