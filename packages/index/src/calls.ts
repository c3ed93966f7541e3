import type { EntryBlock, IndexCounts } from "@nearfield/core";

/** How safely an index is kept. */
export type Persistence = "persistent" | "best-effort" | "ephemeral";

/** Something that does not work as it should while the rest goes on. */
export interface Degradation {
  /** A code of `RetrievalError`. */
  readonly code: string;
  readonly message: string;
}

export interface IndexReport extends IndexCounts {
  readonly persistence: Exclude<Persistence, "persistent">;
  /** Which scanner answers. */
  readonly scanner: string;
  readonly degraded: readonly Degradation[];
}

/** A row that was found, with what was stored under its entry. */
export interface IndexHit {
  readonly id: string;
  readonly ordinal: number;
  readonly score: number;
  readonly payload: unknown;
}

/** What the page may ask of the index worker. */
export interface IndexCalls {
  /** The first call. Opens or creates the database; with `fingerprint` it refuses one of another embedding space. */
  open: {
    input: {
      readonly name: string;
      readonly dimensions: number;
      /** Names the embedding space; stored at creation. */
      readonly fingerprint: string;
    };
    output: IndexReport;
    progress: never;
  };
  /** Serves `IngestCalls` of core on this port, until it closes. */
  connect: { input: { readonly port: MessagePort }; output: null; progress: never };
  search: {
    input: { readonly vector: Float32Array; readonly limit: number };
    output: { readonly hits: readonly IndexHit[]; readonly report: IndexReport };
    progress: never;
  };
  commit: { input: EntryBlock; output: IndexReport; progress: never };
  /** Unknown ids are passed over. */
  remove: {
    input: { readonly ids: readonly string[] };
    output: { readonly removed: number; readonly report: IndexReport };
    progress: never;
  };
  report: { input: null; output: IndexReport; progress: never };
  /** Closes and deletes the database; the worker is of no use afterwards. */
  destroy: { input: null; output: null; progress: never };
}
