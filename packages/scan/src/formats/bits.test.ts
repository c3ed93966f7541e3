import { dot } from "@nearfield/core";
import { vectorsOf } from "@nearfield/testing";
import { expect, it } from "vitest";
import { instantiateKernels } from "../kernels/kernels.ts";
import { KernelMemory } from "../memory.ts";
import { BitFormat } from "./bits.ts";
import { allocateScratch } from "./format.ts";

function setUp() {
  const memory = new KernelMemory();
  return { memory, kernels: instantiateKernels(memory.memory, "simd") };
}

it.each([8, 16, 24, 40, 64, 96, 104, 384, 1000, 4096])(
  "rotates %d dimensions without a change of any inner product",
  (stride) => {
    const { memory, kernels } = setUp();
    const rows = vectorsOf("anisotropic", 5, stride, stride);
    const at = memory.allocate(5 * stride * 4);
    const signs = memory.allocate(2 * stride * 4);
    memory.floats(at, rows.length).set(rows);
    memory
      .floats(signs, 2 * stride)
      .set(Array.from({ length: 2 * stride }, (_, j) => (j % 3 === 0 ? -1 : 1)));
    kernels.rotate(at, 5, stride, signs);
    const rotated = memory.floats(at, rows.length).slice();
    const rowOf = (set: Float32Array, i: number) => set.subarray(i * stride, (i + 1) * stride);
    for (let i = 0; i < 5; i++) {
      expect(rowOf(rotated, i)).not.toEqual(rowOf(rows, i));
      for (let j = 0; j <= i; j++)
        expect(dot(rowOf(rotated, i), rowOf(rotated, j))).toBeCloseTo(
          dot(rowOf(rows, i), rowOf(rows, j)),
          5,
        );
    }
  },
);

it("spreads what lies on one axis over all of them", () => {
  const { memory, kernels } = setUp();
  const stride = 96;
  const at = memory.allocate(stride * 4);
  const signs = memory.allocate(2 * stride * 4);
  memory
    .floats(signs, 2 * stride)
    .set(Array.from({ length: 2 * stride }, (_, j) => (j % 3 === 0 ? -1 : 1)));
  for (let axis = 0; axis < stride; axis++) {
    memory.floats(at, stride).fill(0)[axis] = 1;
    kernels.rotate(at, 1, stride, signs);
    expect(Math.max(...memory.floats(at, stride).map(Math.abs))).toBeLessThan(0.8);
  }
});

it.each([20, 64, 100, 384, 2048, 4096])(
  "estimates as the formula says: %d dimensions",
  (dimensions) => {
    const { memory, kernels } = setUp();
    const scratch = allocateScratch(memory);
    const format = new BitFormat(memory, kernels, scratch, dimensions);
    const count = 77;
    const rows = vectorsOf("anisotropic", count, dimensions, 3);
    const query = vectorsOf("anisotropic", 1, dimensions, 4);
    const block = format.encode(rows, count);
    const prepared = format.prepare(query, { deviations: 0 });
    const heap = { at: memory.allocate(count * 8), k: count };
    memory.doubles(heap.at, count).fill(-Infinity);
    expect(prepared.scan(block, 0, count, false, heap)).toBe(count);
    const estimates = memory.doubles(scratch.uppers, count).slice();

    // The estimate without a rotation is another one; both are right on average, and their scatter is known: about
    // |r| |q| / sqrt(d). A table step of half a unit per group comes on top.
    const mean = new Float32Array(dimensions);
    for (let i = 0; i < rows.length; i++)
      mean[i % dimensions] = (mean[i % dimensions] as number) + (rows[i] as number) / count;
    let squares = 0;
    for (let row = 0; row < count; row++) {
      const vector = rows.subarray(row * dimensions, (row + 1) * dimensions);
      const off = (estimates[row] as number) - dot(vector, query);
      squares += off * off;
    }
    const residual = Math.sqrt(
      rows.reduce((sum, x, i) => sum + (x - (mean[i % dimensions] as number)) ** 2, 0) / count,
    );
    expect(Math.sqrt(squares / count)).toBeLessThan((1.2 * residual) / Math.sqrt(dimensions));
  },
);
