import { norm } from "@nearfield/core";
import type { Kernels } from "../kernels/kernels.ts";
import type { KernelMemory } from "../memory.ts";
import { boundableNorm, boundOfF32, scaleOf } from "../rounding.ts";
import { notFinite } from "../validation.ts";
import {
  GROUP_ROWS,
  type EncodedBlock,
  type PreparedQuery,
  type RowFormat,
  type Scratch,
} from "./format.ts";

/** Rows are padded to what one SIMD load takes. */
const LANES = 4;

interface Float32Block extends EncodedBlock {
  readonly rows: number;
  /** One f32 per row. */
  readonly norms: number;
  readonly row: (row: number) => Float32Array;
}

/** Rows as they came, scanned with rounded f32 sums. Bounds: the score, more or less what rounding can do to it. */
export class Float32Format implements RowFormat<Float32Block> {
  readonly #memory: KernelMemory;
  readonly #kernels: Kernels;
  readonly #scratch: Scratch;
  readonly #dimensions: number;
  readonly #stride: number;

  constructor(memory: KernelMemory, kernels: Kernels, scratch: Scratch, dimensions: number) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
  }

  prepare(query: Float32Array): PreparedQuery<Float32Block> {
    const memory = this.#memory;
    const stride = this.#stride;
    const { allowed, group, found, uppers } = this.#scratch;
    const at = memory.allocate(stride * 4);
    const scaled = memory.floats(at, stride).fill(0);
    const scale = scaleOf(query);
    for (let j = 0; j < query.length; j++) scaled[j] = (query[j] as number) * scale;
    const { rate, slack } = boundOfF32(stride, norm(scaled));
    return {
      unit: 1 / scale,
      scan: ({ rows, norms }, first, size, isFiltered, heap) =>
        this.#kernels.scanF32(
          rows + first * stride * 4,
          norms + first * 4,
          size,
          stride,
          at,
          isFiltered ? allowed : 0,
          rate,
          slack,
          group,
          heap.at,
          heap.k,
          found,
          uppers,
        ),
      free: () => {
        memory.free(at);
      },
    };
  }

  encode(rows: Float32Array, count: number): Float32Block {
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
      rows: at,
      norms: at + rowBytes,
      row: (row) => memory.floats(at + row * stride * 4, dimensions),
      free: () => {
        memory.free(at);
      },
    };
  }
}
