import { norm } from "@nearfield/core";
import type { Kernels, ModuleName } from "../kernels/kernels.ts";
import type { KernelMemory } from "../memory.ts";
import { boundOfI8, type CodeBounds } from "../rounding.ts";
import { notFinite } from "../validation.ts";
import {
  GROUP_ROWS,
  type EncodedBlock,
  type Heap,
  type PreparedQuery,
  type RowFormat,
  type Scratch,
} from "./format.ts";

/** Codes per row are padded to what one SIMD load takes. */
const LANES = 16;
/** Greatest size of a row's code: 127, or -128 where a step was too small for float32. */
const MOST_CODE = 128;
/** Greatest code of a query, unless the sums would leave 32 bits: what the form of its codes has room for. */
const MOST_QUERY_CODE = { simd: 32_767, relaxed: 8191 };
const MOST_SUM = 2 ** 31 - 1;
/** Rows per call of the encoder: what bounds the room for their floats in kernel memory. */
const ENCODED_ROWS = 64;

/** Addresses of what a block holds in kernel memory. */
interface Places {
  readonly codes: number;
  /** One f32 per row: what a code of 1 stands for. */
  readonly steps: number;
  /** One i32 per row: the sum of its codes. */
  readonly sums: number;
}

export interface Int8Block extends EncodedBlock {
  readonly places: Places;
  readonly bounds: CodeBounds;
}

export interface Int8Query extends PreparedQuery<Int8Block> {
  /** As `scan`, over the `count` rows that the scratch names as found, counted from `first`, and no others. */
  refine(block: Int8Block, first: number, count: number, heap: Heap): number;
}

/**
 * Rows as 8-bit codes with a step per row; the rows themselves are needed only for candidates. The sums of codes are exact; the bounds follow from what the codes leave out (`docs/exactness.md`).
 */
export class Int8Format implements RowFormat<Int8Block> {
  readonly #memory: KernelMemory;
  readonly #kernels: Kernels;
  readonly #scratch: Scratch;
  readonly #dimensions: number;
  readonly #stride: number;
  /** Greatest code of a query: every sum of products with codes of rows fits 32 bits. */
  readonly #mostQueryCode: number;
  readonly #staged: number;
  readonly #bounds: number;
  readonly #module: ModuleName;

  constructor(
    memory: KernelMemory,
    kernels: Kernels,
    scratch: Scratch,
    dimensions: number,
    module: ModuleName,
  ) {
    this.#module = module;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    this.#mostQueryCode = Math.min(
      MOST_QUERY_CODE[module],
      Math.floor(MOST_SUM / (MOST_CODE * dimensions)),
    );
    this.#staged = memory.allocate(ENCODED_ROWS * this.#stride * 4);
    this.#bounds = memory.allocate(2 * 8);
  }

  prepare(query: Float32Array): Int8Query {
    const memory = this.#memory;
    const kernels = this.#kernels;
    const stride = this.#stride;
    const { allowed, group, found, uppers } = this.#scratch;
    let most = 0;
    for (let j = 0; j < query.length; j++) most = Math.max(most, Math.abs(query[j] as number));
    const step = most === 0 ? 1 : most / this.#mostQueryCode;
    const codes = new Int16Array(query.length);
    const residual = new Float64Array(query.length);
    for (let j = 0; j < query.length; j++) {
      const code = Math.round((query[j] as number) / step);
      codes[j] = code;
      residual[j] = (query[j] as number) - code * step;
    }
    const lengths = { step, norm: norm(query), residual: norm(residual) };
    const boundOf = (bounds: CodeBounds): number => boundOfI8(bounds, this.#dimensions, lengths);
    const at = memory.allocate(stride * 2);
    this.#writeQuery(at, codes);
    return {
      unit: step,
      scan: ({ places, bounds }, first, size, isFiltered, heap) =>
        kernels.scanI8(
          places.codes + first * stride,
          places.steps + first * 4,
          places.sums + first * 4,
          size,
          stride,
          at,
          isFiltered ? allowed : 0,
          boundOf(bounds),
          group,
          heap.at,
          heap.k,
          found,
          uppers,
        ),
      refine: ({ places, bounds }, first, count, heap) =>
        kernels.refineI8(
          places.codes + first * stride,
          places.steps + first * 4,
          places.sums + first * 4,
          found,
          count,
          stride,
          at,
          boundOf(bounds),
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

  /** In the form that `dot` of `assembly/i8.ts` takes. What lies beyond the dimensions meets codes of zero. */
  #writeQuery(at: number, codes: Int16Array): void {
    if (this.#module === "simd") {
      this.#memory.shorts(at, codes.length).set(codes);
      return;
    }
    const parts = this.#memory.bytes(at, this.#stride * 2);
    for (let j = 0; j < codes.length; j++) {
      const shifted = (codes[j] as number) + 8192;
      const place = (j >> 4) * 32 + (j & 15);
      parts[place] = shifted >> 7;
      parts[place + 16] = shifted & 127;
    }
  }

  encode(rows: Float32Array, count: number): Int8Block {
    const memory = this.#memory;
    const stride = this.#stride;
    const codeBytes = count * stride;
    const wordBytes = Math.ceil(count / GROUP_ROWS) * GROUP_ROWS * 4;
    const kernelBytes = codeBytes + 2 * wordBytes;
    const at = memory.allocate(kernelBytes);
    const places: Places = { codes: at, steps: at + codeBytes, sums: at + codeBytes + wordBytes };
    let bounds: CodeBounds;
    try {
      bounds = this.#encodeRows(rows, count, places);
    } catch (thrown) {
      memory.free(at);
      throw thrown;
    }
    return {
      count,
      byteLength: kernelBytes,
      places,
      bounds,
      free: () => {
        memory.free(at);
      },
    };
  }

  /** Codes and steps of all rows, a few at a time. */
  #encodeRows(rows: Float32Array, count: number, places: Places): CodeBounds {
    const memory = this.#memory;
    const dimensions = this.#dimensions;
    const stride = this.#stride;
    const bounds = memory.doubles(this.#bounds, 2).fill(0);
    const staged = memory.floats(this.#staged, ENCODED_ROWS * stride).fill(0);
    for (let first = 0; first < count; first += ENCODED_ROWS) {
      const size = Math.min(ENCODED_ROWS, count - first);
      if (stride === dimensions) {
        staged.set(rows.subarray(first * dimensions, (first + size) * dimensions));
      } else {
        for (let i = 0; i < size; i++) {
          const row = first + i;
          staged.set(rows.subarray(row * dimensions, (row + 1) * dimensions), i * stride);
        }
      }
      const encoded = this.#kernels.encodeI8(
        this.#staged,
        size,
        stride,
        places.codes + first * stride,
        places.steps + first * 4,
        places.sums + first * 4,
        this.#bounds,
      );
      if (encoded < size) throw notFinite(first + encoded);
    }
    return { residual: Math.sqrt(bounds[0] as number), length: Math.sqrt(bounds[1] as number) };
  }
}
