// Sums of decimals as text, exact: never through a float.

const shape = /^(-?)(\d+)(?:\.(\d+))?$/;

function scaled(text: string, digits: number): bigint {
  const [, sign = "", whole = "0", part = ""] = shape.exec(text.trim()) ?? [];
  const value = BigInt(whole + part.padEnd(digits, "0"));
  return sign ? -value : value;
}

export const isDecimal = (text: string): boolean => shape.test(text.trim());

const digitsOf = (text: string) => shape.exec(text.trim())?.[3]?.length ?? 0;

/** "1.20", "-3" with signs +1 or −1 → "-1.80" */
export function sum(terms: { text: string; sign: 1 | -1 }[]): string {
  const digits = Math.max(0, ...terms.map((term) => digitsOf(term.text)));
  const total = terms.reduce((out, term) => out + BigInt(term.sign) * scaled(term.text, digits), 0n);
  const text = (total < 0n ? -total : total).toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return (total < 0n ? "-" : "") + whole + (digits ? `.${text.slice(-digits)}` : "");
}

/** Negative, zero or positive, as a is less than, equal to or more than b. */
export function compare(a: string, b: string): number {
  const digits = Math.max(digitsOf(a), digitsOf(b));
  const difference = scaled(a, digits) - scaled(b, digits);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
