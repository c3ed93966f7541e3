import fc from "fast-check";
import { expect, test } from "vitest";
import { planBatches } from "./batch.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 60 });
const limits = fc.record({
  tokens: fc.integer({ min: 1, max: 600 }),
  rows: fc.integer({ min: 1, max: 9 }),
  padding: fc.boolean(),
});

test("every row is in exactly one batch", () => {
  fc.assert(
    fc.property(lengths, limits, (rows, limit) => {
      const planned = planBatches(rows, limit).flat();
      expect(planned.toSorted((a, b) => a - b)).toEqual(rows.map((_, row) => row));
    }),
  );
});

test("no batch is over a limit, but for a single row that is longer than the budget", () => {
  fc.assert(
    fc.property(lengths, limits, (rows, limit) => {
      for (const batch of planBatches(rows, limit)) {
        const longest = Math.max(...batch.map((row) => rows[row] as number));
        expect(batch.length).toBeLessThanOrEqual(limit.rows);
        expect(batch.length === 1 || batch.length * longest <= limit.tokens).toBe(true);
      }
    }),
  );
});

test("without padding only rows of one length share a batch", () => {
  fc.assert(
    fc.property(lengths, limits, (rows, limit) => {
      for (const batch of planBatches(rows, { ...limit, padding: false })) {
        expect(new Set(batch.map((row) => rows[row])).size).toBe(1);
      }
    }),
  );
});

test("the longest rows come first, and equal ones keep their order", () => {
  const plan = planBatches([3, 9, 3, 9], { tokens: 18, rows: 8, padding: true });
  expect(plan).toEqual([
    [1, 3],
    [0, 2],
  ]);
});
