import { dot } from "@nearfield/core";
import { seededRandom, VECTOR_SHAPES, vectorsOf, type VectorShape } from "@nearfield/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Float32Format } from "./formats/float32.ts";
import { allocateScratch, type EncodedBlock, type RowFormat } from "./formats/format.ts";
import { Int8Format } from "./formats/int8.ts";
import { instantiateKernels } from "./kernels/kernels.ts";
import { KernelMemory } from "./memory.ts";

const FORMATS = ["float32", "int8"] as const;

const memory = new KernelMemory();
const kernels = instantiateKernels(memory.memory, "simd");
const scratch = allocateScratch(memory);

function formatOf(name: (typeof FORMATS)[number], dimensions: number): RowFormat<EncodedBlock> {
  return name === "int8"
    ? new Int8Format(memory, kernels, scratch, dimensions, "simd")
    : new Float32Format(memory, kernels, scratch, dimensions);
}

/** Whether the bounds of every row hold, against `dot`. With a heap as large as the block no row is left out. */
function holds(
  name: (typeof FORMATS)[number],
  rows: Float32Array,
  query: Float32Array,
): { readonly isHeld: boolean; readonly worst: string } {
  const { length: dimensions } = query;
  const count = rows.length / dimensions;
  const format = formatOf(name, dimensions);
  const block = format.encode(rows, count);
  const prepared = format.prepare(query);
  const heap = { at: memory.allocate(count * 8), k: count };
  memory.doubles(heap.at, count).fill(-Infinity);
  const kept = prepared.scan(block, 0, count, false, heap);
  const uppers = memory.doubles(scratch.uppers, kept).slice();
  // Which row a lower bound belongs to is not kept. But if each is below its score, so are they in their order.
  const lowers = memory.doubles(heap.at, count).slice().sort();
  const { unit } = prepared;
  prepared.free();
  block.free();
  memory.free(heap.at);

  const scores = Float64Array.from({ length: count }, (_, row) =>
    dot(rows.subarray(row * dimensions, (row + 1) * dimensions), query),
  );
  if (kept !== count) return { isHeld: false, worst: `${count - kept} rows are left out` };
  for (const [row, score] of scores.entries())
    if ((uppers[row] as number) * unit < score)
      return { isHeld: false, worst: `upper bound of row ${row}` };
  for (const [place, score] of scores.toSorted().entries())
    if ((lowers[place] as number) * unit > score)
      return { isHeld: false, worst: `lower bound at place ${place}` };
  return { isHeld: true, worst: "" };
}

const sets = fc.record({
  rows: fc.constantFrom<VectorShape>(...VECTOR_SHAPES),
  query: fc.constantFrom<VectorShape>(...VECTOR_SHAPES),
  dimensions: fc.constantFrom(1, 3, 16, 33, 64, 130, 384),
  count: fc.integer({ min: 1, max: 50 }),
  seed: fc.nat(1_000_000),
});

it.each(FORMATS)("gives each row bounds between which its score lies: %s", (format) => {
  fc.assert(
    fc.property(sets, ({ rows, query, dimensions, count, seed }) => {
      const vectors = vectorsOf(rows, count, dimensions, seed);
      expect(holds(format, vectors, vectorsOf(query, 1, dimensions, seed + 5))).toEqual({
        isHeld: true,
        worst: "",
      });
    }),
    { numRuns: 600, seed: 3 },
  );
});

// The query points where the codes of a row leave most out: there Cauchy-Schwarz is an equation, and a bound that is a little too
// small fails.
it("gives bounds that hold where the query is what a row's codes leave out", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 32, max: 400 }),
      fc.nat(1_000_000),
      fc.constantFrom(-1, 1),
      (dimensions, seed, sign) => {
        const { uniform } = seededRandom(seed);
        const row = Float32Array.from({ length: dimensions }, (_, j) =>
          // In steps of 1: whole numbers and most of a half.
          j === 0 ? 127 : Math.floor(uniform() * 100) + (uniform() < 0.5 ? 0.49 : -0.49),
        );
        const query = row.map((x, j) => (j === 0 ? 0 : sign * (x - Math.round(x))));
        expect(holds("int8", row, query)).toEqual({ isHeld: true, worst: "" });
      },
    ),
    { numRuns: 200, seed: 4 },
  );
});
