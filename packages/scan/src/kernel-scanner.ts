import { dot, type BlockId, type ScanHits, type ScanTarget } from "@nearfield/core";
import {
  allocateScratch,
  type EncodedBlock,
  type RowFormat,
  type Scratch,
} from "./formats/format.ts";
import { HitList } from "./hits.ts";
import { instantiateKernels, type Kernels, type ModuleName } from "./kernels/kernels.ts";
import { copyRows, KernelMemory } from "./memory.ts";
import { noCandidates, runPass, type Asked } from "./pass.ts";
import {
  checkDimensions,
  checkLimit,
  checkQueries,
  closed,
  countRows,
  resolveTarget,
} from "./validation.ts";

/**
 * Reads one row as it was added, from wherever the caller keeps the rows. Called for candidates only, row by row in the order of
 * the targets; the result may be a view that the next call reuses.
 */
export type RowReader = (block: BlockId, row: number) => Float32Array;

export interface KernelScannerOptions<Encoded extends EncodedBlock> {
  readonly module: ModuleName;
  readonly createFormat: (
    memory: KernelMemory,
    kernels: Kernels,
    scratch: Scratch,
  ) => RowFormat<Encoded>;
  /** Absent: the scanner keeps a copy of the rows, unless the format does. */
  readonly readRow?: RowReader | undefined;
  /** Rows are kept as they are given, not copied: the caller leaves them alone. */
  readonly adopts?: boolean | undefined;
}

interface Block<Encoded extends EncodedBlock> {
  readonly count: number;
  readonly byteLength: number;
  readonly encoded: Encoded;
  readonly row: (row: number) => Float32Array;
}

/** What there is until `close`. */
interface Machinery<Encoded extends EncodedBlock> {
  readonly memory: KernelMemory;
  readonly scratch: Scratch;
  readonly format: RowFormat<Encoded>;
}

/**
 * What all exact scanners over kernels have in common: blocks, one scan over all targets with one bar, and `dot` for the
 * candidates. What kernels read lies in one `WebAssembly.Memory`, which holds at most 4 GiB and keeps the size of its fullest
 * moment.
 */
export class KernelScanner<Encoded extends EncodedBlock> {
  readonly dimensions: number;
  readonly #blocks = new Map<BlockId, Block<Encoded>>();
  readonly #readRow: RowReader | undefined;
  readonly #adopts: boolean;
  #nextId = 1;
  #byteLength = 0;
  #machinery: Machinery<Encoded> | undefined;

  protected constructor(dimensions: number, options: KernelScannerOptions<Encoded>) {
    checkDimensions(dimensions);
    this.dimensions = dimensions;
    this.#readRow = options.readRow;
    this.#adopts = options.adopts ?? false;
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
      const held = this.#adopts ? rows : this.#hold(rows, encoded);
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
    return this.searchBatch([query], limit, targets)[0] as ScanHits;
  }

  searchBatch(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): ScanHits[] {
    const { memory, scratch, format } = this.#open();
    checkQueries(queries, this.dimensions);
    checkLimit(limit);
    const blocks = targets.map((target) => resolveTarget(this.#blocks, target));
    const rowCount = blocks.reduce((sum, { count }) => sum + count, 0);
    if (rowCount === 0) return queries.map(() => new HitList(0).best(limit));

    const k = Math.min(limit, rowCount);
    const asked: Asked<Encoded>[] = [];
    try {
      for (const query of queries) {
        const prepared = format.prepare(query);
        try {
          const heap = { at: memory.allocate(k * 8), k };
          asked.push({ query: prepared, heap, candidates: noCandidates() });
        } catch (thrown) {
          prepared.free();
          throw thrown;
        }
      }
      for (const { heap } of asked) memory.doubles(heap.at, k).fill(-Infinity);
      const encoded = blocks.map((block) => block.encoded);
      runPass(memory, scratch, targets, encoded, asked);
      return queries.map((query, i) => {
        const { heap, candidates } = asked[i] as Asked<Encoded>;
        const bar = memory.doubles(heap.at, 1)[0] as number;
        const hits = new HitList(candidates.rows.length);
        for (let at = 0; at < candidates.rows.length; at++) {
          // The bar has risen since. A bound that is NaN, where sums overflowed, keeps its row.
          if ((candidates.uppers[at] as number) < bar) continue;
          const target = candidates.targets[at] as number;
          const row = candidates.rows[at] as number;
          hits.push(target, row, dot((blocks[target] as Block<Encoded>).row(row), query));
        }
        return hits.best(limit);
      });
    } finally {
      for (const { heap, query } of asked) {
        memory.free(heap.at);
        query.free();
      }
    }
  }

  close(): void {
    this.#blocks.clear();
    this.#byteLength = 0;
    this.#machinery = undefined;
  }

  #open(): Machinery<Encoded> {
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
}
