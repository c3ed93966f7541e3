// When a trial of the other device takes place: once, in the background, while nobody waits.
import { superviseRung } from "./rung-worker.ts";
import type { WorkerParts } from "./worker-parts.ts";
import { timeShapes, type Measured, type Times } from "./trial.ts";

export interface RehearsalOptions {
  /** How long nobody must have asked anything. */
  readonly quietMs: number;
  /** Whether a call is under way. */
  readonly isBusy: () => boolean;
  /** What another encoder has measured meanwhile. */
  readonly recall: () => Promise<Measured | null>;
  /** Times the rung that serves. */
  readonly timeServing: () => Promise<Times>;
  /** Loads the other device in a worker of its own, times it, and ends it. */
  readonly timeOther: (signal: AbortSignal) => Promise<Times>;
  readonly onMeasured: (measured: Measured) => void | Promise<void>;
}

/** Only one encoder of this origin measures at a time: two would time one another. */
const LOCK = "nearfield trial";

/**
 * Waits until nobody has asked for a while, then times both devices. A call that comes in between waits for no more than the
 * batch under way. What fails is given up: the rung that serves goes on serving.
 */
export class Rehearsal implements Disposable {
  readonly #options: RehearsalOptions;
  readonly #over = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RehearsalOptions) {
    this.#options = options;
    this.#wait();
  }

  /** Gives up. Idempotent. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#over.abort();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      if (this.#options.isBusy()) this.#wait();
      else void this.#run().catch(() => {});
    }, this.#options.quietMs);
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    const { isBusy, recall, timeOther, timeServing, onMeasured } = this.#options;
    await navigator.locks.request(LOCK, { signal }, async () => {
      const known = await recall();
      if (signal.aborted) return;
      if (known) return onMeasured(known);
      // Whoever was before us may have taken long.
      if (isBusy()) return this.#wait();
      // The other one first: its worker is gone again when the one that serves is timed.
      const wasm = await timeOther(signal);
      if (signal.aborted) return;
      const webgpu = await timeServing();
      if (!signal.aborted) await onMeasured({ webgpu, wasm });
    });
  }
}

/** Times WASM in a worker that is ended afterwards. @throws RetrievalError what loading and encoding can meet */
export async function timeOnWasm(parts: WorkerParts, signal: AbortSignal): Promise<Times> {
  const { dimensions } = parts.card;
  const supervisor = superviseRung({ ...parts, rung: "wasm", dimensions });
  try {
    return await timeShapes((texts, role) =>
      supervisor.call("encode", { texts, role }, { signal }),
    );
  } finally {
    supervisor[Symbol.dispose]();
  }
}
