import { describe, expect, it } from "vitest";
import { direction, grouped, percentage, tenThousands, rounded } from "./number";
import { isPeriod } from "./settings";

describe("grouped", () => {
  it.each([
    ["0", "0"],
    ["999", "999"],
    ["1000", "1,000"],
    ["62236", "62,236"],
    ["7720000.00", "7,720,000.00"],
    ["-1234567.5", "-1,234,567.5"],
    ["12345678901234567890.123456", "12,345,678,901,234,567,890.123456"],
    ["", ""],
  ])("%s → %s", (input, output) => expect(grouped(input)).toBe(output));
});

describe("tenThousands", () => {
  it.each([
    ["7720000.00", "772"],
    ["12345", "1.2345"],
    ["-123456789.10", "-12345.67891"],
    ["9999.99", null],
    ["x", null],
  ])("%s → %s", (input, output) => expect(tenThousands(input)).toBe(output));
});

describe("percentage", () => {
  it.each([
    ["0.25556", "25.56%"],
    ["0.25", "25%"],
    ["1", "100%"],
    ["0.00095", "0.1%"],
    ["-0.1", "-10%"],
    ["0", "0%"],
  ])("%s → %s", (input, output) => expect(percentage(input)).toBe(output));
});

describe("rounded", () => {
  it.each([
    ["3.333333333333333333", "3.33"],
    ["0.005", "0.01"],
    ["12", "12"],
    ["-1.2", "-1.2"],
  ])("%s → %s", (input, output) => expect(rounded(input)).toBe(output));
});

describe("direction", () => {
  it.each([
    ["0.17", "up"],
    ["-0.054", "down"],
    ["0", "none"],
    ["0.000", "none"],
    [null, "none"],
  ] as const)("%s → %s", (input, output) => expect(direction(input)).toBe(output));
});

describe("isPeriod", () => {
  it.each(["2023", "2023H1", "2023Q4", "2023-05", "2023-01-01..2023-03-31"])("takes %s", (text) => expect(isPeriod(text)).toBe(true));
  it.each(["", "23", "2023H3", "2023Q0", "2023-13", "2023-1", "2023..2024", " 2023"])("refuses %s", (text) => expect(isPeriod(text)).toBe(false));
});
