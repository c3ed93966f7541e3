import type { Device, ErrorCode, ModelCard } from "@nearfield/core";
import type { Reason, Rung } from "@nearfield/runtime";
import type { LoadReport } from "./calls.ts";
import type { EncoderPlan } from "./decision.ts";
import type { Measured } from "./trial.ts";

/** A snapshot of an encoder: plain data. */
export interface EncoderStatus {
  /** `idle`: no worker, the next call starts one. `failed`: the last start failed; the next call tries again. */
  readonly state: "idle" | "starting" | "ready" | "failed" | "closed";
  /** The rung that serves or is being tried; null before the first start. */
  readonly rung: Rung | null;
  readonly device: Device | null;
  /** Vendor and architecture of the GPU adapter, or the WASM features in use. */
  readonly adapter: string | null;
  readonly threads: number | null;
  /** Why rungs were left or never tried, in the order of events. */
  readonly reasons: readonly Reason[];
  /** What was decided before anything was fetched; null before the first start, and where nothing can run. */
  readonly plan: EncoderPlan | null;
  /**
   * Milliseconds of both devices for a query and for a batch of passages, where a real GPU and WASM could both serve: the
   * next start begins with the faster one. Null until they were measured.
   */
  readonly measured: Measured | null;
  readonly knownAnswers: LoadReport["knownAnswers"];
  /** Of the last start, in milliseconds; null before it is done. */
  readonly timings: {
    readonly fetchMs: number;
    readonly sessionMs: number;
    readonly knownAnswersMs: number;
    /** From the start of the worker until it was ready. */
    readonly totalMs: number;
  } | null;
  /** Why the model's files are not kept for the next visit; null where they are. */
  readonly notStored: { readonly code: ErrorCode; readonly message: string } | null;
  /**
   * What the model wants done to a query before it is encoded. The encoder does not do it: whoever asks with the role `query`
   * gives the text as that step left it. Null while there is no card yet.
   */
  readonly queryStep: NonNullable<ModelCard["queryStep"]> | null;
}
