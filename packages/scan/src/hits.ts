import type { ScanHits } from "@nearfield/core";

/** Rows with their exact scores, on the way to an answer. To be filled in the order target ascending, row ascending. */
export class HitList {
  readonly #targets: Uint32Array;
  readonly #rows: Uint32Array;
  readonly #scores: Float64Array;
  #length = 0;

  constructor(capacity: number) {
    this.#targets = new Uint32Array(capacity);
    this.#rows = new Uint32Array(capacity);
    this.#scores = new Float64Array(capacity);
  }

  push(target: number, row: number, score: number): void {
    const at = this.#length++;
    this.#targets[at] = target;
    this.#rows[at] = row;
    this.#scores[at] = score;
  }

  /** The `limit` best and every further row that ties with the last of them, in the order that `ScanHits` promises. */
  best(limit: number): ScanHits {
    const scores = this.#scores.subarray(0, this.#length);
    // Without a comparator typed arrays sort by number, ascending.
    const bar = scores.length > limit ? (scores.slice().sort().at(-limit) as number) : -Infinity;
    const kept: number[] = [];
    for (let i = 0; i < scores.length; i++) if ((scores[i] as number) >= bar) kept.push(i);
    // The positions ascend by target and row, and the sort is stable: only the score is left to compare.
    kept.sort((a, b) => (scores[b] as number) - (scores[a] as number));
    return {
      targets: Uint32Array.from(kept, (i) => this.#targets[i] as number),
      rows: Uint32Array.from(kept, (i) => this.#rows[i] as number),
      scores: Float64Array.from(kept, (i) => scores[i] as number),
    };
  }
}
