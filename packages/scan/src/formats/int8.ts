import { norm } from "@nearfield/core";
import type { Kernels } from "../kernels/kernels.ts";
import type { KernelMemory } from "../memory.ts";
import { boundOfI8, type CodeBounds } from "../rounding.ts";
import { notFinite } from "../validation.ts";
import {
  GROUP_ROWS,
  type EncodedBlock,
  type Heap,
  type RowFormat,
  type Scratch,
} from "./format.ts";

/** Codes per row are padded to what one SIMD load takes. */
const LANES = 16;
/** Greatest size of a row's code: 127, or -128 where a step was too small for float32. */
const MOST_CODE = 128;
/** Greatest code of a query, unless the sums would leave 32 bits. */
const MOST_QUERY_CODE = 32_767;
const MOST_SUM = 2 ** 31 - 1;
/** Rows per call of the encoder: what bounds the room for their floats in kernel memory. */
const ENCODED_ROWS = 64;

/**
 * Rows as 8-bit codes with a step per row, beside the rows themselves, which lie outside of kernel memory and are read only
 * for candidates. The sums of codes are exact; the bounds follow from what the codes leave out (`docs/exactness.md`).
 */
export class Int8Format implements RowFormat {
  readonly #memory: KernelMemory;
  readonly #kernels: Kernels;
  readonly #scratch: Scratch;
  readonly #dimensions: number;
  readonly #stride: number;
  /** Greatest code of a query: every sum of products with codes of rows fits 32 bits. */
  readonly #mostQueryCode: number;
  readonly #query: number;
  readonly #staged: number;
  readonly #bounds: number;
  #step = 1;
  #queryNorm = 0;
  #queryResidual = 0;

  constructor(memory: KernelMemory, kernels: Kernels, scratch: Scratch, dimensions: number) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    this.#mostQueryCode = Math.min(
      MOST_QUERY_CODE,
      Math.floor(MOST_SUM / (MOST_CODE * dimensions)),
    );
    this.#query = memory.allocate(this.#stride * 2);
    this.#staged = memory.allocate(ENCODED_ROWS * this.#stride * 4);
    this.#bounds = memory.allocate(2 * 8);
  }

  setQuery(query: Float32Array): void {
    let most = 0;
    for (let j = 0; j < query.length; j++) most = Math.max(most, Math.abs(query[j] as number));
    const step = most === 0 ? 1 : most / this.#mostQueryCode;
    const codes = this.#memory.shorts(this.#query, this.#stride).fill(0);
    const residual = new Float64Array(query.length);
    for (let j = 0; j < query.length; j++) {
      const code = Math.round((query[j] as number) / step);
      codes[j] = code;
      residual[j] = (query[j] as number) - code * step;
    }
    this.#step = step;
    this.#queryNorm = norm(query);
    this.#queryResidual = norm(residual);
  }

  encode(rows: Float32Array, count: number): EncodedBlock {
    const memory = this.#memory;
    const dimensions = this.#dimensions;
    const stride = this.#stride;
    const codeBytes = count * stride;
    const kernelBytes = codeBytes + Math.ceil(count / GROUP_ROWS) * GROUP_ROWS * 4;
    const at = memory.allocate(kernelBytes);
    let bounds: CodeBounds;
    let held: Float32Array;
    try {
      bounds = this.#encodeRows(rows, count, at, at + codeBytes);
      held = rows.slice();
    } catch (thrown) {
      memory.free(at);
      throw thrown;
    }
    return {
      count,
      byteLength: kernelBytes + held.byteLength,
      scan: (first, size, allowed, heap) =>
        this.#scan(at + first * stride, at + codeBytes + first * 4, size, bounds, allowed, heap),
      row: (row) => held.subarray(row * dimensions, (row + 1) * dimensions),
      free: () => {
        memory.free(at);
      },
    };
  }

  /** Codes and steps of all rows, a few at a time. */
  #encodeRows(rows: Float32Array, count: number, codes: number, steps: number): CodeBounds {
    const memory = this.#memory;
    const dimensions = this.#dimensions;
    const stride = this.#stride;
    const bounds = memory.doubles(this.#bounds, 2).fill(0);
    const staged = memory.floats(this.#staged, ENCODED_ROWS * stride).fill(0);
    for (let first = 0; first < count; first += ENCODED_ROWS) {
      const size = Math.min(ENCODED_ROWS, count - first);
      for (let i = 0; i < size; i++) {
        const row = first + i;
        staged.set(rows.subarray(row * dimensions, (row + 1) * dimensions), i * stride);
      }
      const encoded = this.#kernels.encodeI8(
        this.#staged,
        size,
        stride,
        codes + first * stride,
        steps + first * 4,
        this.#bounds,
      );
      if (encoded < size) throw notFinite(first + encoded);
    }
    return { residual: Math.sqrt(bounds[0] as number), length: Math.sqrt(bounds[1] as number) };
  }

  #scan(
    codes: number,
    steps: number,
    size: number,
    bounds: CodeBounds,
    allowed: boolean,
    heap: Heap,
  ): number {
    const scratch = this.#scratch;
    return this.#kernels.scanI8(
      codes,
      steps,
      size,
      this.#stride,
      this.#query,
      allowed ? scratch.allowed : 0,
      boundOfI8(bounds, this.#dimensions, this.#step, this.#queryNorm, this.#queryResidual),
      scratch.group,
      heap.at,
      heap.k,
      scratch.found,
      scratch.uppers,
    );
  }
}
