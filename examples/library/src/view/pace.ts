/** Before so much has been seen, a rate is mostly chance, and nothing is said. */
const MIN_FILES = 5;
const MIN_ELAPSED_MS = 3_000;

/** How long a reading will still take, by the files of this very reading. */
export class Pace {
  readonly #now: () => number;
  #start: { readonly done: number; readonly atMs: number } | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  reset(): void {
    this.#start = undefined;
  }

  /** Undefined while it would be a guess. */
  secondsLeft(done: number, total: number): number | undefined {
    const atMs = this.#now();
    if (!this.#start || done < this.#start.done) this.#start = { done, atMs };
    const files = done - this.#start.done;
    const elapsedMs = atMs - this.#start.atMs;
    if (files < MIN_FILES || elapsedMs < MIN_ELAPSED_MS) return undefined;
    return ((total - done) * elapsedMs) / files / 1_000;
  }
}

/** A time left as a person would say it: never more exact than it is known. */
export function sayTimeLeft(seconds: number): string {
  if (seconds < 8) return "a few seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return minutes <= 1 ? "about a minute left" : `about ${minutes} minutes left`;
  return `about ${Math.round(minutes / 60)} hours left`;
}
