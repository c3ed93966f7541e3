import type { StoredDocument } from "./document.ts";

/**
 * What is stored under one id: `rows` vectors and a payload that comes back with each hit. For a search index the
 * payload is the document and each row one of its passages; for a bare vector index there is one row. Filters look at what an object as payload
 * holds under `fields`.
 */
export interface Entry<Payload = unknown> {
  readonly id: string;
  /** Names the content: an entry that is stored with the same hash need not be added again. */
  readonly hash: string;
  readonly rows: number;
  readonly payload: Payload;
}

/** Whole entries with all their vectors: the unit of a commit. */
export interface EntryBlock<Payload = unknown> {
  readonly entries: readonly Entry<Payload>[];
  /** Row-major, Σ rows × dimensions, in the order of `entries`. */
  readonly vectors: Float32Array;
  readonly dimensions: number;
}

/** Size of an index as of one generation. */
export interface IndexCounts {
  /** Names this very database: one that was deleted and made again has another. Generations of two are not comparable. */
  readonly lineage: string;
  /** Grows by one with every committed change. */
  readonly generation: number;
  readonly entries: number;
  readonly rows: number;
}

/**
 * What a document worker may ask of the index worker, over a `MessagePort` of their own. In the form that `link` wants:
 * input, output and progress of each method.
 */
export interface IngestCalls {
  /** The ids of those entries that are not stored with this very hash, in the order given. */
  missing: {
    input: readonly { readonly id: string; readonly hash: string }[];
    output: readonly string[];
    progress: never;
  };
  /** Stores whole entries in one transaction; answers after that transaction has completed. */
  commit: { input: EntryBlock<StoredDocument>; output: IndexCounts; progress: never };
}
