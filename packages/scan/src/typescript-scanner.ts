import {
  dot,
  norm,
  type BlockId,
  type Scanner,
  type ScanHits,
  type ScanTarget,
} from "@nearfield/core";
import { HitList } from "./hits.ts";
import { copyRows } from "./memory.ts";
import {
  checkDimensions,
  checkLimit,
  checkQueries,
  checkQuery,
  closed,
  countRows,
  notFinite,
  resolveTarget,
} from "./validation.ts";

interface Block {
  readonly count: number;
  readonly rows: Float32Array;
}

/**
 * The scanner of plain loops: it scores every row with `dot` and sorts. The oracle that the others are held against, and the
 * last resort where an engine takes no WebAssembly.
 */
export class TypeScriptScanner implements Scanner {
  readonly kind = "typescript";
  readonly description = "plain TypeScript: every row is scored";
  readonly dimensions: number;
  readonly #blocks = new Map<BlockId, Block>();
  #nextId = 1;
  #byteLength = 0;
  #closed = false;

  /** @throws RetrievalError `INVALID_OPTION` for dimensions out of range. */
  constructor(dimensions: number) {
    checkDimensions(dimensions);
    this.dimensions = dimensions;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  add(rows: Float32Array): BlockId {
    if (this.#closed) throw closed();
    const { dimensions } = this;
    const count = countRows(rows, dimensions);
    for (let row = 0; row < count; row++) {
      if (!Number.isFinite(norm(rows.subarray(row * dimensions, (row + 1) * dimensions))))
        throw notFinite(row);
    }
    const id = this.#nextId++;
    this.#blocks.set(id, { count, rows: copyRows(rows) });
    this.#byteLength += rows.byteLength;
    return id;
  }

  remove(block: BlockId): void {
    this.#byteLength -= this.#blocks.get(block)?.rows.byteLength ?? 0;
    this.#blocks.delete(block);
  }

  search(query: Float32Array, limit: number, targets: readonly ScanTarget[]): ScanHits {
    if (this.#closed) throw closed();
    const { dimensions } = this;
    checkQuery(query, dimensions);
    checkLimit(limit);
    const blocks = targets.map((target) => resolveTarget(this.#blocks, target));
    const hits = new HitList(blocks.reduce((sum, { count }) => sum + count, 0));
    for (const [index, { count, rows }] of blocks.entries()) {
      const allowed = targets[index]?.allowed;
      for (let row = 0; row < count; row++) {
        if (allowed && !isSet(allowed, row)) continue;
        hits.push(index, row, dot(rows.subarray(row * dimensions, (row + 1) * dimensions), query));
      }
    }
    return hits.best(limit);
  }

  searchBatch(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): ScanHits[] {
    if (this.#closed) throw closed();
    checkQueries(queries, this.dimensions);
    checkLimit(limit);
    return queries.map((query) => this.search(query, limit, targets));
  }

  close(): void {
    this.#closed = true;
    this.#blocks.clear();
    this.#byteLength = 0;
  }
}

function isSet(bitmap: Uint8Array, row: number): boolean {
  return (((bitmap[row >> 3] as number) >> (row & 7)) & 1) === 1;
}
