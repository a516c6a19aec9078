// Numbers arrive as exact decimal text and stay text: grouping and signs are done on the digits. Only charts use floats.

/** "62236.50" → "62,236.50" */
export function grouped(decimal: string): string {
  const [, sign = "", whole = "", rest = ""] = /^(-?)(\d+)(.*)$/.exec(decimal) ?? [];
  if (!whole) return decimal;
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
}

/** Ten thousands, exactly: "7720000.00" → "772", "12345" → "1.2345"; null below ten thousand. */
export function tenThousands(decimal: string): string | null {
  const [, sign = "", whole = "", rest = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  if (whole.length < 5) return null;
  const part = (whole.slice(-4) + rest).replace(/0+$/, "");
  return sign + whole.slice(0, -4) + (part ? `.${part}` : "");
}

/** At most two digits after the point, half up, after moving the point to the right: ("0.25556", 2) → "25.56". */
export function rounded(decimal: string, shift = 0): string {
  const [, sign = "", whole = "0", rest = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  const digits = shift + 3;
  const hundredths = ((BigInt(whole + rest.padEnd(digits, "0").slice(0, digits)) + 5n) / 10n).toString().padStart(3, "0");
  const part = hundredths.slice(-2).replace(/0+$/, "");
  return `${sign}${hundredths.slice(0, -2)}${part ? `.${part}` : ""}`;
}

/** A share as a percentage of at most two digits after the point, half up: "0.25556" → "25.56%". */
export function percentage(decimal: string): string {
  return `${rounded(decimal, 2)}%`;
}

/** Direction of a change given as decimal text. */
export function direction(decimal: string | null): "up" | "down" | "none" {
  if (decimal === null || !/[1-9]/.test(decimal)) return "none";
  return decimal.startsWith("-") ? "down" : "up";
}

/** For charts only. */
export function approximate(decimal: string | null): number | null {
  return decimal === null ? null : Number(decimal);
}
