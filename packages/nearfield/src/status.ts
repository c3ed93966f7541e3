import type { EncoderStatus } from "@nearfield/encoder";
import type { Degradation, Persistence } from "@nearfield/index";

/** A snapshot of a search: plain data, cheap to take, safe to show. */
export interface SearchStatus {
  readonly name: string;
  readonly state: "open" | "closed";
  readonly model: {
    readonly name: string;
    readonly version: string;
    /** Length of the vectors in use. */
    readonly dimensions: number;
  };
  /** Which device each encoder runs on, and why not another. */
  readonly devices: {
    readonly query: EncoderStatus;
    /** `idle` until the first `add`, and again when it has had nothing to do for a while. */
    readonly document: EncoderStatus;
  };
  /** Which scanner answers queries. */
  readonly scanner: string;
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
