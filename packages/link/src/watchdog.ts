import { RetrievalError } from "@nearfield/core";

/** `setTimeout` counts in 32 bits and fires at once beyond: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls `onSilence` once, when nothing was heard for `limitMs`. `alive` starts the count anew, `stop` ends it for
 * good. `Infinity` waits for ever.
 */
export class Watchdog {
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  #isSpared = false;
  #isStopped = false;

  constructor(limitMs: number, onSilence: () => void) {
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#arm();
  }

  alive(): void {
    if (this.#isStopped) return;
    this.#isSpared = false;
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #arm() {
    clearTimeout(this.#timer);
    if (this.#limitMs > LONGEST_MS) return;
    this.#dueAt = performance.now() + this.#limitMs;
    this.#timer = setTimeout(this.#fire, this.#limitMs);
  }

  readonly #fire = (): void => {
    // A timer that comes late tells of a page that slept or was blocked: the silence was our own, and a reply may lie
    // unread behind this very task. So the count starts anew, but once only: timers of a hidden page are always late.
    const isLate = performance.now() - this.#dueAt > this.#limitMs / 2;
    if (isLate && !this.#isSpared) {
      this.#isSpared = true;
      return this.#arm();
    }
    this.stop();
    this.#onSilence();
  };
}

/** Gives `ms` back where it is a limit (0 to `Infinity`); else throws INVALID_OPTION that names the option. */
export function checkLimit(name: string, ms: number): number {
  if (typeof ms === "number" && ms >= 0) return ms;
  throw new RetrievalError("INVALID_OPTION", `"${name}" is no number of milliseconds`, {
    value: ms,
    repair: "Give a number from 0 to Infinity.",
  });
}
