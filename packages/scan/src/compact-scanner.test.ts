import { dot, isRetrievalError, type ScanHits } from "@nearfield/core";
import { scannerContract, vectorsOf } from "@nearfield/testing";
import { describe, expect, it } from "vitest";
import { CompactScanner, type CompactScannerOptions } from "./compact-scanner.ts";
import { TypeScriptScanner } from "./typescript-scanner.ts";

// With a recall of 1 the estimates decide nothing, and all the rest has to be right.
scannerContract(
  "CompactScanner that may miss nothing, in Node",
  (dimensions) => new CompactScanner(dimensions, { recall: 1, module: "simd" }),
);
scannerContract(
  "CompactScanner that may miss nothing and reads from storage, in Node",
  (dimensions) => new CompactScanner(dimensions, { recall: 1, module: "simd", memoryBytes: 0 }),
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
  const query = queries[0] as Float32Array;
  const oracle = new TypeScriptScanner(dimensions);
  const truth = oracle.add(rows);

  /** Rows lie in storage, as a caller has them. */
  function stored(options: CompactScannerOptions = {}, set = rows) {
    const reads: number[] = [];
    const scanner = new CompactScanner(dimensions, {
      module: "simd",
      readRows: (_block, wanted) => {
        reads.push(wanted.length);
        const floats = new Float32Array(wanted.length * dimensions);
        for (const [i, row] of wanted.entries())
          floats.set(set.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
        return Promise.resolve(floats);
      },
      ...options,
    });
    return { scanner, block: scanner.add(set), reads };
  }

  async function recallOf(scanner: CompactScanner, block: number): Promise<number> {
    const found = await scanner.searchBatch(queries, 10, [{ block }]);
    const shares = queries.map((asked, i) => {
      const best = oracle.search(asked, 10, [{ block: truth }]).rows;
      return best.filter((row) => (found[i] as ScanHits).rows.includes(row)).length / 10;
    });
    return shares.reduce((sum, share) => sum + share, 0) / queries.length;
  }

  it.each([
    ["refined by 8-bit codes", undefined],
    ["of one bit alone", 0],
  ])(
    "finds 98 % and more of the best with codes %s, though the variance falls with the coordinate",
    async (_name, memoryBytes) => {
      const { scanner, block } = stored({ memoryBytes });
      expect(await recallOf(scanner, block)).toBeGreaterThanOrEqual(0.98);
    },
  );

  it("reads a small part of the rows, and least where 8-bit codes decide", async () => {
    const lean = stored({ memoryBytes: 0 });
    const refined = stored();
    await lean.scanner.search(query, 10, [{ block: lean.block }]);
    await refined.scanner.search(query, 10, [{ block: refined.block }]);
    const [few, fewer] = [lean, refined].map(({ reads }) => reads.reduce((sum, n) => sum + n, 0));
    expect(few).toBeLessThan(count / 4);
    expect(fewer).toBeLessThan(count / 20);
  });

  it("holds one bit per component and one factor per row, once 8-bit codes do not fit any more", () => {
    const { scanner } = stored({ memoryBytes: 200_000 });
    expect(scanner.byteLength / count).toBeLessThan(dimensions / 8 + 5);
    expect(scanner.description).toContain("codes of 1 bit;");
    const { scanner: roomy } = stored();
    expect(roomy.byteLength / count).toBeGreaterThan(dimensions);
    expect(roomy.description).toContain("refined");
  });

  it("compares blocks whose rows lie around different means", async () => {
    const shifted = (by: number) => rows.map((x, i) => (i % dimensions === 3 ? x + by : x));
    const scanner = new CompactScanner(dimensions, { memoryBytes: 0, module: "simd" });
    const blocks = [shifted(-5), shifted(5), shifted(0)].map((set) => scanner.add(set));
    const axis = new Float32Array(dimensions);
    axis[3] = 1;
    const { targets } = await scanner.search(
      axis,
      20,
      blocks.map((block) => ({ block })),
    );
    expect([...targets]).toEqual(Array.from({ length: 20 }, () => 1));
  });

  it("orders what it finds by exact scores", async () => {
    const { scanner, block } = stored();
    const hits = await scanner.search(query, 10, [{ block }]);
    expect(hits.rows.length).toBe(10);
    expect([...hits.scores]).toEqual([...hits.scores].sort((a, b) => b - a));
    for (const [i, row] of hits.rows.entries())
      expect(hits.scores[i]).toBe(
        dot(rows.subarray(row * dimensions, (row + 1) * dimensions), query),
      );
  });

  it("gives as many rows as the limit asks for, however many that are", async () => {
    const { scanner, block } = stored({ memoryBytes: 0 });
    for (const limit of [1, 300, 4000])
      expect((await scanner.search(query, limit, [{ block }])).rows.length).toBeGreaterThanOrEqual(
        limit,
      );
  });

  it("measures its recall on queries of the caller, and says so", async () => {
    const { scanner, block } = stored();
    expect(scanner.recall).toBeUndefined();
    const report = await scanner.measureRecall(queries);
    expect(report).toEqual({
      recall: expect.any(Number),
      target: 0.99,
      limit: 10,
      queries: 40,
      deviations: expect.any(Number),
    });
    expect(report.recall).toBeGreaterThanOrEqual(0.99);
    expect(scanner.recall).toEqual(report);
    expect(await recallOf(scanner, block)).toBeCloseTo(report.recall, 10);
    expect(scanner.isExact).toBe(false);
  });

  /** Each estimate is off by more than what lies between rows: nothing but a look at all of them finds the best. */
  const flat = Float32Array.from({ length: 3000 * dimensions }, (_, i) =>
    i % dimensions === 0 ? 1 + Math.floor(i / dimensions) * 1e-6 : Math.sin(i * i) * 10,
  );
  const axis = Float32Array.from({ length: dimensions }, (_, j) => (j === 0 ? 1 : 0));

  it.each([undefined, 0])(
    "looks at more by itself where the recall is too low, and at every row in the end (memory for 8-bit codes: %s)",
    async (memoryBytes) => {
      const { scanner, block } = stored({ memoryBytes, recall: 0.9999 }, flat);
      const sample = Array.from({ length: 8 }, (_, i) => axis.map((x) => x * (i + 1)));
      const { recall } = await scanner.measureRecall(sample);
      expect(recall).toBeGreaterThanOrEqual(0.9999);
      const { rows: found } = await scanner.search(axis, 5, [{ block }]);
      expect([...found]).toEqual([2999, 2998, 2997, 2996, 2995]);
    },
  );

  it("can be told to stop a measurement", async () => {
    const { scanner } = stored();
    const failure = await scanner
      .measureRecall(queries, { signal: AbortSignal.abort() })
      .catch((error: unknown) => error);
    expect(isRetrievalError(failure) && failure.code).toBe("ABORTED");
    expect(scanner.recall).toBeUndefined();
  });

  it("passes on what a read throws, and refuses rows that were not asked for", async () => {
    const broken = stored({ readRows: () => Promise.reject(new Error("no disk")) });
    await expect(broken.scanner.search(query, 1, [{ block: broken.block }])).rejects.toThrow(
      "no disk",
    );
    const short = stored({ readRows: () => new Float32Array(3) });
    await expect(short.scanner.search(query, 1, [{ block: short.block }])).rejects.toThrow(
      "INVALID_VECTOR",
    );
  });

  it("finishes a search whose blocks are removed meanwhile", async () => {
    const { scanner, block } = stored({ recall: 1 });
    const hits = scanner.search(query, 3, [{ block }]);
    scanner.remove(block);
    expect([...(await hits).scores]).toEqual([
      ...oracle.search(query, 3, [{ block: truth }]).scores,
    ]);
  });

  it.each([0, -1, 1.5, NaN])("refuses a recall of %d", (recall) => {
    expect(() => new CompactScanner(8, { recall })).toThrow("INVALID_OPTION");
  });

  it("refuses more dimensions than its tables have bits for", () => {
    expect(() => new CompactScanner(4097)).toThrow("INVALID_OPTION");
  });
});
