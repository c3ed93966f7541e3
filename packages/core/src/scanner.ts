/** A handle to rows that a scanner holds. Never reused within one scanner. */
export type BlockId = number;

/** The rows of one block that may be found; the others are deleted or filtered out. */
export interface ScanTarget {
  readonly block: BlockId;
  /** Bit `row & 7` of byte `row >> 3` is 1 where the row may be found. Absent: every row may. */
  readonly allowed?: Uint8Array | undefined;
}

/** Rows in the order score descending, then position in `targets` ascending, then row ascending. */
export interface ScanHits {
  /** Index into the `targets` of the call. */
  readonly targets: Uint32Array;
  /** Row within the block. */
  readonly rows: Uint32Array;
  /** Scores as {@link dot} of `vectors.ts` gives them, in double precision. */
  readonly scores: Float64Array;
}

/** What every scanner has, whether or not its answers come at once. */
export interface RowHolder {
  /** Which scanner serves and why, in words for a report. */
  readonly description: string;
  readonly dimensions: number;
  /** Bytes of row data held now. */
  readonly byteLength: number;
  /**
   * Takes a copy of `rows` (row-major, `count` × `dimensions`, finite) and returns a handle to it.
   * @throws RetrievalError `INVALID_VECTOR` for a length that is no multiple of `dimensions` or a component that is not finite,
   * `OUT_OF_MEMORY`, `CLOSED`.
   */
  add(rows: Float32Array): BlockId;
  /** Forgets a block and frees its memory. An unknown handle is ignored. */
  remove(block: BlockId): void;
  /** Frees everything. Idempotent. */
  close(): void;
}

/**
 * Holds blocks of float32 rows and finds the rows that score best against a query. Every implementation returns the
 * same hits, bit for bit: the scores of `dot` and, besides the `limit` best rows, **every further row whose score equals the
 * last of them**, so that the caller can settle ties by its own rule.
 */
export interface Scanner extends RowHolder {
  readonly kind: "typescript" | "wasm-simd" | "wasm-relaxed-simd";
  /**
   * @param query finite, `dimensions` long
   * @param limit at least 1; may exceed the number of rows
   * @throws RetrievalError `INVALID_VECTOR` for a bad query, `INVALID_OPTION` for a bad limit, a block that is not held or a bitmap
   * that does not cover its block, `OUT_OF_MEMORY`, `CLOSED`.
   */
  search(query: Float32Array, limit: number, targets: readonly ScanTarget[]): ScanHits;
  /** The hits of each query, as `search` gives them, in one pass over the rows. */
  searchBatch(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): ScanHits[];
}

/**
 * A scanner that may have to wait, for a GPU or for rows in storage. Calls may overlap; a search sees the blocks that were there when it
 * was called.
 */
export interface AsyncScanner extends RowHolder {
  readonly kind: Scanner["kind"] | "webgpu" | "compact";
  /**
   * True: the hits are those of `Scanner`, bit for bit. False: their scores and their order are, but **rows may be
   * missing**.
   */
  readonly isExact: boolean;
  /** As `Scanner.search`; rejects where that throws. */
  search(query: Float32Array, limit: number, targets: readonly ScanTarget[]): Promise<ScanHits>;
  /** As `Scanner.searchBatch`; rejects where that throws. */
  searchBatch(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): Promise<ScanHits[]>;
}
