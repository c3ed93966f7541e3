import { dot, isFinite32 } from "@nearfield/core";
import type { Kernels } from "../kernels/kernels.ts";
import type { KernelMemory } from "../memory.ts";
import { notFinite } from "../validation.ts";
import { TILE_ROWS, type EncodedBlock, type Heap, type RowFormat, type Scratch } from "./format.ts";

/** The kernel takes two groups of four dimensions at a time. */
const LANES = 8;
const GROUP_DIMENSIONS = 4;
/** Two table entries have to fit a byte. */
const MOST_ENTRY = 127;
/** All entries of a row have to fit 16 bits. */
const MOST_TOTAL = 65_535;
/** Rows per call of the encoder: what bounds the room for their floats in kernel memory. */
const ENCODED_ROWS = 2 * TILE_ROWS;

/**
 * Rows as one bit per dimension and one factor, after RaBitQ: what lies between a row and the mean of its block is rotated at
 * random, and only its signs are kept. Gives estimates, not bounds.
 */
export class BitFormat implements RowFormat {
  readonly #memory: KernelMemory;
  readonly #kernels: Kernels;
  readonly #scratch: Scratch;
  readonly #dimensions: number;
  readonly #stride: number;
  readonly #mostEntry: number;
  readonly #staged: number;
  readonly #signs: number;
  readonly #tables: number;
  #query: Float32Array = new Float32Array();
  #step = 0;
  #base = 0;

  constructor(memory: KernelMemory, kernels: Kernels, scratch: Scratch, dimensions: number) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    const groups = this.#stride / GROUP_DIMENSIONS;
    this.#mostEntry = Math.min(MOST_ENTRY, Math.floor(MOST_TOTAL / groups));
    this.#staged = memory.allocate(ENCODED_ROWS * this.#stride * 4);
    this.#tables = memory.allocate(groups * 16);
    this.#signs = memory.allocate(2 * this.#stride * 4);
    memory.floats(this.#signs, 2 * this.#stride).set(randomSigns(2 * this.#stride));
  }

  setQuery(query: Float32Array): void {
    this.#query = query;
    const rotated = this.#memory.floats(this.#staged, this.#stride).fill(0);
    rotated.set(query);
    this.#kernels.rotate(this.#staged, 1, this.#stride, this.#signs);

    // The sum of a group lies between -reach and +reach; entries count from -reach, in steps that suit the widest group.
    let widest = 0;
    let base = 0;
    const reaches = new Float64Array(this.#stride / GROUP_DIMENSIONS);
    for (let g = 0; g < reaches.length; g++) {
      let reach = 0;
      for (let i = 0; i < GROUP_DIMENSIONS; i++)
        reach += Math.abs(rotated[g * GROUP_DIMENSIONS + i] as number);
      reaches[g] = reach;
      base -= reach;
      widest = Math.max(widest, 2 * reach);
    }
    const step = widest / this.#mostEntry;
    const tables = this.#memory.bytes(this.#tables, reaches.length * 16).fill(0);
    if (step > 0) {
      for (let g = 0; g < reaches.length; g++) {
        for (let nibble = 0; nibble < 16; nibble++) {
          let sum = reaches[g] as number;
          for (let i = 0; i < GROUP_DIMENSIONS; i++) {
            const component = rotated[g * GROUP_DIMENSIONS + i] as number;
            sum += (nibble >> i) & 1 ? component : -component;
          }
          tables[g * 16 + nibble] = Math.round(sum / step);
        }
      }
    }
    this.#step = step;
    this.#base = base;
  }

  encode(rows: Float32Array, count: number): EncodedBlock {
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
      scan: (first, size, allowed, heap) =>
        this.#scan(codes + (first * stride) / 8, factors + first * 4, size, mean, allowed, heap),
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

  #scan(
    codes: number,
    factors: number,
    size: number,
    mean: Float32Array,
    allowed: boolean,
    heap: Heap,
  ): number {
    const scratch = this.#scratch;
    return this.#kernels.scanBits(
      codes,
      factors,
      size,
      this.#stride,
      this.#tables,
      dot(mean, this.#query),
      this.#step,
      this.#base,
      allowed ? scratch.allowed : 0,
      scratch.group,
      heap.at,
      heap.k,
      scratch.found,
      scratch.uppers,
    );
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
