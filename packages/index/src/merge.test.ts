import fc from "fast-check";
import { expect, it } from "vitest";
import { allRows, clearRows, countRows, hasRow } from "./bitmap.ts";
import { chooseMerge, type SegmentSize } from "./merge.ts";
import { MAX_SEGMENT_ROWS } from "./segment.ts";

/** Carries out what {@link chooseMerge} says for a stream of commits; gives the segments left and the rows written. */
function run(commits: readonly number[]): { segments: SegmentSize[]; written: number } {
  let segments: SegmentSize[] = [];
  let written = 0;
  let next = 1;
  for (const rows of commits) {
    const chosen = new Set(chooseMerge(segments, rows));
    let total = rows;
    for (const { id, live } of segments) if (chosen.has(id)) total += live;
    written += total;
    segments = segments.filter(({ id }) => !chosen.has(id));
    for (let left = total; left > 0; left -= MAX_SEGMENT_ROWS) {
      const size = Math.min(left, MAX_SEGMENT_ROWS);
      segments.push({ id: next++, rows: size, live: size });
    }
  }
  return { segments, written };
}

it("many commits of 64 rows end in few segments, each row written less than three times", () => {
  const { segments, written } = run(Array.from({ length: 1024 }, () => 64));
  expect(segments.filter(({ rows }) => rows === MAX_SEGMENT_ROWS)).toHaveLength(16);
  expect(segments).toHaveLength(16);
  expect(written / (1024 * 64)).toBeLessThan(3);
});

it("commits of any size end in few segments, each row written a few times", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 200, maxLength: 400 }),
      (commits) => {
        const { segments, written } = run(commits);
        const total = commits.reduce((sum, rows) => sum + rows, 0);
        // Seven of each of four tiers beside the full ones.
        const full = segments.filter(({ rows }) => rows === MAX_SEGMENT_ROWS).length;
        expect(segments.length - full).toBeLessThanOrEqual(28);
        expect(written / total).toBeLessThan(5);
      },
    ),
    { numRuns: 50, seed: 1 },
  );
});

it("a segment that is half empty is rewritten, one that is not is left", () => {
  const sizes = [
    { id: 1, rows: 4096, live: 2048 },
    { id: 2, rows: 4096, live: 2049 },
  ];
  expect(chooseMerge(sizes, 0)).toEqual([1]);
});

it("one commit rewrites a bounded number of rows, however many segments are half empty", () => {
  const sizes = Array.from({ length: 100 }, (_, at) => ({ id: at, rows: 4096, live: 2000 }));
  expect(chooseMerge(sizes, 64).length).toBeLessThanOrEqual(8);
});

it("a bitmap has the rows that were not taken out", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 5 }),
      (rows, ranges) => {
        const bitmap = allRows(rows);
        const expected = new Set(Array.from({ length: rows }, (_, row) => row));
        for (const [a, b] of ranges) {
          const [start, end] = [Math.min(a, b, rows), Math.min(Math.max(a, b), rows)];
          clearRows(bitmap, start, end);
          for (let row = start; row < end; row++) expected.delete(row);
        }
        expect(countRows(bitmap)).toBe(expected.size);
        for (let row = 0; row < rows; row++) expect(hasRow(bitmap, row)).toBe(expected.has(row));
      },
    ),
    { seed: 1 },
  );
});
