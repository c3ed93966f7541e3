import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ndcgAt, recallAt, reciprocalRankAt } from "./metrics.ts";

const judgements = (entries: Record<string, number>) => new Map(Object.entries(entries));

describe("nDCG", () => {
  test("of graded documents in the wrong order", () => {
    // DCG: 2 / log2(3) + 1 / log2(4) = 1.26186 + 0.5. Best: 2 / log2(2) + 1 / log2(3) = 2 + 0.63093.
    const value = ndcgAt(10, ["c", "b", "a", "d"], judgements({ a: 1, b: 2, c: 0 }));
    expect(value).toBeCloseTo(1.7618595 / 2.6309298, 6);
  });

  test("takes relevance itself as the gain, not a power of it", () => {
    // Linear: (1 + 3 / log2(3)) / (3 + 1 / log2(3)). The exponential gains 1 and 7 would give 0.7098.
    const value = ndcgAt(10, ["a", "b"], judgements({ a: 1, b: 3 }));
    expect(value).toBeCloseTo((1 + 1.8927893) / (3 + 0.6309298), 6);
  });

  test("looks at no rank beyond the depth, neither in what was found nor in the best order", () => {
    // Found at ranks 1 and 3, cut after 2; the best order has two at ranks 1 and 2, though three are relevant.
    const value = ndcgAt(2, ["a", "x", "b"], judgements({ a: 1, b: 1, c: 1 }));
    expect(value).toBeCloseTo(1 / (1 + 0.6309298), 6);
  });

  test("counts a relevant document that was not found in the best order", () => {
    expect(ndcgAt(10, ["a"], judgements({ a: 1, b: 1 }))).toBeCloseTo(1 / 1.6309298, 6);
  });

  test("passes over a relevance below zero, as trec_eval does", () => {
    // Found at rank 2, after one that was not judged: 1 / log2(3).
    expect(ndcgAt(10, ["x", "a"], judgements({ x: -1, a: 1 }))).toBeCloseTo(0.6309298, 6);
  });

  test.each([
    ["nothing is relevant", ["a"], { a: 0 }],
    ["nothing is judged", ["a"], {}],
    ["nothing was found", [], { a: 1 }],
  ])("is 0 where %s", (_, ranking, judged) => {
    expect(ndcgAt(10, ranking, judgements(judged))).toBe(0);
  });
});

describe("recall", () => {
  test("is the share of what is relevant, whatever its grade", () => {
    const judged = judgements({ a: 3, b: 1, c: 2, d: 0, e: -1 });
    expect(recallAt(4, ["a", "d", "e", "b", "c"], judged)).toBeCloseTo(2 / 3);
  });

  test("is 0 where nothing is relevant", () => {
    expect(recallAt(100, ["a"], judgements({ a: 0 }))).toBe(0);
  });
});

describe("the reciprocal rank", () => {
  test.each([
    [["a", "b"], 1],
    [["x", "y", "a"], 1 / 3],
    [["x", "y", "z", "a"], 0],
    [[], 0],
  ])("of the first relevant among three in %j is %d", (ranking, wanted) => {
    expect(reciprocalRankAt(3, ranking, judgements({ a: 1, b: 2, x: 0 }))).toBe(wanted);
  });
});

describe("whatever is judged and found", () => {
  const ids = fc.integer({ min: 0, max: 30 }).map(String);
  const judged = fc
    .uniqueArray(fc.tuple(ids, fc.integer({ min: -1, max: 4 })), { selector: ([id]) => id })
    .map((entries) => new Map(entries));
  const ranking = fc.uniqueArray(ids);
  const depth = fc.integer({ min: 1, max: 20 });

  test("each figure is from 0 to 1, and no worse at a greater depth where it may not be", () => {
    fc.assert(
      fc.property(ranking, judged, depth, (found, relevance, k) => {
        for (const figure of [ndcgAt, recallAt, reciprocalRankAt]) {
          const value = figure(k, found, relevance);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + Number.EPSILON);
        }
        expect(recallAt(k + 1, found, relevance)).toBeGreaterThanOrEqual(
          recallAt(k, found, relevance),
        );
      }),
    );
  });

  test("the best order has an nDCG of 1, and no swap of neighbours betters it", () => {
    fc.assert(
      fc.property(judged, depth, fc.nat(), (relevance, k, place) => {
        const best = [...relevance].toSorted((a, b) => b[1] - a[1]).map(([id]) => id);
        fc.pre([...relevance.values()].some((one) => one > 0) && best.length > 1);
        expect(ndcgAt(k, best, relevance)).toBeCloseTo(1, 12);
        const at = place % (best.length - 1);
        const swapped = best.with(at, best[at + 1] ?? "").with(at + 1, best[at] ?? "");
        expect(ndcgAt(k, swapped, relevance)).toBeLessThanOrEqual(1 + Number.EPSILON);
      }),
    );
  });

  test("documents that nobody judged may change places with one another", () => {
    fc.assert(
      fc.property(ranking, judged, depth, (found, relevance, k) => {
        const strangers = found.map((id) => (relevance.has(id) ? id : `stranger-${id}`));
        for (const figure of [ndcgAt, recallAt, reciprocalRankAt]) {
          expect(figure(k, strangers, relevance)).toBe(figure(k, found, relevance));
        }
      }),
    );
  });
});
