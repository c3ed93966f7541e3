import type { EntryBlock, ErrorCode, IndexCounts, StoreToken } from "@nearfield/core";
import type { RecallReport, ScannerChoice } from "@nearfield/scan";
import type { Holding } from "./exchange/holding.ts";
import type { Durability } from "./indexed-db/connection.ts";
import type { Filter } from "./filter.ts";

/** Where an index lives. `browser`: in IndexedDB. `memory`: in its worker alone, and nothing of it is ever stored. */
export type StorageChoice = "browser" | "memory";

/** How safely an index is kept. */
export type Persistence = "persistent" | "best-effort" | "ephemeral";

/**
 * `exact`: all rows are in memory, and the best are found by proof. `compact`: short codes are in memory, and the rows that look best
 * are read from the store; some of the best may be missed, and how many is measured.
 */
export type Precision = "exact" | "compact";

/** Something that does not work as it should while the rest goes on. */
export interface Degradation {
  /** A code of `RetrievalError`. */
  readonly code: ErrorCode;
  readonly message: string;
  /** With `STORAGE_CORRUPT`: entries that are stored and can not be found. Adding them again heals it. */
  readonly lostEntries?: number | undefined;
}

export interface IndexReport extends IndexCounts, StoreToken {
  readonly persistence: Exclude<Persistence, "persistent">;
  /** Which scanner answers. */
  readonly scanner: string;
  /** Why this one. */
  readonly scannerReason: string;
  /** What was measured of the scanners here, to be given to the next `open`. */
  readonly choice?: ScannerChoice | undefined;
  /** What the scan of short codes finds of what there is; null before it was measured, absent where every scan is exact. */
  readonly recall?: RecallReport | null | undefined;
  readonly degraded: readonly Degradation[];
}

/** What the score of a hit is made of. A part is absent where it was not asked for. */
export interface HitParts {
  /** Inner product with the query's vector: the cosine where both have length 1. */
  readonly dense?: number | undefined;
  /** BM25 of the query's words; 0 where the row has none of them. */
  readonly lexical?: number | undefined;
}

/** What a search did and how long each step took, in milliseconds. A step is absent where it was not made. */
export interface SearchTrace {
  /** Rows that were proposed by vector and by words, and rows that both were weighed for. */
  readonly candidates: {
    readonly dense?: number | undefined;
    readonly lexical?: number | undefined;
    readonly fused?: number | undefined;
  };
  readonly denseMs?: number | undefined;
  readonly lexicalMs?: number | undefined;
  readonly fusionMs?: number | undefined;
  /** Reading what is stored under the hits. */
  readonly readMs: number;
}

/** A row that was found, with what was stored under its entry. */
export interface IndexHit {
  readonly id: string;
  readonly ordinal: number;
  readonly score: number;
  readonly parts: HitParts;
  readonly payload: unknown;
}

export interface SearchAnswer {
  /** Best first, by the tie rule. */
  readonly hits: readonly IndexHit[];
  readonly report: IndexReport;
  readonly trace: SearchTrace;
}

/** What was stored under an id. */
export interface IndexEntry {
  readonly id: string;
  readonly hash: string;
  readonly payload: unknown;
}

/** What a repair came to. */
export interface RepairReport {
  /** Entries that can be found again. */
  readonly restored: number;
  /** Records that nothing was lost with and that were written anew. */
  readonly mended: number;
  /** Ids that are stored and can not be found; adding them again heals them. */
  readonly lost: readonly string[];
  readonly report: IndexReport;
}

/** Some of the entries of an index, and the state in which it has them. */
export interface IndexContents extends StoreToken {
  readonly entries: readonly { readonly id: string; readonly hash: string }[];
}

/** What the page may ask of the index worker. Errors of the methods: see `FlatIndex`. */
export interface IndexCalls {
  /** The first call. Opens or creates the database; it refuses one of another embedding space. */
  open: {
    input: {
      readonly name: string;
      readonly dimensions: number;
      /** Names the embedding space; stored at creation. */
      readonly fingerprint: string;
      /** The state that this page saw last: an index that is older, or another one, is reported. */
      readonly lastSeen?: StoreToken | undefined;
      /** Keeps the words of passages too, so that they can be searched for. */
      readonly lexical?: boolean | undefined;
      /** How far an index in memory had got that this page had in a worker which died: where there is none now, it is reported. */
      readonly lastInMemory?: StoreToken | undefined;
      /** What payloads from a file have to be. */
      readonly holding?: Holding | undefined;
      /** Default `exact`. */
      readonly precision?: Precision | undefined;
      /** Default `strict`. */
      readonly durability?: Durability | undefined;
      /** Default `browser`. */
      readonly storage?: StorageChoice | undefined;
      /** What was measured of the scanners on this machine. */
      readonly choice?: ScannerChoice | undefined;
    };
    output: IndexReport;
    progress: never;
  };
  /** Serves `IngestCalls` of core on this port, until it closes. */
  connect: { input: { readonly port: MessagePort }; output: null; progress: never };
  search: {
    input: {
      /** Rows near it are found. One of `vector` and `text` is there. */
      readonly vector?: Float32Array | undefined;
      /** Rows with its words are found. With both, what is best by both together. */
      readonly text?: string | undefined;
      readonly limit: number;
      readonly filter?: Filter | undefined;
    };
    output: SearchAnswer;
    progress: never;
  };
  /** An answer for each vector, all of one moment. */
  searchBatch: {
    input: {
      readonly vectors: readonly Float32Array[];
      readonly limit: number;
      readonly filter?: Filter | undefined;
    };
    output: {
      readonly answers: readonly (readonly IndexHit[])[];
      readonly report: IndexReport;
    };
    progress: never;
  };
  /** Stores whole entries; those that are stored with the same hash are passed over. */
  commit: { input: EntryBlock; output: IndexReport; progress: never };
  /** Unknown ids are passed over. */
  remove: {
    input: { readonly ids: readonly string[] };
    output: { readonly removed: number; readonly report: IndexReport };
    progress: never;
  };
  /** In the order of `ids`; `null` for one that is not stored, or whose record is damaged. */
  get: {
    input: { readonly ids: readonly string[] };
    output: readonly (IndexEntry | null)[];
    progress: never;
  };
  /** Entries that can be found, `limit` of them from the one of this number on, in an order that holds while the token does. */
  contents: {
    input: { readonly from: number; readonly limit: number };
    output: IndexContents;
    progress: never;
  };
  /** The ids of those entries that are not stored with this very hash, in the order given. */
  missing: {
    input: IndexContents["entries"];
    output: readonly string[];
    progress: never;
  };
  /** Every id that is stored, by code unit. */
  list: { input: null; output: readonly string[]; progress: never };
  report: { input: null; output: IndexReport; progress: never };
  compact: { input: null; output: IndexReport; progress: never };
  repair: { input: null; output: RepairReport; progress: never };
  export: { input: null; output: Blob; progress: never };
  /** All or nothing. */
  import: { input: { readonly file: Blob }; output: IndexReport; progress: never };
  /** Deletes the database of this name, open or not; the worker is of no use afterwards. */
  destroy: { input: { readonly name: string }; output: null; progress: never };
}
