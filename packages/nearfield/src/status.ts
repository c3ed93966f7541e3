import type { ErrorCode } from "@nearfield/core";
import type { EncoderStatus as ClientStatus, LoadProgress } from "@nearfield/encoder";
import type { RerankerStatus } from "@nearfield/rerank";
import type { Degradation, Persistence, Precision, RecallReport } from "@nearfield/index";
import type { ReasonStatus } from "./reason-options.ts";

/** How far a model is. */
export interface ModelLoading {
  /** `resolve`: what the model's name stands for is looked up, and no bytes are counted yet. */
  readonly stage: "resolve" | LoadProgress["stage"];
  /** Bytes of the model's files that are here, all files together. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** Of the download, over its last seconds; null where nothing comes from the network just now. */
  readonly bytesPerSecond: number | null;
}

/** A snapshot of an encoder: plain data. */
export interface EncoderStatus extends ClientStatus {
  /** Name and version of the model; null until its name is resolved. */
  readonly model: { readonly name: string; readonly version: string } | null;
  /** What loading is at; null where nothing is being loaded. */
  readonly loading: ModelLoading | null;
  /** Why the last start failed; null otherwise. `reasons` says what each device met. */
  readonly failure: { readonly code: ErrorCode; readonly message: string } | null;
}

/** How far the change of an index to another model is. */
export interface ChangeStatus {
  /** `waiting`: another page is at it. `failed`: the old model goes on; the next opening tries again from there. */
  readonly state: "waiting" | "encoding" | "failed";
  readonly from: SearchStatus["model"];
  /** Null where it could not be looked up what the name of the new one stands for. */
  readonly to: SearchStatus["model"] | null;
  /** Documents that have vectors of the new model, of how many. */
  readonly documents: number;
  readonly of: number;
  readonly failure: { readonly code: ErrorCode; readonly message: string } | null;
}

/** A snapshot of a search: plain data, cheap to take, safe to show. */
export interface SearchStatus {
  readonly name: string;
  readonly state: "open" | "closed";
  readonly model: {
    readonly name: string;
    readonly version: string;
    /** Length of the vectors in use. */
    readonly dimensions: number;
    /** Two towers: the one that encodes queries. Absent where one model does both. */
    readonly query?: { readonly name: string; readonly version: string } | undefined;
  };
  /** The index is being encoded anew, and `model` answers until that is done; null where it is not. */
  readonly change: ChangeStatus | null;
  /** Which device each encoder runs on, and why not another. */
  readonly devices: {
    readonly query: EncoderStatus;
    /** `idle` until the first `add`, and again when it has had nothing to do for a while. */
    readonly document: EncoderStatus;
  };
  /** Who thinks about queries; null where nobody does. */
  readonly reason: ReasonStatus | null;
  /** The reranker; null where there is none, or it was not needed yet. */
  readonly rerank: RerankerStatus | null;
  /** Which scanner answers queries. */
  readonly scanner: string;
  /** Why this one: what was measured on this machine, and when it was not. */
  readonly scannerReason: string;
  /** What serves: also `exact` where `compact` was asked for and short codes did not find enough, or can not be scanned here. */
  readonly precision: Precision;
  /** What share of the nearest passages is found, as measured on queries or passages of this index; null where it is all, or not known yet. */
  readonly recall: RecallReport | null;
  readonly counts: {
    readonly documents: number;
    readonly passages: number;
    /** Grows with every committed change, by this tab or another. */
    readonly generation: number;
  };
  /** `persistent`: the browser promised not to evict it. `ephemeral`: in memory only, gone with the page. */
  readonly persistence: Persistence;
  /** What does not work as it should while the rest goes on. Empty when all is well. */
  readonly degraded: readonly Degradation[];
}
