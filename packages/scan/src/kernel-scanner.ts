import { dot, type BlockId, type ScanHits, type ScanTarget } from "@nearfield/core";
import {
  allocateScratch,
  STEP_ROWS,
  type EncodedBlock,
  type Heap,
  type RowFormat,
  type Scratch,
} from "./formats/format.ts";
import { HitList } from "./hits.ts";
import { instantiateKernels, type Kernels, type ModuleName } from "./kernels/kernels.ts";
import { copyRows, KernelMemory } from "./memory.ts";
import {
  checkDimensions,
  checkLimit,
  checkQuery,
  closed,
  countRows,
  resolveTarget,
} from "./validation.ts";

/**
 * Reads one row as it was added, from wherever the caller keeps the rows. Called for candidates only, row by row in the order of
 * the targets; the result may be a view that the next call reuses.
 */
export type RowReader = (block: BlockId, row: number) => Float32Array;

export interface KernelScannerOptions {
  readonly module: ModuleName;
  readonly createFormat: (memory: KernelMemory, kernels: Kernels, scratch: Scratch) => RowFormat;
  /** Absent: the scanner keeps a copy of the rows, unless the format does. */
  readonly readRow?: RowReader | undefined;
}

interface Block {
  readonly count: number;
  readonly byteLength: number;
  readonly encoded: EncodedBlock;
  readonly row: (row: number) => Float32Array;
}

/** Rows that may be among the best, in the order of the scan, each with the upper bound of its score. */
interface Candidates {
  readonly targets: number[];
  readonly rows: number[];
  readonly uppers: number[];
}

/** What there is until `close`. */
interface Machinery {
  readonly memory: KernelMemory;
  readonly scratch: Scratch;
  readonly format: RowFormat;
}

/**
 * What all scanners over kernels have in common: blocks, one scan over all targets with one bar, and `dot` for the candidates.
 * What kernels read lies in one `WebAssembly.Memory`, which holds at most 4 GiB and keeps the size of its fullest moment.
 */
export class KernelScanner {
  readonly dimensions: number;
  readonly #blocks = new Map<BlockId, Block>();
  readonly #readRow: RowReader | undefined;
  #nextId = 1;
  #byteLength = 0;
  #machinery: Machinery | undefined;

  protected constructor(dimensions: number, options: KernelScannerOptions) {
    checkDimensions(dimensions);
    this.dimensions = dimensions;
    this.#readRow = options.readRow;
    const memory = new KernelMemory();
    const kernels = instantiateKernels(memory.memory, options.module);
    const scratch = allocateScratch(memory);
    this.#machinery = { memory, scratch, format: options.createFormat(memory, kernels, scratch) };
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  add(rows: Float32Array): BlockId {
    const { format } = this.#open();
    const { dimensions } = this;
    const readRow = this.#readRow;
    const encoded = format.encode(rows, countRows(rows, dimensions));
    const id = this.#nextId++;
    let row = encoded.row;
    let { byteLength } = encoded;
    if (!row && readRow) row = (index) => readRow(id, index);
    if (!row) {
      const held = this.#hold(rows, encoded);
      row = (index) => held.subarray(index * dimensions, (index + 1) * dimensions);
      byteLength += held.byteLength;
    }
    this.#blocks.set(id, { count: encoded.count, byteLength, encoded, row });
    this.#byteLength += byteLength;
    return id;
  }

  remove(id: BlockId): void {
    const block = this.#blocks.get(id);
    if (!block) return;
    this.#blocks.delete(id);
    this.#byteLength -= block.byteLength;
    block.encoded.free();
  }

  search(query: Float32Array, limit: number, targets: readonly ScanTarget[]): ScanHits {
    const { memory, format } = this.#open();
    checkQuery(query, this.dimensions);
    checkLimit(limit);
    const blocks = targets.map((target) => resolveTarget(this.#blocks, target));
    const rowCount = blocks.reduce((sum, { count }) => sum + count, 0);
    if (rowCount === 0) return new HitList(0).best(limit);

    const k = Math.min(this.reach(limit), rowCount);
    const heap = memory.allocate(k * 8);
    try {
      memory.doubles(heap, k).fill(-Infinity);
      format.setQuery(query);
      const candidates = this.#scan({ at: heap, k }, targets, blocks);
      const bar = memory.doubles(heap, 1)[0] as number;
      const hits = new HitList(candidates.rows.length);
      for (let i = 0; i < candidates.rows.length; i++) {
        // The bar has risen since. A bound that is NaN, where sums overflowed, keeps its row.
        if ((candidates.uppers[i] as number) < bar) continue;
        const target = candidates.targets[i] as number;
        const row = candidates.rows[i] as number;
        hits.push(target, row, dot((blocks[target] as Block).row(row), query));
      }
      return hits.best(limit);
    } finally {
      memory.free(heap);
    }
  }

  close(): void {
    this.#blocks.clear();
    this.#byteLength = 0;
    this.#machinery = undefined;
  }

  /** How many of the greatest lower bounds a row has to compete with, for a limit. */
  protected reach(limit: number): number {
    return limit;
  }

  #open(): Machinery {
    if (!this.#machinery) throw closed();
    return this.#machinery;
  }

  #hold(rows: Float32Array, encoded: EncodedBlock): Float32Array {
    try {
      return copyRows(rows);
    } catch (thrown) {
      encoded.free();
      throw thrown;
    }
  }

  /** Runs the kernel over all targets, in steps, with one heap: what one step learns keeps rows of the next one out. */
  #scan(heap: Heap, targets: readonly ScanTarget[], blocks: readonly Block[]): Candidates {
    const { memory, scratch } = this.#open();
    const candidates: Candidates = { targets: [], rows: [], uppers: [] };
    for (const [target, { count, encoded }] of blocks.entries()) {
      const allowed = targets[target]?.allowed;
      for (let first = 0; first < count; first += STEP_ROWS) {
        const size = Math.min(STEP_ROWS, count - first);
        if (allowed)
          memory
            .bytes(scratch.allowed, STEP_ROWS / 8)
            .set(allowed.subarray(first / 8, Math.ceil((first + size) / 8)));
        const kept = encoded.scan(first, size, allowed !== undefined, heap);
        const rows = memory.words(scratch.found, kept);
        const uppers = memory.doubles(scratch.uppers, kept);
        for (let i = 0; i < kept; i++) {
          candidates.targets.push(target);
          candidates.rows.push(first + (rows[i] as number));
          candidates.uppers.push(uppers[i] as number);
        }
      }
    }
    return candidates;
  }
}
