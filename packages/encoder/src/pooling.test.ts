import type { Pooling } from "@nearfield/core";
import { isRetrievalError } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { pool } from "./pooling.ts";

/** Two rows of two components: three tokens, and two with one of padding that no mode may look at. */
const output = {
  data: Float32Array.of(1, 8, 2, -1, 6, 2, 3, 4, 5, -6, 99, 99),
  shape: [2, 3, 2],
};
const lengths = [3, 2];

describe("pooling of a right-padded batch, by hand-worked values", () => {
  test.for<[Pooling, number[], number[]]>([
    ["cls", [1, 8], [3, 4]],
    ["last-token", [6, 2], [5, -6]],
    ["mean", [3, 3], [4, -1]],
    ["mean-sqrt-length", [9 / Math.sqrt(3), 9 / Math.sqrt(3)], [8 / Math.SQRT2, -2 / Math.SQRT2]],
    ["weighted-mean", [23 / 6, 2], [13 / 3, -8 / 3]],
    ["max", [6, 8], [5, 4]],
    [
      ["cls", "last-token"],
      [1, 8, 6, 2],
      [3, 4, 5, -6],
    ],
  ])("%j", ([pooling, first, second]) => {
    const vectors = pool(output, lengths, pooling, 2);
    expect(vectors.map((vector) => vector.length)).toEqual([first.length, second.length]);
    for (const [row, wanted] of [first, second].entries()) {
      for (const [j, component] of wanted.entries()) {
        expect(vectors[row]?.[j]).toBeCloseTo(component, 5);
      }
    }
  });
});

test("a graph that pools gives one vector for each row, as it is", () => {
  const pooled = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
  const vectors = pool(pooled, lengths, "in-graph", 2);
  expect(vectors.map((vector) => [...vector])).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("an output of another width than the card says is refused", () => {
  const attempt = () => pool(output, lengths, "mean", 3);
  expect(attempt).toThrow("2 × 3 × 2 instead of 2 × 3 × 3");
  expect(attempt).toThrow(expect.toSatisfy(isRetrievalError));
});
