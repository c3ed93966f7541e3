import type { Device } from "@nearfield/core";
import type { RelayState } from "@nearfield/link";
import type { Reason, Rung } from "@nearfield/runtime";
import type { LoadReport } from "./calls.ts";

/** A snapshot of a local language model: plain data. */
export interface GeneratorStatus {
  /** `idle`: no worker, the next thought starts one. `failed`: the last start failed; the next thought tries again. */
  readonly state: RelayState;
  /** The rung that serves or is being tried; null before the first start. */
  readonly rung: Rung | null;
  readonly device: Device | null;
  /** Why rungs were left or never tried, in the order of events. */
  readonly reasons: readonly Reason[];
  /** How the device was checked when the model was loaded; null before that, and where there was nothing to check it by. */
  readonly check: LoadReport["check"];
}
