import {
  dot,
  norm,
  type AsyncScanner,
  type BlockId,
  type Scanner,
  type ScanHits,
  type ScanTarget,
} from "@nearfield/core";
import { Bar } from "./bar.ts";
import { createScanner } from "./create-scanner.ts";
import type { OpenedGpu } from "./gpu/device.ts";
import { SCORE_KERNEL } from "./gpu/score-kernel.ts";
import { GpuScoring, type BlockScores, type GpuBlock } from "./gpu/scoring.ts";
import { HitList } from "./hits.ts";
import { copyRows } from "./memory.ts";
import { boundableNorm, boundOfGpu, scaleOf, type ErrorBound } from "./rounding.ts";
import {
  checkDimensions,
  checkLimit,
  checkQueries,
  closed,
  countRows,
  notFinite,
  resolveTarget,
} from "./validation.ts";

/** Floats of a row are read four at a time. */
const LANES = 4;

interface Block {
  readonly count: number;
  readonly rows: Float32Array;
  /** Length of each row as a float that is not less; Infinity where a sum could overflow, which a GPU need not notice. */
  readonly norms: Float32Array;
  readonly onGpu: GpuBlock;
}

/** What answers after the GPU has failed, and under which handles it knows the blocks. */
interface Fallback {
  readonly scanner: Scanner;
  readonly blocks: Map<BlockId, BlockId>;
}

/**
 * Scores all rows on a GPU, in float32, and ranks with `dot` those that may be among the best by a proven bound: as exact as the other
 * scanners, and meant for many rows or many queries at once. Rows stay on the GPU, and a copy stays here. If the device is lost or
 * has no memory, everything is answered by WebAssembly from then on.
 */
export class GpuScanner implements AsyncScanner {
  readonly kind = "webgpu";
  readonly isExact = true;
  readonly dimensions: number;
  readonly #stride: number;
  readonly #name: string;
  readonly #scoring: GpuScoring;
  readonly #blocks = new Map<BlockId, Block>();
  #nextId = 1;
  #byteLength = 0;
  #isClosed = false;
  #fallback: Fallback | undefined;

  /**
   * @param gpu stays the caller's: it may serve several scanners
   * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
   */
  constructor(dimensions: number, { device, name }: OpenedGpu) {
    checkDimensions(dimensions);
    this.dimensions = dimensions;
    this.#stride = Math.ceil(dimensions / LANES) * LANES;
    this.#name = name;
    this.#scoring = new GpuScoring(device, SCORE_KERNEL, this.#stride);
  }

  get description(): string {
    return this.#fallback
      ? `the GPU (${this.#name}) was lost or has no memory; ${this.#fallback.scanner.description}`
      : `WebGPU (${this.#name}) over rows of float32, exact by certificate`;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  add(rows: Float32Array): BlockId {
    if (this.#isClosed) throw closed();
    const { dimensions } = this;
    const count = countRows(rows, dimensions);
    const norms = new Float32Array(count);
    for (let row = 0; row < count; row++) {
      const length = norm(rows.subarray(row * dimensions, (row + 1) * dimensions));
      if (!Number.isFinite(length)) throw notFinite(row);
      norms[row] = boundableNorm(length);
    }
    const held = copyRows(rows);
    const onGpu = this.#scoring.add(this.#padded(held, count), count);
    const id = this.#nextId++;
    this.#blocks.set(id, { count, rows: held, norms, onGpu });
    this.#byteLength += held.byteLength + norms.byteLength;
    if (this.#fallback) this.#fallback.blocks.set(id, this.#fallback.scanner.add(held));
    return id;
  }

  remove(id: BlockId): void {
    const block = this.#blocks.get(id);
    if (!block) return;
    this.#blocks.delete(id);
    this.#byteLength -= block.rows.byteLength + block.norms.byteLength;
    this.#scoring.remove(block.onGpu);
    this.#fallback?.scanner.remove(this.#fallback.blocks.get(id) as BlockId);
  }

  async search(
    query: Float32Array,
    limit: number,
    targets: readonly ScanTarget[],
  ): Promise<ScanHits> {
    return (await this.searchBatch([query], limit, targets))[0] as ScanHits;
  }

  async searchBatch(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): Promise<ScanHits[]> {
    if (this.#isClosed) throw closed();
    checkQueries(queries, this.dimensions);
    checkLimit(limit);
    const blocks = targets.map((target) => resolveTarget(this.#blocks, target));
    if (!this.#scoring.isFailed) {
      const scaled = queries.map((query) => this.#scaled(query));
      const distinct = [...new Set(blocks)];
      const scores = await this.#scoring
        .score(
          scaled,
          distinct.map(({ onGpu }) => onGpu),
        )
        .catch(() => undefined);
      if (this.#isClosed) throw closed();
      if (scores && !this.#scoring.isFailed)
        return queries.map((query, i) => {
          const bound = boundOfGpu(this.#stride, norm(scaled[i] as Float32Array));
          const ofBlock = new Map(distinct.map((block, at) => [block, scores[i]?.[at]]));
          const found = blocks.map((block) => ofBlock.get(block) as BlockScores);
          return rank(query, limit, targets, blocks, found, bound);
        });
    }
    return this.#searchWithout(queries, limit, targets, blocks);
  }

  close(): void {
    for (const { onGpu } of this.#blocks.values()) this.#scoring.remove(onGpu);
    this.#blocks.clear();
    this.#byteLength = 0;
    this.#isClosed = true;
    this.#fallback?.scanner.close();
    this.#fallback = undefined;
  }

  /** What the kernel reads: rows of a whole number of vectors of four. */
  #padded(rows: Float32Array, count: number): Float32Array {
    const { dimensions } = this;
    if (this.#stride === dimensions) return rows;
    const padded = new Float32Array(count * this.#stride);
    for (let row = 0; row < count; row++)
      padded.set(rows.subarray(row * dimensions, (row + 1) * dimensions), row * this.#stride);
    return padded;
  }

  #scaled(query: Float32Array): Float32Array {
    const scaled = new Float32Array(this.#stride);
    const scale = scaleOf(query);
    for (let j = 0; j < query.length; j++) scaled[j] = (query[j] as number) * scale;
    return scaled;
  }

  /** The blocks of this search may have been removed since it began: they are searched as they were. */
  #searchWithout(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
    blocks: readonly Block[],
  ): ScanHits[] {
    const { scanner, blocks: known } = (this.#fallback ??= this.#createFallback());
    const strays: BlockId[] = [];
    try {
      const moved = targets.map(({ block, allowed }, i) => {
        let id = known.get(block);
        if (id === undefined || !this.#blocks.has(block)) {
          id = scanner.add((blocks[i] as Block).rows);
          strays.push(id);
        }
        return { block: id, allowed };
      });
      return scanner.searchBatch(queries, limit, moved);
    } finally {
      for (const id of strays) scanner.remove(id);
    }
  }

  #createFallback(): Fallback {
    const scanner = createScanner(this.dimensions);
    const blocks = new Map<BlockId, BlockId>();
    for (const [id, { rows }] of this.#blocks) blocks.set(id, scanner.add(rows));
    return { scanner, blocks };
  }
}

/** What the other scanners do in their kernels, with the scores of the GPU. */
function rank(
  query: Float32Array,
  limit: number,
  targets: readonly ScanTarget[],
  blocks: readonly Block[],
  scores: readonly BlockScores[],
  { rate, slack }: ErrorBound,
): ScanHits {
  const rowCount = blocks.reduce((sum, { count }) => sum + count, 0);
  const bar = new Bar(Math.max(1, Math.min(limit, rowCount)));
  const kept: { target: number; row: number; upper: number }[] = [];
  for (const [target, { count, norms }] of blocks.entries()) {
    const allowed = targets[target]?.allowed;
    const found = scores[target] as BlockScores;
    for (let row = 0; row < count; row++) {
      if (allowed && !(((allowed[row >> 3] as number) >> (row & 7)) & 1)) continue;
      const score = found[row] as number;
      const length = norms[row] as number;
      // Where a sum can overflow the GPU's word is worth nothing, whatever it is.
      const radius = length === Infinity ? Infinity : length * rate + slack;
      const upper = radius === Infinity ? Infinity : score + radius;
      if (upper < bar.least) continue;
      kept.push({ target, row, upper });
      if (radius !== Infinity) bar.raise(score - radius);
    }
  }
  const reaching = kept.filter(({ upper }) => !(upper < bar.least));
  const hits = new HitList(reaching.length);
  const { length: dimensions } = query;
  for (const { target, row } of reaching) {
    const { rows } = blocks[target] as Block;
    const vector = rows.subarray(row * dimensions, (row + 1) * dimensions);
    hits.push(target, row, dot(vector, query));
  }
  return hits.best(limit);
}
