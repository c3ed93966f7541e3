import { expect, test } from "vitest";
import { median, quantile } from "./quantile.ts";

test("the median is the middle value, or the mean of the two in the middle", () => {
  expect(median([30, 10, 20])).toBe(20);
  expect(median([40, 10, 20, 30])).toBe(25);
});

test("numbers are sorted as numbers", () => {
  expect(median([9, 10, 100])).toBe(10);
});

test("the 95th percentile is the smallest value that 95 of 100 do not exceed", () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(quantile(values, 0.95)).toBe(95);
  expect(quantile([7], 0.95)).toBe(7);
});

test("nothing has neither", () => {
  expect(median([])).toBeNull();
  expect(quantile([], 0.95)).toBeNull();
});
