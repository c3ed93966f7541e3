import type { EntryBlock, IndexCounts, StoredDocument } from "@nearfield/core";
import type { Embedder } from "../embedder.ts";

/** A document's name and content, as far as the index has to compare them. */
export interface EntryKey {
  readonly id: string;
  readonly hash: string;
}

/** Where ingesting stores what it made: an index, near or far. */
export interface IngestIndex {
  /** The ids of those entries that are not stored with this very hash, in the order given. */
  missing(keys: readonly EntryKey[], signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Stores whole entries in one transaction and resolves after it has completed. Takes `block.vectors` over.
   * @param signal aborts when nobody waits for the answer any more
   */
  commit(block: EntryBlock<StoredDocument>, signal: AbortSignal): Promise<IndexCounts>;
}

/** What ingesting needs besides documents. */
export interface IngestSeam {
  readonly embedder: Embedder;
  readonly index: IngestIndex;
}
