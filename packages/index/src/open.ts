import {
  isRetrievalError,
  RetrievalError,
  type SegmentStore,
  type StoreToken,
} from "@nearfield/core";
import { openGpu, scannerOf, type ScannerChoice } from "@nearfield/scan";
import type { Degradation, Precision, StorageChoice } from "./calls.ts";
import type { Holding } from "./exchange/holding.ts";
import { FlatIndex, type FlatIndexOptions } from "./flat-index.ts";
import { IndexedDbStore, type IndexedDbStoreOptions } from "./indexed-db-store.ts";
import { MemoryStore } from "./memory-store.ts";
import { ScannerWatch } from "./scanner-watch.ts";
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
  /** What was measured of the scanners on this machine. Default: the best that can be told unmeasured. */
  readonly choice?: ScannerChoice | undefined;
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
  options: OpenOptions,
  degraded: readonly Degradation[] = [],
): Promise<FlatIndex> {
  const { fingerprint, lastSeen, lastInMemory, lexical, holding } = options;
  const serving = await makeScanner(options, store);
  const isSaved = store.persistence !== "ephemeral";
  const index = new FlatIndex({
    store,
    ...serving,
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
async function makeScanner(
  { dimensions, precision, choice }: OpenOptions,
  store: SegmentStore,
): Promise<Pick<FlatIndexOptions, "scanner" | "watch" | "gpu">> {
  // What is in memory alone is there as a whole: reading it in pieces would save nothing.
  if (precision === "compact" && store.persistence !== "ephemeral") {
    try {
      return { scanner: new StoredRows(dimensions, store) };
    } catch (thrown) {
      if (isRetrievalError(thrown)) throw thrown;
    }
  }
  const gpu = choice?.name === "webgpu" ? await openGpu() : undefined;
  // What is added is a piece of a record, which nobody writes to.
  const scanner = scannerOf(dimensions, choice, { gpu, adopts: true });
  return { scanner, gpu, watch: new ScannerWatch({ dimensions, choice }) };
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
