import { dot, type BlockId, type Scanner, type ScanHits, type ScanTarget } from "@nearfield/core";
import { Float32Format } from "./formats/float32.ts";
import {
  allocateScratch,
  STEP_ROWS,
  type EncodedBlock,
  type RowFormat,
  type Scratch,
} from "./formats/format.ts";
import { Int8Format } from "./formats/int8.ts";
import { HitList } from "./hits.ts";
import { bestModule, instantiateKernels, type ModuleName } from "./kernels/kernels.ts";
import { KernelMemory } from "./memory.ts";
import {
  checkDimensions,
  checkLimit,
  checkQuery,
  closed,
  countRows,
  resolveTarget,
} from "./validation.ts";

/** In which form the kernel reads the rows. Both give the same hits. */
export type RowEncoding =
  /** The rows themselves: 4 bytes per component, all of them read by each search. */
  | "float32"
  /** Codes of one byte per component beside the rows: 5 bytes in all, and a quarter of the traffic. */
  | "int8";

export interface WasmScannerOptions {
  /** Default: `int8`, the faster one. */
  readonly encoding?: RowEncoding | undefined;
  /** Default: the best that the engine takes. */
  readonly module?: ModuleName | undefined;
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
 * Scans with 128-bit SIMD. No kernel ranks: what it computes is rounded or quantized, so it keeps each row whose score could
 * still reach the `limit` best, by a proven bound, and `dot` ranks those (`docs/exactness.md`). What the kernel reads lies in one
 * `WebAssembly.Memory`, which holds at most 4 GiB and keeps the size of its fullest moment until `close`.
 */
export class WasmScanner implements Scanner {
  readonly kind: "wasm-simd" | "wasm-relaxed-simd";
  readonly dimensions: number;
  readonly #blocks = new Map<BlockId, EncodedBlock>();
  #nextId = 1;
  #byteLength = 0;
  #machinery: Machinery | undefined;

  /**
   * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
   * @throws CompileError where the engine does not take the module or a policy forbids WebAssembly: see `createScanner`.
   */
  constructor(dimensions: number, options: WasmScannerOptions = {}) {
    checkDimensions(dimensions);
    this.dimensions = dimensions;
    const module = options.module ?? bestModule();
    this.kind = module === "relaxed" ? "wasm-relaxed-simd" : "wasm-simd";
    const memory = new KernelMemory();
    const kernels = instantiateKernels(memory.memory, module);
    const scratch = allocateScratch(memory);
    const format =
      options.encoding === "float32"
        ? new Float32Format(memory, kernels, scratch, dimensions)
        : new Int8Format(memory, kernels, scratch, dimensions, module);
    this.#machinery = { memory, scratch, format };
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  add(rows: Float32Array): BlockId {
    const { format } = this.#open();
    const block = format.encode(rows, countRows(rows, this.dimensions));
    const id = this.#nextId++;
    this.#blocks.set(id, block);
    this.#byteLength += block.byteLength;
    return id;
  }

  remove(id: BlockId): void {
    const block = this.#blocks.get(id);
    if (!block) return;
    this.#blocks.delete(id);
    this.#byteLength -= block.byteLength;
    block.free();
  }

  search(query: Float32Array, limit: number, targets: readonly ScanTarget[]): ScanHits {
    const { memory, format } = this.#open();
    checkQuery(query, this.dimensions);
    checkLimit(limit);
    const blocks = targets.map((target) => resolveTarget(this.#blocks, target));
    const rowCount = blocks.reduce((sum, { count }) => sum + count, 0);
    if (rowCount === 0) return new HitList(0).best(limit);

    const k = Math.min(limit, rowCount);
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
        hits.push(target, row, dot((blocks[target] as EncodedBlock).row(row), query));
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

  #open(): Machinery {
    if (!this.#machinery) throw closed();
    return this.#machinery;
  }

  /** Runs the kernel over all targets, in steps, with one heap: what one step learns keeps rows of the next one out. */
  #scan(
    heap: { readonly at: number; readonly k: number },
    targets: readonly ScanTarget[],
    blocks: readonly EncodedBlock[],
  ): Candidates {
    const { memory, scratch } = this.#open();
    const candidates: Candidates = { targets: [], rows: [], uppers: [] };
    for (const [target, block] of blocks.entries()) {
      const allowed = targets[target]?.allowed;
      for (let first = 0; first < block.count; first += STEP_ROWS) {
        const size = Math.min(STEP_ROWS, block.count - first);
        if (allowed)
          memory
            .bytes(scratch.allowed, STEP_ROWS / 8)
            .set(allowed.subarray(first / 8, Math.ceil((first + size) / 8)));
        const kept = block.scan(first, size, allowed !== undefined, heap);
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
