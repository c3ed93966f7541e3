import {
  dot,
  isRetrievalError,
  type AsyncScanner,
  type BlockId,
  type Scanner,
  type ScanHits,
  type ScanTarget,
} from "@nearfield/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded.ts";
import { VECTOR_SHAPES, vectorsOf, type VectorShape } from "./vectors.ts";

/** A scanner whose answers may come at once or later: both have to be the same. */
export type ScannerUnderTest = Scanner | AsyncScanner;

export interface ScannerContractOptions {
  /** For a device that takes milliseconds for each search: fewer cases of each kind, and small ones. */
  readonly brief?: boolean | undefined;
}

/** A block as the tests know it: what was added, and under which handle. */
interface KnownBlock {
  readonly id: BlockId;
  readonly rows: Float32Array;
}

/**
 * What `Scanner` promises, held against its definition: every allowed row scored with `dot`, sorted, and cut after the last
 * tie. Each scanner runs it in each environment that it serves.
 *
 * @param make a new scanner of that many dimensions; the suite closes it
 */
export function scannerContract(
  name: string,
  make: (dimensions: number) => ScannerUnderTest | Promise<ScannerUnderTest>,
  { brief = false }: ScannerContractOptions = {},
): void {
  const runs = (most: number): number => (brief ? 1 : most);
  const withScanner = async (
    dimensions: number,
    run: (scanner: ScannerUnderTest) => void | Promise<void>,
  ): Promise<void> => {
    const scanner = await make(dimensions);
    try {
      await run(scanner);
    } finally {
      scanner.close();
    }
  };
  const addTo = (scanner: ScannerUnderTest, rows: Float32Array): KnownBlock => ({
    id: scanner.add(rows),
    rows: rows.slice(),
  });

  describe(`${name}: exactness`, () => {
    it.each(VECTOR_SHAPES)("finds what plain scoring finds, to the bit: %s rows", async (shape) => {
      await fc.assert(
        fc.asyncProperty(
          searchArbitrary,
          async ({ dimensions, counts, query, seed, limit, share }) => {
            await withScanner(dimensions, async (scanner) => {
              const blocks = counts.map((count, i) =>
                addTo(scanner, vectorsOf(shape, count, dimensions, seed + i)),
              );
              const targets = blocks.map(({ id }, i) => ({
                block: id,
                allowed: share === undefined ? undefined : bitmap(counts[i] as number, share, seed),
              }));
              const asked = queryOf(query, shape, dimensions, seed, blocks);
              await expectHits(scanner, blocks, asked, limit, targets);
            });
          },
        ),
        { numRuns: runs(25), seed: 1 },
      );
    });

    it.each([1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 100, 127, 128, 384, 768, 1000, 1024, 4096])(
      "holds vectors of %d dimensions",
      async (dimensions) => {
        await withScanner(dimensions, async (scanner) => {
          const block = addTo(scanner, vectorsOf("anisotropic", 67, dimensions, dimensions));
          for (const limit of [1, 10, 67, 68]) {
            const query = vectorsOf("anisotropic", 1, dimensions, dimensions + limit);
            await expectHits(scanner, [block], query, limit, [{ block: block.id }]);
          }
        });
      },
    );

    it("keeps mixed shapes apart in one search", async () => {
      await withScanner(48, async (scanner) => {
        const blocks = VECTOR_SHAPES.map((shape, i) => addTo(scanner, vectorsOf(shape, 40, 48, i)));
        const targets = blocks.map(({ id }) => ({ block: id }));
        for (const shape of VECTOR_SHAPES)
          for (const limit of [1, 17, 200])
            await expectHits(scanner, blocks, vectorsOf(shape, 1, 48, 99), limit, targets);
      });
    });

    it("is not misled by rows on which 8-bit codes are as wrong as can be", async () => {
      // In steps of 1 the best row is rounded down in every component along the query, and the others are rounded up:
      // by their codes the best row is the last, as far behind as the errors of both together allow.
      const dimensions = 128;
      const rows = new Float32Array(40 * dimensions);
      for (let row = 0; row < 40; row++)
        for (let j = 0; j < dimensions; j++)
          rows[row * dimensions + j] = j === 0 ? 127 : row === 30 ? 10.49 : j < 124 ? 10.51 : 9.51;
      const query = new Float32Array(dimensions).fill(1);
      query[0] = 0;
      await withScanner(dimensions, async (scanner) => {
        const block = addTo(scanner, rows);
        expect([...(await scanner.search(query, 1, [{ block: block.id }])).rows]).toEqual([30]);
        await expectHits(scanner, [block], query, 10, [{ block: block.id }]);
      });
    });

    it("is not misled by a query on which 16-bit codes are as wrong as can be", async () => {
      // In steps of 1, set by the first component, rounding the query turns the order of two opposite rows around.
      const dimensions = 129;
      const rows = new Float32Array(2 * dimensions);
      const query = new Float32Array(dimensions);
      query[0] = 32_767;
      for (let j = 1; j < dimensions; j++) {
        const sign = j % 2 === 0 ? 1 : -1;
        rows[j] = 127 * sign;
        rows[dimensions + j] = -127 * sign;
        query[j] = 100 + 0.49 * sign + (sign < 0 && j < 60 ? 1 : 0);
      }
      await withScanner(dimensions, async (scanner) => {
        const block = addTo(scanner, rows);
        expect([...(await scanner.search(query, 1, [{ block: block.id }])).rows]).toEqual([0]);
      });
    });

    it("is not misled by sums that leave float32 on the way to a score within it", async () => {
      const rows = new Float32Array(2 * 32);
      rows[0] = rows[16] = 1.8e38;
      rows[1] = rows[2] = -1.2e38;
      rows[32] = 2e38;
      await withScanner(32, async (scanner) => {
        const block = addTo(scanner, rows);
        const query = new Float32Array(32).fill(1);
        expect([...(await scanner.search(query, 1, [{ block: block.id }])).rows]).toEqual([1]);
      });
    });

    it("is not misled by rows that are too small to be divided", async () => {
      const rows = new Float32Array(2 * 32);
      rows[0] = 100 * 2 ** -149;
      rows.fill(60 * 2 ** -149, 32);
      await withScanner(32, async (scanner) => {
        const block = addTo(scanner, rows);
        const query = new Float32Array(32).fill(1);
        expect([...(await scanner.search(query, 1, [{ block: block.id }])).rows]).toEqual([1]);
      });
    });

    it("returns every row that ties with the last, also across blocks", async () => {
      await withScanner(20, async (scanner) => {
        const row = vectorsOf("gaussian", 1, 20, 5);
        const rows = new Float32Array(20 * 70);
        for (let i = 0; i < 70; i++) rows.set(row, i * 20);
        const blocks = [addTo(scanner, rows), addTo(scanner, rows)];
        const hits = await scanner.search(row, 3, [
          { block: blocks[1]?.id ?? 0 },
          { block: blocks[0]?.id ?? 0 },
        ]);
        expect(hits.rows.length).toBe(140);
        expect([...hits.targets]).toEqual(Array.from({ length: 140 }, (_, i) => (i < 70 ? 0 : 1)));
        expect([...hits.rows]).toEqual(Array.from({ length: 140 }, (_, i) => i % 70));
      });
    });

    it("returns all rows for the zero query", async () => {
      await withScanner(33, async (scanner) => {
        const block = addTo(scanner, vectorsOf("gaussian", 50, 33, 3));
        const all = await scanner.search(new Float32Array(33), 1, [{ block: block.id }]);
        expect(all.rows.length).toBe(50);
        await expectHits(scanner, [block], new Float32Array(33), 1, [{ block: block.id }]);
      });
    });
  });

  describe(`${name}: targets`, () => {
    it.each([0, 0.001, 0.02, 0.1, 0.5, 0.9, 0.99, 1])(
      "honours bitmaps that allow a share of %d",
      async (share) => {
        await withScanner(40, async (scanner) => {
          // More rows than any kernel takes at a time, and no round number of them.
          const rows = vectorsOf("duplicated", 9001, 40, 11);
          rows.set(vectorsOf("gaussian", 4500, 40, 12), 40 * 2000);
          const block = addTo(scanner, rows);
          const allowed = bitmap(9001, share, 13);
          for (const limit of [1, 10, 1000])
            await expectHits(scanner, [block], vectorsOf("gaussian", 1, 40, limit), limit, [
              { block: block.id, allowed },
            ]);
        });
      },
    );

    it("ignores what a bitmap holds beyond the last row", async () => {
      await withScanner(8, async (scanner) => {
        const block = addTo(scanner, vectorsOf("gaussian", 11, 8, 2));
        const allowed = new Uint8Array(40).fill(255);
        await expectHits(scanner, [block], vectorsOf("gaussian", 1, 8, 3), 100, [
          { block: block.id, allowed },
        ]);
      });
    });

    it("searches only the blocks that are named, as often as they are named", async () => {
      await withScanner(16, async (scanner) => {
        const blocks = [1, 2, 3].map((seed) => addTo(scanner, vectorsOf("gaussian", 30, 16, seed)));
        const ids = blocks.map(({ id }) => id);
        const query = vectorsOf("gaussian", 1, 16, 4);
        for (const named of [[2], [2, 0], [1, 1], [0, 2, 0, 1]])
          await expectHits(
            scanner,
            blocks,
            query,
            7,
            named.map((i) => ({ block: ids[i] as BlockId })),
          );
      });
    });

    it("answers with nothing where there is nothing", async () => {
      await withScanner(16, async (scanner) => {
        const empty = scanner.add(new Float32Array(0));
        const full = scanner.add(vectorsOf("gaussian", 20, 16, 1));
        const query = vectorsOf("gaussian", 1, 16, 2);
        const nothing = {
          targets: new Uint32Array(),
          rows: new Uint32Array(),
          scores: new Float64Array(),
        };
        expect(await scanner.search(query, 5, [])).toEqual(nothing);
        expect(await scanner.search(query, 5, [{ block: empty }])).toEqual(nothing);
        expect(
          await scanner.search(query, 5, [{ block: full, allowed: new Uint8Array(3) }]),
        ).toEqual(nothing);
      });
    });
  });

  describe(`${name}: batches`, () => {
    it.each([
      [33, 700, 5],
      [384, 300, 3],
    ])(
      "answers each query of a batch as if it were alone: %d dimensions, %d rows, %d queries",
      async (dimensions, count, size) => {
        await withScanner(dimensions, async (scanner) => {
          const blocks = (["anisotropic", "duplicated", "mixed lengths"] as const).map((shape, i) =>
            addTo(scanner, vectorsOf(shape, count, dimensions, i)),
          );
          const targets = blocks.map(({ id }, i) => ({
            block: id,
            allowed: i === 1 ? bitmap(count, 0.4, 1) : undefined,
          }));
          const queries = Array.from({ length: size }, (_, i) =>
            vectorsOf(i === 1 ? "zero" : "anisotropic", 1, dimensions, 50 + i),
          );
          expect(await scanner.searchBatch(queries, 7, targets)).toEqual(
            queries.map((query) => definition(dimensions, blocks, query, 7, targets)),
          );
        });
      },
    );

    it("answers a batch of none with nothing, and refuses one with a bad query", async () => {
      await withScanner(16, async (scanner) => {
        const block = addTo(scanner, vectorsOf("gaussian", 20, 16, 1));
        const good = vectorsOf("gaussian", 1, 16, 2);
        const search = (queries: Float32Array[]) => () =>
          scanner.searchBatch(queries, 3, [{ block: block.id }]);
        expect(await search([])()).toEqual([]);
        expect(await codeOf(search([good, new Float32Array(15)]))).toBe("INVALID_VECTOR");
        expect(await search([good])()).toEqual([
          await scanner.search(good, 3, [{ block: block.id }]),
        ]);
      });
    });
  });

  describe(`${name}: blocks`, () => {
    it("finds the same through any order of additions and removals", async () => {
      const step = fc.record({
        remove: fc.boolean(),
        which: fc.nat(20),
        count: fc.integer({ min: 0, max: 90 }),
        shape: fc.constantFrom(...VECTOR_SHAPES),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(1000), async (steps, seed) => {
          await withScanner(24, async (scanner) => {
            const blocks: KnownBlock[] = [];
            const used = new Set<BlockId>();
            for (const [i, { remove, which, count, shape }] of steps.entries()) {
              if (remove && blocks.length > 0) {
                scanner.remove(blocks.splice(which % blocks.length, 1)[0]?.id as BlockId);
              } else {
                const block = addTo(scanner, vectorsOf(shape, count, 24, seed + i));
                expect(used.has(block.id)).toBe(false);
                used.add(block.id);
                blocks.push(block);
              }
            }
            const targets = blocks.map(({ id }) => ({ block: id }));
            await expectHits(scanner, blocks, vectorsOf("anisotropic", 1, 24, seed), 5, targets);
          });
        }),
        { numRuns: runs(40), seed: 2 },
      );
    });

    it("counts the bytes that it holds, and gives them back", async () => {
      await withScanner(32, async (scanner) => {
        expect(scanner.byteLength).toBe(0);
        const rows = vectorsOf("gaussian", 100, 32, 1);
        const first = scanner.add(rows);
        const one = scanner.byteLength;
        expect(one).toBeGreaterThanOrEqual(100);
        const second = scanner.add(rows);
        expect(scanner.byteLength).toBe(2 * one);
        scanner.remove(first);
        scanner.remove(first);
        scanner.remove(987_654);
        expect(scanner.byteLength).toBe(one);
        scanner.remove(second);
        expect(scanner.byteLength).toBe(0);
      });
    });

    it("takes a copy of the rows and leaves its inputs alone", async () => {
      await withScanner(12, async (scanner) => {
        const rows = vectorsOf("gaussian", 30, 12, 1);
        const before = rows.slice();
        const block = addTo(scanner, rows);
        expect(rows).toEqual(before);
        rows.fill(7);
        const query = vectorsOf("gaussian", 1, 12, 2);
        const allowed = bitmap(30, 0.5, 1);
        const asked = { query: query.slice(), allowed: allowed.slice() };
        await expectHits(scanner, [block], query, 4, [{ block: block.id, allowed }]);
        expect({ query, allowed }).toEqual(asked);
      });
    });

    it("takes rows that are a view into a larger buffer", async () => {
      await withScanner(12, async (scanner) => {
        const all = vectorsOf("gaussian", 30, 12, 1);
        const block = addTo(scanner, all.subarray(5 * 12, 17 * 12));
        await expectHits(scanner, [block], all.subarray(0, 12), 4, [{ block: block.id }]);
      });
    });

    it("gives hits that later calls do not change", async () => {
      await withScanner(12, async (scanner) => {
        const block = scanner.add(vectorsOf("gaussian", 30, 12, 1));
        const hits = await scanner.search(vectorsOf("gaussian", 1, 12, 2), 5, [{ block }]);
        const before = structuredClone(hits);
        scanner.add(vectorsOf("gaussian", 3000, 12, 3));
        await scanner.search(vectorsOf("gaussian", 1, 12, 4), 5, [{ block }]);
        expect(hits).toEqual(before);
      });
    });
  });

  describe(`${name}: bad input`, () => {
    const query = vectorsOf("gaussian", 1, 16, 1);

    it.each([0, -1, 1.5, NaN, 1e9])("refuses %d dimensions", async (dimensions) => {
      expect(await codeOf(() => make(dimensions))).toBe("INVALID_OPTION");
    });

    it.each([NaN, Infinity, -Infinity])(
      "refuses a row with %d, wherever it is",
      async (component) => {
        await withScanner(16, async (scanner) => {
          const block = addTo(scanner, vectorsOf("gaussian", 20, 16, 1));
          const bytes = scanner.byteLength;
          for (const at of [0, 15, 16 * 7 + 3, 16 * 20 - 1]) {
            const rows = vectorsOf("gaussian", 20, 16, 1);
            rows[at] = component;
            expect(await codeOf(() => scanner.add(rows))).toBe("INVALID_VECTOR");
          }
          expect(scanner.byteLength).toBe(bytes);
          await expectHits(scanner, [block], query, 3, [{ block: block.id }]);
        });
      },
    );

    it("refuses rows that do not come out even", async () => {
      await withScanner(16, async (scanner) => {
        expect(await codeOf(() => scanner.add(new Float32Array(17)))).toBe("INVALID_VECTOR");
      });
    });

    it("refuses a query of another length, or one that is not finite", async () => {
      await withScanner(16, async (scanner) => {
        const block = addTo(scanner, vectorsOf("gaussian", 20, 16, 1));
        const search = (asked: Float32Array) => () =>
          scanner.search(asked, 3, [{ block: block.id }]);
        expect(await codeOf(search(new Float32Array(15)))).toBe("INVALID_VECTOR");
        expect(await codeOf(search(new Float32Array(17)))).toBe("INVALID_VECTOR");
        for (const component of [NaN, Infinity, -Infinity])
          expect(await codeOf(search(query.map((x, j) => (j === 9 ? component : x))))).toBe(
            "INVALID_VECTOR",
          );
        await expectHits(scanner, [block], query, 3, [{ block: block.id }]);
      });
    });

    it.each([0, -1, 2.5, NaN])("refuses a limit of %d", async (limit) => {
      await withScanner(16, async (scanner) => {
        expect(await codeOf(() => scanner.search(query, limit, []))).toBe("INVALID_OPTION");
      });
    });

    it("refuses a block that it does not hold, and a bitmap that is too short", async () => {
      await withScanner(16, async (scanner) => {
        const block = scanner.add(vectorsOf("gaussian", 20, 16, 1));
        const search = (target: ScanTarget) => () => scanner.search(query, 3, [target]);
        expect(await codeOf(search({ block: block + 1 }))).toBe("INVALID_OPTION");
        expect(await codeOf(search({ block, allowed: new Uint8Array(2) }))).toBe("INVALID_OPTION");
        scanner.remove(block);
        expect(await codeOf(search({ block }))).toBe("INVALID_OPTION");
      });
    });

    it("refuses work after it was closed, and closes twice", async () => {
      const scanner = await make(16);
      const block = scanner.add(vectorsOf("gaussian", 20, 16, 1));
      scanner.close();
      scanner.close();
      scanner.remove(block);
      expect(scanner.byteLength).toBe(0);
      expect(await codeOf(() => scanner.add(new Float32Array(16)))).toBe("CLOSED");
      expect(await codeOf(() => scanner.search(query, 1, []))).toBe("CLOSED");
    });
  });
}

const QUERIES = [
  "like the rows",
  "a row",
  "opposite",
  "one component",
  "gaussian",
  "huge",
  "zero",
] as const;

const searchArbitrary = fc.record({
  dimensions: fc.constantFrom(1, 3, 4, 7, 16, 20, 32, 61, 64, 130, 384),
  counts: fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 4 }),
  query: fc.constantFrom(...QUERIES),
  seed: fc.nat(1_000_000),
  limit: fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 500 }),
    fc.constant(Infinity),
  ),
  /** Share of rows that are allowed; undefined: no bitmap. */
  share: fc.option(fc.constantFrom(0.03, 0.5, 0.97), { nil: undefined }),
});

function queryOf(
  kind: (typeof QUERIES)[number],
  shape: VectorShape,
  dimensions: number,
  seed: number,
  blocks: readonly KnownBlock[],
): Float32Array {
  const first =
    (blocks[0]?.rows.length ?? 0) > 0 ? blocks[0]?.rows.slice(0, dimensions) : undefined;
  const like = vectorsOf(shape, 1, dimensions, seed + 77);
  switch (kind) {
    case "like the rows":
      return like;
    case "a row":
      return first ?? like;
    case "opposite":
      return (first ?? like).map((x) => -x);
    case "one component":
      return like.map((x, j) => (j === seed % dimensions ? x || 1 : 0));
    case "gaussian":
    case "huge":
    case "zero":
      return vectorsOf(kind, 1, dimensions, seed + 78);
    default:
      return kind satisfies never;
  }
}

function bitmap(count: number, share: number, seed: number): Uint8Array {
  const { uniform } = seededRandom(seed);
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let row = 0; row < count; row++)
    if (uniform() < share) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  return bits;
}

/** The definition of the right answer, in as few lines as can be. */
function definition(
  dimensions: number,
  blocks: readonly KnownBlock[],
  query: Float32Array,
  limit: number,
  targets: readonly ScanTarget[],
): ScanHits {
  const all = targets.flatMap(({ block, allowed }, target) => {
    const rows = blocks.find(({ id }) => id === block)?.rows ?? new Float32Array();
    return Array.from({ length: rows.length / dimensions }, (_, row) => ({
      target,
      row,
      score: dot(rows.subarray(row * dimensions, (row + 1) * dimensions), query),
    })).filter(({ row }) => !allowed || ((allowed[row >> 3] as number) & (1 << (row & 7))) !== 0);
  });
  all.sort((a, b) => b.score - a.score || a.target - b.target || a.row - b.row);
  const last = all[Math.min(limit, all.length) - 1]?.score ?? Infinity;
  const hits = all.filter(({ score }) => score >= last);
  return {
    targets: Uint32Array.from(hits, ({ target }) => target),
    rows: Uint32Array.from(hits, ({ row }) => row),
    scores: Float64Array.from(hits, ({ score }) => score),
  };
}

async function expectHits(
  scanner: ScannerUnderTest,
  blocks: readonly KnownBlock[],
  query: Float32Array,
  limit: number,
  targets: readonly ScanTarget[],
): Promise<void> {
  expect(await scanner.search(query, limit, targets)).toEqual(
    definition(scanner.dimensions, blocks, query, limit, targets),
  );
}

async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (thrown) {
    return isRetrievalError(thrown) ? thrown.code : `not a RetrievalError: ${String(thrown)}`;
  }
  return "nothing was thrown";
}
