import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

const read = (...args: string[]) => readOptions(args, "/base", "/cache");

test("without options, everything at 100,000 rows", () => {
  const { sizes, sets, engines } = read();
  expect(sizes).toEqual([100_000]);
  expect(sets).toEqual(["real", "random"]);
  expect(engines).toContain("pglite");
});

test("Nearfield and the yardstick are always there, others as they are named", () => {
  expect(read("--peers", "none").engines).toEqual(["nearfield", "loop"]);
  expect(read("--peers", "orama").engines).toEqual(["nearfield", "loop", "orama"]);
});

test("sizes are in order, and paths from where the command was typed", () => {
  const { sizes, out } = read("--size", "100000,10000", "--out", "x.json");
  expect(sizes).toEqual([10_000, 100_000]);
  expect(out).toBe("/base/x.json");
});

test.for([
  ["--size", "0"],
  ["--size", "many"],
  ["--rounds", "1.5"],
  ["--peers", "nobody"],
  ["--sets", "imaginary"],
  ["--unknown"],
])("%o is refused", (args) => {
  expect(() => read(...args)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});
