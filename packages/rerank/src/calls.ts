import type { Device, RerankerCard } from "@nearfield/core";
import type { GatheredFiles, FetchStage } from "@nearfield/models";
import type { Rung, RuntimeFiles } from "@nearfield/runtime";

export interface LoadRequest {
  readonly card: RerankerCard;
  readonly rung: Rung;
  /** Default: the files that the app's bundler emitted beside the worker. */
  readonly runtime?: RuntimeFiles | undefined;
  /** Threads of the WASM build; 1 where the page is not cross-origin isolated. */
  readonly threads: number;
}

export interface LoadReport {
  readonly rung: Rung;
  readonly device: Device;
  readonly threads: number;
  /** Vendor and architecture of the adapter, or the WASM features in use. */
  readonly adapter: string;
  /** How many pairs were scored to check the device, and the greatest error met; null where nothing had to be checked. */
  readonly knownScores: { readonly pairs: number; readonly greatestError: number } | null;
  readonly fetchMs: number;
  readonly sessionMs: number;
  readonly knownScoresMs: number;
  /** Why files of the model are not kept for the next visit; null where all are. */
  readonly notStored: GatheredFiles["notStored"];
}

export interface LoadProgress {
  readonly stage: FetchStage | "session" | "known-scores";
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/** How the pairs of one call are put through the graph; each gives the same scores, up to rounding. */
export interface Strategy {
  /** Encode what all rows begin with once, and go on from there with each. Default true, where the graph can. */
  readonly reusePrefix?: boolean | undefined;
  /** `auto`: what is fastest on the device. `alone`: one row a run. `padded`: rows of unlike length together. */
  readonly batching?: "auto" | "alone" | "padded" | undefined;
}

export interface ScoreRequest {
  readonly query: string;
  readonly passages: readonly string[];
  /** Takes the place of the card's, for models that take one. */
  readonly instruction?: string | undefined;
  readonly strategy?: Strategy | undefined;
}

/** What the page may ask of a reranker's worker. `load` comes first, once. */
export interface RerankCalls {
  load: { input: LoadRequest; output: LoadReport; progress: LoadProgress };
  score: {
    input: ScoreRequest;
    /** One score for each passage, in their order. */
    output: Float32Array;
    progress: { readonly done: number; readonly of: number };
  };
}
