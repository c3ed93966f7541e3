import type { Device } from "@nearfield/core";
import type { RelayState } from "@nearfield/link";
import type { Reason, Rung } from "@nearfield/runtime";
import type { LoadReport } from "./calls.ts";

/** A snapshot of a reranker: plain data. */
export interface RerankerStatus {
  /** `idle`: no worker, the next call starts one. `failed`: the last start failed; the next call tries again. */
  readonly state: RelayState;
  /** The rung that serves or is being tried; null before the first start. */
  readonly rung: Rung | null;
  readonly device: Device | null;
  /** Vendor and architecture of the GPU adapter, or the WASM features in use. */
  readonly adapter: string | null;
  readonly threads: number | null;
  /** Why rungs were left or never tried, in the order of events. */
  readonly reasons: readonly Reason[];
  readonly knownScores: LoadReport["knownScores"];
  /** Of the last start, in milliseconds; null before it is done. */
  readonly timings: Pick<LoadReport, "fetchMs" | "sessionMs" | "knownScoresMs"> | null;
  readonly notStored: LoadReport["notStored"];
}
