import {
  isRetrievalError,
  RetrievalError,
  xxh32,
  type AsyncScanner,
  type BlockId,
  type RecordHandle,
  type ScanHits,
  type ScanTarget,
  type SegmentStore,
} from "@nearfield/core";
import { CompactScanner, type RecallOptions, type RecallReport } from "@nearfield/scan";
import type { SegmentInfo } from "./manifest.ts";

/** What is in memory of a block: one number for each row, to know its bytes again by. */
interface StoredBlock {
  readonly checksums: Uint32Array;
  segment: SegmentInfo | undefined;
  handle: Promise<RecordHandle> | undefined;
}

/**
 * Scans short codes in memory, and reads the few rows that look best from their segments. Each row that is read has to have the
 * checksum it was added with: else the search rejects with {@link UnreadableRows}, and nothing of the segment counts any more.
 */
export class StoredRows implements AsyncScanner {
  readonly kind = "compact";
  readonly #scanner: CompactScanner;
  readonly #store: SegmentStore;
  readonly #blocks = new Map<BlockId, StoredBlock>();

  /** @throws CompileError where the engine or a policy does not take WebAssembly */
  constructor(dimensions: number, store: SegmentStore) {
    this.#store = store;
    this.#scanner = new CompactScanner(dimensions, {
      readRows: (block, rows) => this.#read(block, rows),
    });
  }

  get dimensions(): number {
    return this.#scanner.dimensions;
  }

  get description(): string {
    return this.#scanner.description;
  }

  get byteLength(): number {
    let checksums = 0;
    for (const block of this.#blocks.values()) checksums += block.checksums.byteLength;
    return this.#scanner.byteLength + checksums;
  }

  get isExact(): boolean {
    return this.#scanner.isExact;
  }

  /** What was measured last. */
  get recall(): RecallReport | undefined {
    return this.#scanner.recall;
  }

  add(rows: Float32Array): BlockId {
    const block = this.#scanner.add(rows);
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    const size = this.dimensions * Float32Array.BYTES_PER_ELEMENT;
    const checksums = new Uint32Array(rows.length / this.dimensions);
    for (let row = 0; row < checksums.length; row++) {
      checksums[row] = xxh32(bytes.subarray(row * size, (row + 1) * size));
    }
    this.#blocks.set(block, { checksums, segment: undefined, handle: undefined });
    return block;
  }

  /** Says which segment has the rows of a block. */
  place(block: BlockId, segment: SegmentInfo): void {
    const stored = this.#blocks.get(block);
    if (stored) stored.segment = segment;
  }

  remove(block: BlockId): void {
    this.#blocks.delete(block);
    this.#scanner.remove(block);
  }

  search(query: Float32Array, limit: number, targets: readonly ScanTarget[]): Promise<ScanHits> {
    return this.#scanner.search(query, limit, targets);
  }

  searchBatch(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): Promise<ScanHits[]> {
    return this.#scanner.searchBatch(queries, limit, targets);
  }

  /** As `CompactScanner.measureRecall`. */
  measureRecall(queries: readonly Float32Array[], options: RecallOptions): Promise<RecallReport> {
    return this.#scanner.measureRecall(queries, options);
  }

  /** Rows of one block, ascending. @throws UnreadableRows, RetrievalError */
  readRows(block: BlockId, rows: Uint32Array): Promise<Float32Array> {
    return this.#read(block, rows);
  }

  close(): void {
    this.#blocks.clear();
    this.#scanner.close();
  }

  async #read(id: BlockId, rows: Uint32Array): Promise<Float32Array> {
    const block = this.#blocks.get(id);
    // Forgotten while the search waited: whoever asked looks at what is there now.
    if (!block?.segment) throw new UnreadableRows(undefined);
    const { segment, checksums } = block;
    const size = this.dimensions * Float32Array.BYTES_PER_ELEMENT;
    const start = segment.byteLength - segment.rows * size;
    const pieces = Array.from(rows, (row) => {
      return { start: start + row * size, end: start + (row + 1) * size };
    });
    const bytes = await this.#readPieces(block, segment, pieces);
    const isSound =
      bytes.length === rows.length * size &&
      rows.every((row, at) => {
        return xxh32(bytes.subarray(at * size, (at + 1) * size)) === checksums[row];
      });
    if (!isSound) throw new UnreadableRows(segment.id);
    return new Float32Array(bytes.buffer, bytes.byteOffset, rows.length * this.dimensions);
  }

  async #readPieces(
    block: StoredBlock,
    segment: SegmentInfo,
    pieces: readonly { readonly start: number; readonly end: number }[],
  ): Promise<Uint8Array<ArrayBuffer>> {
    const handle = (block.handle ??= this.#open(segment));
    try {
      return await (await handle).read(pieces);
    } catch (thrown) {
      // A handle that failed is of no use; the next search asks for another.
      if (block.handle === handle) block.handle = undefined;
      const isGone = isRetrievalError(thrown) && thrown.code === "STORAGE_UNAVAILABLE";
      throw isGone ? new UnreadableRows(segment.id) : thrown;
    }
  }

  async #open({ id }: SegmentInfo): Promise<RecordHandle> {
    const handle = await this.#store.handle("segments", id);
    if (typeof handle === "string") throw new UnreadableRows(id);
    return handle;
  }
}

/** Rows that are not stored as they were added: others have moved on, or the segment is damaged. Never reaches a caller. */
export class UnreadableRows extends RetrievalError {
  /** Undefined where the block has been given up meanwhile. */
  readonly segment: number | undefined;

  constructor(segment: number | undefined) {
    super("STORAGE_CORRUPT", "rows of a segment are not as they were written", {
      value: segment,
      repair: "Call repair.",
    });
    this.segment = segment;
  }
}
