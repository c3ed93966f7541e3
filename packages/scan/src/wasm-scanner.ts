import {
  dot,
  norm,
  type BlockId,
  type Scanner,
  type ScanHits,
  type ScanTarget,
} from "@nearfield/core";
import { HitList } from "./hits.ts";
import { instantiateKernels, type Kernels } from "./kernels/kernels.ts";
import { KernelMemory } from "./memory.ts";
import { boundableNorm, boundOfF32, scaleOf } from "./rounding.ts";
import {
  checkDimensions,
  checkLimit,
  checkQuery,
  closed,
  countRows,
  notFinite,
  resolveTarget,
} from "./validation.ts";

/** Rows per call of the kernel: what bounds the room for candidates. A multiple of 16. */
const STEP_ROWS = 4096;
/** Rows are padded to what one SIMD load takes. */
const LANES = 4;
/** The kernel reads norms sixteen at a time. */
const GROUP_ROWS = 16;

interface Block {
  readonly count: number;
  /** Address of `count` x `stride` floats. */
  readonly rows: number;
  /** Address of one float per row: `boundableNorm`. */
  readonly norms: number;
  readonly byteLength: number;
}

/** Rows that may be among the best, in the order of the scan, each with the upper bound of its score. */
interface Candidates {
  readonly targets: number[];
  readonly rows: number[];
  readonly uppers: number[];
}

/** Addresses of what a search needs besides the rows. */
interface Workspace {
  readonly query: number;
  readonly group: number;
  readonly allowed: number;
  readonly found: number;
  readonly uppers: number;
}

/**
 * Scans float32 rows with 128-bit SIMD. The kernel's sums are rounded, so it does not rank: it keeps each row whose score could
 * still reach the `limit` best, given a bound of its rounding, and `dot` ranks those. Rows lie in one
 * `WebAssembly.Memory`, which holds at most 4 GiB and keeps the size of its fullest moment until `close`.
 */
export class WasmScanner implements Scanner {
  readonly kind = "wasm-simd";
  readonly dimensions: number;
  readonly #stride: number;
  readonly #blocks = new Map<BlockId, Block>();
  #nextId = 1;
  #byteLength = 0;
  #memory: KernelMemory | undefined;
  #kernels: Kernels | undefined;
  readonly #workspace: Workspace;

  /**
   * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
   * @throws CompileError where the engine has no SIMD or a policy forbids WebAssembly: see `createScanner`.
   */
  constructor(dimensions: number) {
    checkDimensions(dimensions);
    this.dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    const memory = new KernelMemory();
    this.#kernels = instantiateKernels(memory.memory);
    this.#memory = memory;
    this.#workspace = {
      query: memory.allocate(this.#stride * 4),
      group: memory.allocate(GROUP_ROWS * 4),
      allowed: memory.allocate(STEP_ROWS / 8),
      found: memory.allocate(STEP_ROWS * 4),
      uppers: memory.allocate(STEP_ROWS * 8),
    };
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  add(rows: Float32Array): BlockId {
    const memory = this.#open();
    const { dimensions } = this;
    const stride = this.#stride;
    const count = countRows(rows, dimensions);
    const norms = new Float32Array(count);
    for (let row = 0; row < count; row++) {
      const length = norm(rows.subarray(row * dimensions, (row + 1) * dimensions));
      if (!Number.isFinite(length)) throw notFinite(row);
      norms[row] = boundableNorm(length);
    }

    const rowBytes = count * stride * 4;
    const normBytes = Math.ceil(count / GROUP_ROWS) * GROUP_ROWS * 4;
    const at = memory.allocate(rowBytes + normBytes);
    const held = memory.floats(at, count * stride);
    if (stride === dimensions) held.set(rows);
    else {
      held.fill(0);
      for (let row = 0; row < count; row++)
        held.set(rows.subarray(row * dimensions, (row + 1) * dimensions), row * stride);
    }
    memory.floats(at + rowBytes, count).set(norms);

    const id = this.#nextId++;
    const byteLength = rowBytes + normBytes;
    this.#blocks.set(id, { count, rows: at, norms: at + rowBytes, byteLength });
    this.#byteLength += byteLength;
    return id;
  }

  remove(block: BlockId): void {
    const held = this.#blocks.get(block);
    if (!held) return;
    this.#blocks.delete(block);
    this.#byteLength -= held.byteLength;
    this.#memory?.free(held.rows);
  }

  search(query: Float32Array, limit: number, targets: readonly ScanTarget[]): ScanHits {
    const memory = this.#open();
    checkQuery(query, this.dimensions);
    checkLimit(limit);
    const blocks = targets.map((target) => resolveTarget(this.#blocks, target));
    const rowCount = blocks.reduce((sum, { count }) => sum + count, 0);
    if (rowCount === 0) return new HitList(0).best(limit);

    const k = Math.min(limit, rowCount);
    const heap = memory.allocate(k * 8);
    try {
      memory.doubles(heap, k).fill(-Infinity);
      const candidates = this.#scan(memory, query, heap, k, targets, blocks);
      const hits = new HitList(candidates.rows.length);
      const bar = memory.doubles(heap, 1)[0] as number;
      for (let i = 0; i < candidates.rows.length; i++) {
        // The bar has risen since. A bound that is NaN, where sums overflowed, keeps its row.
        if ((candidates.uppers[i] as number) < bar) continue;
        const target = candidates.targets[i] as number;
        const row = candidates.rows[i] as number;
        const at = (blocks[target] as Block).rows + row * this.#stride * 4;
        hits.push(target, row, dot(memory.floats(at, this.dimensions), query));
      }
      return hits.best(limit);
    } finally {
      memory.free(heap);
    }
  }

  #open(): KernelMemory {
    if (!this.#memory) throw closed();
    return this.#memory;
  }

  /** Runs the kernel over all targets, in steps, with one heap: what one step learns keeps rows of the next one out. */
  #scan(
    memory: KernelMemory,
    query: Float32Array,
    heap: number,
    k: number,
    targets: readonly ScanTarget[],
    blocks: readonly Block[],
  ): Candidates {
    const kernels = this.#kernels as Kernels;
    const stride = this.#stride;
    const { query: queryAt, group, allowed: allowedAt, found, uppers } = this.#workspace;
    const scaled = memory.floats(queryAt, stride).fill(0);
    const scale = scaleOf(query);
    for (let j = 0; j < query.length; j++) scaled[j] = (query[j] as number) * scale;
    const { rate, slack } = boundOfF32(stride, norm(scaled));

    const candidates: Candidates = { targets: [], rows: [], uppers: [] };
    for (const [target, { count, rows, norms }] of blocks.entries()) {
      const allowed = targets[target]?.allowed;
      for (let first = 0; first < count; first += STEP_ROWS) {
        const size = Math.min(STEP_ROWS, count - first);
        if (allowed)
          memory
            .bytes(allowedAt, STEP_ROWS / 8)
            .set(allowed.subarray(first / 8, Math.ceil((first + size) / 8)));
        const kept = kernels.scanF32(
          rows + first * stride * 4,
          norms + first * 4,
          size,
          stride,
          queryAt,
          allowed ? allowedAt : 0,
          rate,
          slack,
          group,
          heap,
          k,
          found,
          uppers,
        );
        const keptRows = memory.words(found, kept);
        const keptUppers = memory.doubles(uppers, kept);
        for (let i = 0; i < kept; i++) {
          candidates.targets.push(target);
          candidates.rows.push(first + (keptRows[i] as number));
          candidates.uppers.push(keptUppers[i] as number);
        }
      }
    }
    return candidates;
  }

  close(): void {
    this.#blocks.clear();
    this.#byteLength = 0;
    this.#memory = undefined;
    this.#kernels = undefined;
  }
}
