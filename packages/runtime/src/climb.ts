import { RetrievalError, type ErrorCode } from "@nearfield/core";
import type { AdapterReport } from "./adapter.ts";
import type { Rung } from "./rung.ts";
import {
  planLadder,
  type DeviceChoice,
  type LadderHints,
  type Reason,
  type Runnable,
} from "./ladder.ts";

/** What would be the same on every rung: the files, the card, the worker's script, WebAssembly (the GPU's build needs it too). */
const SAME_EVERYWHERE: readonly ErrorCode[] = [
  "MODEL_INTEGRITY",
  "MODEL_INVALID",
  "MODEL_UNAVAILABLE",
  "MODEL_UNAVAILABLE_OFFLINE",
  "MODEL_UNSUPPORTED",
  "WASM_UNAVAILABLE",
  "WORKER_UNAVAILABLE",
];

/** What a device gave that computes something else: it would do so again. */
const WRONG: readonly ErrorCode[] = ["EMBEDDING_INVALID", "SCORE_INVALID", "THOUGHT_INVALID"];

/**
 * One way down the ladder, from the best rung to the last: which rung is in place, and what follows when it fails. It
 * starts nothing itself.
 */
export class Climb {
  /** What the machine had to offer when the climb began. */
  readonly adapter: AdapterReport;
  readonly #choice: DeviceChoice;
  readonly #rungs: readonly Rung[];
  readonly #reasons: Reason[];
  #position = 0;
  #gpuLosses = 0;
  #hadAccident = false;
  #defeat: RetrievalError | undefined;

  constructor(card: Runnable, choice: DeviceChoice, adapter: AdapterReport, hints?: LadderHints) {
    const { rungs, skipped } = planLadder(card, choice, adapter, hints);
    this.adapter = adapter;
    this.#choice = choice;
    this.#rungs = rungs;
    this.#reasons = [...skipped];
    if (rungs.length === 0) this.#giveUp(undefined);
  }

  /** The rung in place; null where none is left. */
  get rung(): Rung | null {
    return this.#defeat ? null : (this.#rungs[this.#position] ?? null);
  }

  /** Why rungs were left or never tried, in the order of events. */
  get reasons(): readonly Reason[] {
    return this.#reasons;
  }

  /** What to tell the callers where no rung is left. */
  get defeat(): RetrievalError | undefined {
    return this.#defeat;
  }

  /** Tells of something that went wrong beside the rungs and ends none of them. */
  note(reason: Reason): void {
    this.#reasons.push(reason);
  }

  /** The rung in place has answered. */
  succeed(): void {
    this.#hadAccident = false;
  }

  /**
   * The rung in place has failed: afterwards `rung` is what to try in a fresh worker (it may be the same), or null.
   * @param wasReady whether it had loaded before
   */
  fail(failure: RetrievalError, wasReady: boolean): void {
    const { rung } = this;
    if (!rung) return;
    const { code, message } = failure;
    this.#reasons.push({ rung, code, message });
    if (SAME_EVERYWHERE.includes(code)) return this.#giveUp(failure);
    this.#position = this.#choose(code, wasReady);
    if (this.#position >= this.#rungs.length) this.#giveUp(failure);
  }

  #choose(code: ErrorCode, wasReady: boolean): number {
    if (code === "DEVICE_LOST") {
      // From the second or third crash of its GPU process on, a browser gives no adapter any more.
      this.#gpuLosses++;
      if (this.#gpuLosses === 1) return this.#position;
      const wasm = this.#rungs.indexOf("wasm");
      // Where WASM came first it has failed already.
      return wasm > this.#position ? wasm : this.#rungs.length;
    }
    // What has served before may have met an accident: one more worker of the same kind.
    const isWrong = WRONG.includes(code);
    const isAccident = wasReady && !isWrong && !this.#hadAccident;
    this.#hadAccident = isAccident;
    return isAccident ? this.#position : this.#position + 1;
  }

  #giveUp(failure: RetrievalError | undefined): void {
    if (failure && SAME_EVERYWHERE.includes(failure.code)) {
      this.#defeat = failure;
      return;
    }
    const why = this.#reasons.map(({ rung, message }) => `${rung}: ${message}`).join("; ");
    const isDemanded = this.#choice === "webgpu";
    const code = isDemanded ? "DEVICE_UNAVAILABLE" : (failure?.code ?? "MODEL_UNSUPPORTED");
    this.#defeat = new RetrievalError(code, `no device here runs the model (${why})`, {
      repair: isDemanded
        ? `Use device "auto", which falls back to WASM.`
        : "Try another browser, or report these reasons.",
      cause: failure,
    });
  }
}
