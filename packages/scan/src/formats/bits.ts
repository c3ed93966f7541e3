import { dot, isFinite32, norm } from "@nearfield/core";
import type { Kernels } from "../kernels/kernels.ts";
import type { KernelMemory } from "../memory.ts";
import { notFinite } from "../validation.ts";
import {
  TILE_ROWS,
  type EncodedBlock,
  type Heap,
  type PreparedQuery,
  type Scratch,
} from "./format.ts";

/** The kernel takes two groups of four dimensions at a time. */
const LANES = 8;
const GROUP_DIMENSIONS = 4;
/** Eight table entries have to fit a byte; what rounding to so few values loses is a hundredth of what one bit loses. */
const MOST_ENTRY = 31;
/** All entries of a row have to fit 16 bits. */
const MOST_TOTAL = 65_535;
/** Rows per call of the encoder: what bounds the room for their floats in kernel memory. */
const ENCODED_ROWS = 2 * TILE_ROWS;

/**
 * Standard deviation of an estimate over (factor of the row x |query|). The signs of a rotated row make an angle with it whose
 * cosine is sqrt(2 / pi), nearly the same for all rows; what they leave out points nowhere in particular (RaBitQ,
 * theorem 3.2).
 */
const ESTIMATE_DEVIATION = Math.sqrt(1 - 2 / Math.PI);

export interface BitBlock extends EncodedBlock {
  readonly codes: number;
  /** One f32 per row. */
  readonly factors: number;
  readonly mean: Float32Array;
}

export interface EstimateOptions {
  /** How wide the interval is around an estimate, to either side. Infinity: no row is left out. */
  readonly deviations: number;
  /** Score that one unit of the bounds stands for. Default: 1. */
  readonly unit?: number;
}

/** A query as one-bit codes see it: by `scan` alone, or in two steps where a finer form sets the bar. */
export interface BitQuery extends PreparedQuery<BitBlock> {
  /** Writes estimates of rows to `scores`, in the block's own terms, and puts the greatest into the heap. */
  estimate(
    block: BitBlock,
    first: number,
    size: number,
    isFiltered: boolean,
    heap: Heap,
    scores: number,
  ): void;
  /**
   * Leaves in the scratch the rows whose estimate reaches `bar`, or is `likely` to: within the interval around it. Returns
   * their number.
   */
  pass(
    block: BitBlock,
    first: number,
    size: number,
    isFiltered: boolean,
    bar: number,
    scores: number,
    likely: boolean,
  ): number;
}

/**
 * Rows as one bit per dimension and one factor, after RaBitQ: what lies between a row and the mean of its block is rotated at
 * random, and only its signs are kept. Its bounds are likely, and not certain: so many standard deviations of the estimate.
 */
export class BitFormat {
  readonly #memory: KernelMemory;
  readonly #kernels: Kernels;
  readonly #scratch: Scratch;
  readonly #dimensions: number;
  readonly #stride: number;
  readonly #mostEntry: number;
  readonly #staged: number;
  readonly #signs: number;

  constructor(memory: KernelMemory, kernels: Kernels, scratch: Scratch, dimensions: number) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    const groups = this.#stride / GROUP_DIMENSIONS;
    this.#mostEntry = Math.min(MOST_ENTRY, Math.floor(MOST_TOTAL / groups));
    this.#staged = memory.allocate(ENCODED_ROWS * this.#stride * 4);
    this.#signs = memory.allocate(2 * this.#stride * 4);
    memory.floats(this.#signs, 2 * this.#stride).set(randomSigns(2 * this.#stride));
  }

  prepare(query: Float32Array, { deviations, unit = 1 }: EstimateOptions): BitQuery {
    const memory = this.#memory;
    const stride = this.#stride;
    const { allowed, group, found, uppers } = this.#scratch;
    const tables = memory.allocate((stride / GROUP_DIMENSIONS) * 16);
    const { step, base } = this.#writeTables(tables, query);
    const length = norm(query);
    // A query of zero has one score for all rows.
    const width = length === 0 ? Infinity : deviations * ESTIMATE_DEVIATION * length;
    return {
      unit,
      scan: ({ codes, factors, mean }, first, size, isFiltered, heap) =>
        this.#kernels.scanBits(
          codes + (first * stride) / 8,
          factors + first * 4,
          size,
          stride,
          tables,
          dot(mean, query) / unit,
          step / unit,
          base / unit,
          width / unit,
          isFiltered ? allowed : 0,
          group,
          heap.at,
          heap.k,
          found,
          uppers,
        ),
      estimate: ({ codes, factors, mean }, first, size, isFiltered, heap, scores) =>
        this.#kernels.estimateBits(
          codes + (first * stride) / 8,
          factors + first * 4,
          size,
          stride,
          tables,
          dot(mean, query) / unit,
          step / unit,
          base / unit,
          isFiltered ? allowed : 0,
          heap.at,
          heap.k,
          scores,
        ),
      pass: ({ factors, mean }, first, size, isFiltered, bar, scores, likely) =>
        this.#kernels.passBits(
          scores,
          factors + first * 4,
          size,
          likely ? width / unit : 0,
          bar - dot(mean, query) / unit,
          isFiltered ? allowed : 0,
          found,
        ),
      free: () => {
        memory.free(tables);
      },
    };
  }

  /** The look-up tables of a query: for each group of dimensions the 16 sums that its signs can give. */
  #writeTables(at: number, query: Float32Array): { readonly step: number; readonly base: number } {
    const stride = this.#stride;
    const rotated = this.#memory.floats(this.#staged, stride).fill(0);
    rotated.set(query);
    this.#kernels.rotate(this.#staged, 1, stride, this.#signs);

    // The sum of a group lies between -reach and +reach; entries count from -reach, in steps that suit the widest group.
    let widest = 0;
    let base = 0;
    const reaches = new Float64Array(stride / GROUP_DIMENSIONS);
    for (let g = 0; g < reaches.length; g++) {
      let reach = 0;
      for (let i = 0; i < GROUP_DIMENSIONS; i++)
        reach += Math.abs(rotated[g * GROUP_DIMENSIONS + i] as number);
      reaches[g] = reach;
      base -= reach;
      widest = Math.max(widest, 2 * reach);
    }
    const step = widest / this.#mostEntry;
    const tables = this.#memory.bytes(at, reaches.length * 16).fill(0);
    const sums = new Float64Array(16);
    const perStep = 1 / step;
    if (step > 0) {
      for (let g = 0; g < reaches.length; g++) {
        const first = g * GROUP_DIMENSIONS;
        // From one sum to the next one of half as many bits: each takes one addition.
        sums[0] = 0;
        for (let i = 0; i < GROUP_DIMENSIONS; i++) {
          const twice = 2 * (rotated[first + i] as number);
          for (let n = 0; n < 1 << i; n++) sums[n + (1 << i)] = (sums[n] as number) + twice;
        }
        let least = reaches[g] as number;
        for (let i = 0; i < GROUP_DIMENSIONS; i++) least -= rotated[first + i] as number;
        for (let n = 0; n < 16; n++)
          tables[g * 16 + n] = Math.round((least + (sums[n] as number)) * perStep);
      }
    }
    return { step, base };
  }

  /** As `RowFormat` has it. */
  encode(rows: Float32Array, count: number): BitBlock {
    const memory = this.#memory;
    const stride = this.#stride;
    const mean = this.#meanOf(rows, count);
    const tiles = Math.ceil(count / TILE_ROWS);
    const codeBytes = (tiles * TILE_ROWS * stride) / 8;
    const kernelBytes = codeBytes + tiles * TILE_ROWS * 4;
    const codes = memory.allocate(kernelBytes);
    const factors = codes + codeBytes;
    this.#encodeRows(rows, count, mean, codes, factors);
    return {
      count,
      byteLength: kernelBytes + mean.byteLength,
      codes,
      factors,
      mean,
      free: () => {
        memory.free(codes);
      },
    };
  }

  /** Mean of all rows. @throws RetrievalError `INVALID_VECTOR` at a row that is not finite. */
  #meanOf(rows: Float32Array, count: number): Float32Array {
    const dimensions = this.#dimensions;
    const sums = new Float64Array(dimensions);
    for (let row = 0; row < count; row++) {
      const vector = rows.subarray(row * dimensions, (row + 1) * dimensions);
      if (!isFinite32(vector)) throw notFinite(row);
      for (let j = 0; j < dimensions; j++) sums[j] = (sums[j] as number) + (vector[j] as number);
    }
    return Float32Array.from(sums, (sum) => sum / Math.max(1, count));
  }

  #encodeRows(
    rows: Float32Array,
    count: number,
    mean: Float32Array,
    codes: number,
    factors: number,
  ): void {
    const dimensions = this.#dimensions;
    const stride = this.#stride;
    const staged = this.#memory.floats(this.#staged, ENCODED_ROWS * stride);
    for (let first = 0; first < count; first += ENCODED_ROWS) {
      const size = Math.min(ENCODED_ROWS, count - first);
      staged.fill(0);
      for (let i = 0; i < size; i++) {
        const from = (first + i) * dimensions;
        for (let j = 0; j < dimensions; j++)
          staged[i * stride + j] = (rows[from + j] as number) - (mean[j] as number);
      }
      this.#kernels.rotate(this.#staged, size, stride, this.#signs);
      this.#kernels.encodeBits(
        this.#staged,
        size,
        stride,
        codes + (first * stride) / 8,
        factors + first * 4,
      );
    }
  }
}

/** The same in every session, so that estimates are. Bits of a linear congruential generator (Numerical Recipes). */
function randomSigns(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >= 2 ** 31 ? 1 : -1;
  });
}
