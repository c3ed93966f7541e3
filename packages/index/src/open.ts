import {
  isRetrievalError,
  RetrievalError,
  type SegmentStore,
  type StoreToken,
} from "@nearfield/core";
import { createScanner } from "@nearfield/scan";
import type { Degradation, Precision, StorageChoice } from "./calls.ts";
import type { Holding } from "./exchange/holding.ts";
import { FlatIndex } from "./flat-index.ts";
import type { RowScanner } from "./image.ts";
import { IndexedDbStore, type IndexedDbStoreOptions } from "./indexed-db-store.ts";
import { MemoryStore } from "./memory-store.ts";
import { StoredRows } from "./stored-rows.ts";

export interface OpenOptions extends IndexedDbStoreOptions {
  readonly name: string;
  readonly dimensions: number;
  readonly fingerprint: string;
  readonly lastSeen?: StoreToken | undefined;
  /** The same of an index in memory, which died with its worker. */
  readonly lastInMemory?: StoreToken | undefined;
  readonly lexical?: boolean | undefined;
  /** What payloads from a file have to be. Default: anything. */
  readonly holding?: Holding | undefined;
  /** Default `exact`. */
  readonly precision?: Precision | undefined;
  /** Default `browser`. With `memory` nothing is read from the browser's storage and nothing is written there. */
  readonly storage?: StorageChoice | undefined;
}

/**
 * Opens the index of this name. Where the browser refuses to store (no IndexedDB, a policy, no room, no answer), the
 * index lives in memory and its report says so. But not where this page knows of stored rows: an empty index in their place
 * would look like a loss, and what is added to it would be one.
 * @throws RetrievalError as `FlatIndex.open`; `INVALID_OPTION` for dimensions out of range; `STORAGE_UNAVAILABLE`,
 * `STORAGE_FULL` where there are rows that can not be reached now
 */
export async function openFlatIndex(options: OpenOptions): Promise<FlatIndex> {
  if (options.storage === "memory") return openWith(new MemoryStore(), options);
  let store: SegmentStore;
  try {
    const layout = options.precision === "compact" ? "pieces" : "whole";
    store = await IndexedDbStore.open(options.name, { ...options, layout });
  } catch (thrown) {
    return openWith(new MemoryStore(), options, [refusal(thrown, options)]);
  }
  try {
    return await openWith(store, options);
  } catch (thrown) {
    store.close();
    return openWith(new MemoryStore(), options, [refusal(thrown, options)]);
  }
}

async function openWith(
  store: SegmentStore,
  { dimensions, fingerprint, lastSeen, lastInMemory, lexical, holding, precision }: OpenOptions,
  degraded: readonly Degradation[] = [],
): Promise<FlatIndex> {
  const scanner = makeScanner(dimensions, precision, store);
  const isSaved = store.persistence !== "ephemeral";
  const index = new FlatIndex({
    store,
    scanner,
    fingerprint,
    holding,
    degraded,
    lexical,
    // An index in memory is always a new one. What was in the one before is lost; of a stored one the refusal says it all.
    lastSeen: isSaved ? lastSeen : lastInMemory,
  });
  try {
    await index.open();
    return index;
  } catch (thrown) {
    await index.close();
    throw thrown;
  }
}

/** Where there is no WebAssembly nothing but plain exact scans is left. */
function makeScanner(
  dimensions: number,
  precision: Precision | undefined,
  store: SegmentStore,
): RowScanner {
  // What is in memory alone is there as a whole: reading it in pieces would save nothing.
  if (precision !== "compact" || store.persistence === "ephemeral")
    return createScanner(dimensions);
  try {
    return new StoredRows(dimensions, store);
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    return createScanner(dimensions);
  }
}

/** The entry for the report, where the failure is one of storage; anything else is thrown on. */
function refusal(thrown: unknown, { name, lastSeen }: OpenOptions): Degradation {
  if (!isRetrievalError(thrown) || !isRefusal(thrown)) throw thrown;
  const code = thrown.code === "TIMEOUT" ? "STORAGE_UNAVAILABLE" : thrown.code;
  if (lastSeen && lastSeen.generation > 0) {
    throw new RetrievalError(code, "the stored index can not be reached now", {
      value: name,
      repair: "Open it again in a moment; close other tabs of this site if it stays so.",
      cause: thrown,
    });
  }
  return {
    code,
    message: `the index is kept in memory only: ${thrown.message}`,
  };
}

function isRefusal({ code }: RetrievalError): boolean {
  return code === "STORAGE_UNAVAILABLE" || code === "STORAGE_FULL" || code === "TIMEOUT";
}
