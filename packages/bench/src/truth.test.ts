import { expect, test } from "vitest";
import type { VectorSet } from "./engine.ts";
import { findTruth, listRows, recallOf } from "./truth.ts";

/** Rows at growing angles to the first axis; the last two are the same. */
const rows: VectorSet = {
  dimensions: 2,
  count: 5,
  rows: Float32Array.from([1, 0, 0.9, 0.1, 0.5, 0.5, 0, 1, 0, 1]),
  buckets: null,
};
const queries = [Float32Array.from([1, 0]), Float32Array.from([0, 1])];

test("a right answer has recall 1, in whatever order", () => {
  const truth = findTruth(rows, queries, 2);
  expect(
    recallOf(rows, queries, truth, [
      [1, 0],
      [3, 4],
    ]),
  ).toBe(1);
});

test("any of rows with one score is right at the edge", () => {
  const truth = findTruth(rows, queries, 1);
  expect(recallOf(rows, queries, truth, [[0], [4]])).toBe(1);
  expect(recallOf(rows, queries, truth, [[0], [3]])).toBe(1);
});

test("wrong rows, rows named twice and rows that do not exist count for nothing", () => {
  const truth = findTruth(rows, queries, 2);
  expect(
    recallOf(rows, queries, truth, [
      [0, 0],
      [3, 99],
    ]),
  ).toBe(0.5);
  expect(
    recallOf(rows, queries, truth, [
      [3, 4],
      [0, -1],
    ]),
  ).toBe(0);
  expect(recallOf(rows, queries, truth, [[], []])).toBe(0);
});

test("where there are fewer rows than are asked for, all of them are right", () => {
  const truth = findTruth(rows, queries, 10);
  const all = [0, 1, 2, 3, 4];
  expect(recallOf(rows, queries, truth, [all, all])).toBe(1);
  expect(recallOf(rows, queries, truth, [all, all.slice(1)])).toBeCloseTo(0.9);
});

test("rows are listed as views", () => {
  expect(listRows(rows).map((row) => [...row])[2]).toEqual([0.5, 0.5]);
});
