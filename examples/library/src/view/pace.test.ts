import { expect, it } from "vitest";
import { Pace, sayTimeLeft } from "./pace.ts";

it("says nothing before it knows, then what the rate of this reading promises", () => {
  let now = 0;
  const pace = new Pace(() => now);
  expect(pace.secondsLeft(10, 110)).toBeUndefined();
  now = 10_000;
  expect(pace.secondsLeft(12, 110)).toBeUndefined();
  expect(pace.secondsLeft(30, 110)).toBe(40);
  pace.reset();
  expect(pace.secondsLeft(30, 110)).toBeUndefined();
});

it("is never more exact than it is known", () => {
  expect([3, 31, 70, 700, 8_000].map(sayTimeLeft)).toEqual([
    "a few seconds left",
    "about 40 seconds left",
    "about a minute left",
    "about 12 minutes left",
    "about 2 hours left",
  ]);
});
