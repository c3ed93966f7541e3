import { dot } from "@nearfield/core";
import { scannerContract, vectorsOf } from "@nearfield/testing";
import { describe, expect, it } from "vitest";
import { CompactScanner } from "./compact-scanner.ts";
import { TypeScriptScanner } from "./typescript-scanner.ts";

// With every row a candidate the estimates decide nothing, and all the rest has to be right.
scannerContract(
  "CompactScanner with all rows as candidates, in Node",
  (dimensions) => new CompactScanner(dimensions, { candidates: 100_000, module: "simd" }),
);

describe("CompactScanner", () => {
  const dimensions = 128;
  const count = 5000;
  const rows = vectorsOf("anisotropic", count, dimensions, 1);
  const at = (row: number, j: number): number => rows[row * dimensions + j] as number;
  /** Near one row, with something of another. */
  const queries = Array.from({ length: 40 }, (_, i) =>
    Float32Array.from({ length: dimensions }, (_x, j) => at(i * 100, j) + 0.3 * at(i * 77, j)),
  );
  const oracle = new TypeScriptScanner(dimensions);
  const truth = oracle.add(rows);

  function recall(candidates: number): number {
    const scanner = new CompactScanner(dimensions, { candidates, module: "simd" });
    const block = scanner.add(rows);
    let found = 0;
    for (const query of queries) {
      const best = oracle.search(query, 10, [{ block: truth }]).rows;
      const hits = scanner.search(query, 10, [{ block }]).rows;
      found += best.filter((row) => hits.includes(row)).length;
    }
    return found / (10 * queries.length);
  }

  it("finds nearly all of the best among few candidates, though the variance falls with the coordinate", () => {
    expect(recall(200)).toBeGreaterThan(0.97);
  });

  it("finds more among more candidates", () => {
    expect(recall(10)).toBeLessThan(recall(50));
  });

  it("compares blocks whose rows lie around different means", () => {
    const scanner = new CompactScanner(dimensions, { candidates: 20, module: "simd" });
    const shifted = (by: number) => rows.map((x, i) => (i % dimensions === 3 ? x + by : x));
    const blocks = [shifted(-5), shifted(5), shifted(0)].map((set) => scanner.add(set));
    const query = new Float32Array(dimensions);
    query[3] = 1;
    const { targets } = scanner.search(
      query,
      20,
      blocks.map((block) => ({ block })),
    );
    expect([...targets]).toEqual(Array.from({ length: 20 }, () => 1));
  });

  it("orders what it finds by exact scores", () => {
    const scanner = new CompactScanner(dimensions, { candidates: 50, module: "simd" });
    const block = scanner.add(rows);
    const query = queries[0] as Float32Array;
    const hits = scanner.search(query, 10, [{ block }]);
    expect(hits.rows.length).toBe(10);
    expect([...hits.scores]).toEqual([...hits.scores].sort((a, b) => b - a));
    for (const [i, row] of hits.rows.entries())
      expect(hits.scores[i]).toBe(
        dot(rows.subarray(row * dimensions, (row + 1) * dimensions), query),
      );
  });

  it("gives as many rows as the limit asks for, also above its number of candidates", () => {
    const scanner = new CompactScanner(dimensions, { candidates: 5, module: "simd" });
    const block = scanner.add(rows);
    expect(
      scanner.search(queries[0] as Float32Array, 300, [{ block }]).rows.length,
    ).toBeGreaterThanOrEqual(300);
  });

  it("holds little when rows are read from elsewhere, and reads only candidates", () => {
    let reads = 0;
    const scanner = new CompactScanner(dimensions, {
      candidates: 100,
      module: "simd",
      readRow: (_block, row) => {
        reads++;
        return rows.subarray(row * dimensions, (row + 1) * dimensions);
      },
    });
    const block = scanner.add(rows);
    expect(scanner.byteLength / count).toBeLessThan(dimensions / 8 + 5);
    scanner.search(queries[0] as Float32Array, 10, [{ block }]);
    expect(reads).toBe(100);
  });

  it.each([0, -1, 1.5, NaN])("refuses %d candidates", (candidates) => {
    expect(() => new CompactScanner(8, { candidates })).toThrow("INVALID_OPTION");
  });

  it("refuses more dimensions than its tables have bits for", () => {
    expect(() => new CompactScanner(4097)).toThrow("INVALID_OPTION");
  });
});
