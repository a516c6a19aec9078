import { expect, it } from "vitest";
import { periodsOf } from "./pages/ReturnsPage";

it.each([
  ["month", "2024Q1", 12, "2024-12"],
  ["month", "2024-02", 1, "2024-02"],
  ["quarter", "2024", 4, "2024Q4"],
  ["half", "2024", 2, "2024H2"],
  ["year", "2024-02", 1, "2024"],
  ["", "2024", 0, undefined],
] as const)("%s within %s", (cycle, period, count, first) => {
  const periods = periodsOf(cycle, period);
  expect([periods.length, periods[0]]).toEqual([count, first]);
});
