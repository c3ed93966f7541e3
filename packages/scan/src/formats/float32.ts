import { norm } from "@nearfield/core";
import type { Kernels } from "../kernels/kernels.ts";
import type { KernelMemory } from "../memory.ts";
import { boundableNorm, boundOfF32, scaleOf, type ErrorBound } from "../rounding.ts";
import { notFinite } from "../validation.ts";
import {
  GROUP_ROWS,
  type EncodedBlock,
  type Heap,
  type RowFormat,
  type Scratch,
} from "./format.ts";

/** Rows are padded to what one SIMD load takes. */
const LANES = 4;

/** Rows as they came, scanned with rounded f32 sums. Bounds: the score, more or less what rounding can do to it. */
export class Float32Format implements RowFormat {
  readonly #memory: KernelMemory;
  readonly #kernels: Kernels;
  readonly #scratch: Scratch;
  readonly #dimensions: number;
  readonly #stride: number;
  readonly #query: number;
  #bound: ErrorBound = { rate: 0, slack: 0 };

  constructor(memory: KernelMemory, kernels: Kernels, scratch: Scratch, dimensions: number) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    this.#query = memory.allocate(this.#stride * 4);
  }

  setQuery(query: Float32Array): void {
    const scaled = this.#memory.floats(this.#query, this.#stride).fill(0);
    const scale = scaleOf(query);
    for (let j = 0; j < query.length; j++) scaled[j] = (query[j] as number) * scale;
    this.#bound = boundOfF32(this.#stride, norm(scaled));
  }

  encode(rows: Float32Array, count: number): EncodedBlock {
    const memory = this.#memory;
    const dimensions = this.#dimensions;
    const stride = this.#stride;
    const rowOf = (row: number): Float32Array =>
      rows.subarray(row * dimensions, (row + 1) * dimensions);
    const norms = new Float32Array(count);
    for (let row = 0; row < count; row++) {
      const length = norm(rowOf(row));
      if (!Number.isFinite(length)) throw notFinite(row);
      norms[row] = boundableNorm(length);
    }

    const rowBytes = count * stride * 4;
    const byteLength = rowBytes + Math.ceil(count / GROUP_ROWS) * GROUP_ROWS * 4;
    const at = memory.allocate(byteLength);
    const held = memory.floats(at, count * stride);
    if (stride === dimensions) held.set(rows);
    else {
      held.fill(0);
      for (let row = 0; row < count; row++) held.set(rowOf(row), row * stride);
    }
    memory.floats(at + rowBytes, count).set(norms);

    return {
      count,
      byteLength,
      scan: (first, size, allowed, heap) =>
        this.#scan(at + first * stride * 4, at + rowBytes + first * 4, size, allowed, heap),
      row: (row) => memory.floats(at + row * stride * 4, dimensions),
      free: () => {
        memory.free(at);
      },
    };
  }

  #scan(rows: number, norms: number, size: number, allowed: boolean, heap: Heap): number {
    const scratch = this.#scratch;
    return this.#kernels.scanF32(
      rows,
      norms,
      size,
      this.#stride,
      this.#query,
      allowed ? scratch.allowed : 0,
      this.#bound.rate,
      this.#bound.slack,
      scratch.group,
      heap.at,
      heap.k,
      scratch.found,
      scratch.uppers,
    );
  }
}
