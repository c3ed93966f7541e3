import type { Pooling } from "@nearfield/core";
import { isRetrievalError } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { finish, pool } from "./pooling.ts";

/** Two rows of two components: three tokens, and two with one of padding that no mode may look at. */
const output = {
  data: Float32Array.of(1, 8, 2, -1, 6, 2, 3, 4, 5, -6, 99, 99),
  shape: [2, 3, 2],
};
const rows = [
  { length: 3, skip: 0 },
  { length: 2, skip: 0 },
];

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
    const vectors = pool(output, rows, { pooling, width: 2 });
    expect(vectors.map((vector) => vector.length)).toEqual([first.length, second.length]);
    for (const [row, wanted] of [first, second].entries()) {
      for (const [j, component] of wanted.entries()) {
        expect(vectors[row]?.[j]).toBeCloseTo(component, 5);
      }
    }
  });
});

describe("without the first token", () => {
  const without = rows.map(({ length }) => ({ length, skip: 1 }));

  test.for<[Pooling, number[], number[]]>([
    ["cls", [2, -1], [5, -6]],
    ["last-token", [6, 2], [5, -6]],
    ["mean", [4, 0.5], [5, -6]],
    // By the places 2 and 3 of the whole row.
    ["weighted-mean", [(2 * 2 + 3 * 6) / 5, (2 * -1 + 3 * 2) / 5], [5, -6]],
    ["max", [6, 2], [5, -6]],
  ])("%j", ([pooling, ...wanted]) => {
    const vectors = pool(output, without, { pooling, width: 2 });
    for (const [row, vector] of wanted.entries()) {
      for (const [j, component] of vector.entries()) {
        expect(vectors[row]?.[j]).toBeCloseTo(component, 5);
      }
    }
  });

  test("a row that would be left out whole keeps its last token", () => {
    const all = rows.map(({ length }) => ({ length, skip: 9 }));
    const vectors = pool(output, all, { pooling: "mean", width: 2 });
    expect(vectors.map((vector) => [...vector])).toEqual([
      [6, 2],
      [5, -6],
    ]);
  });
});

test("layers on tokens are applied to each state, and only to those that are pooled", () => {
  const seen: number[] = [];
  const tokens = (states: Float32Array) => {
    seen.push(states.length / 2);
    return Float32Array.from({ length: states.length / 2 }, (_, t) => states[2 * t] as number);
  };
  const vectors = pool(output, rows, { pooling: ["max", "mean"], width: 2, tokens });
  expect(vectors.map((vector) => [...vector])).toEqual([
    [6, 3],
    [5, 4],
  ]);
  expect(seen).toEqual([3, 2]);
});

test("a graph that pools gives one vector for each row, as it is", () => {
  const pooled = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
  const vectors = pool(pooled, rows, { pooling: "in-graph", width: 2 });
  expect(vectors.map((vector) => [...vector])).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("an output of another width than the card says is refused", () => {
  const attempt = () => pool(output, rows, { pooling: "mean", width: 3 });
  expect(attempt).toThrow("2 × 3 × 2 instead of 2 × 3 × 3");
  expect(attempt).toThrow(expect.toSatisfy(isRetrievalError));
});

describe("the end of the way", () => {
  test("cuts first and normalizes last", () => {
    expect([...finish(Float32Array.of(3, 4, 99), 2)]).toEqual([
      expect.closeTo(0.6),
      expect.closeTo(0.8),
    ]);
  });

  test("leaves the length where the model says so", () => {
    expect([...finish(Float32Array.of(3, 4, 99), 2, false)]).toEqual([3, 4]);
  });

  test.for([true, false])("refuses what has no direction; normalized: %j", (isNormalized) => {
    for (const bad of [
      [0, 0],
      [1, NaN],
      [Infinity, 1],
    ]) {
      const attempt = () => finish(Float32Array.from(bad), 2, isNormalized);
      expect(attempt).toThrow(/^EMBEDDING_INVALID/);
    }
  });
});
