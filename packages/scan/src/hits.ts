import type { ScanHits } from "@nearfield/core";

/** Rows with their exact scores, on the way to an answer. */
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

  /** The score that a row has to reach to be among the `limit` best; -Infinity as long as there are fewer. */
  bar(limit: number): number {
    if (this.#length < limit) return -Infinity;
    // Without a comparator typed arrays sort by number, ascending.
    return this.#scores.slice(0, this.#length).sort().at(-limit) as number;
  }

  /** The `limit` best and every further row that ties with the last of them, in the order that `ScanHits` promises. */
  best(limit: number): ScanHits {
    const targets = this.#targets;
    const rows = this.#rows;
    const scores = this.#scores;
    const bar = this.bar(limit);
    const kept: number[] = [];
    for (let i = 0; i < this.#length; i++) if ((scores[i] as number) >= bar) kept.push(i);
    const order = (values: Float64Array | Uint32Array, a: number, b: number): number =>
      (values[a] as number) - (values[b] as number);
    kept.sort((a, b) => order(scores, b, a) || order(targets, a, b) || order(rows, a, b));
    return {
      targets: Uint32Array.from(kept, (i) => targets[i] as number),
      rows: Uint32Array.from(kept, (i) => rows[i] as number),
      scores: Float64Array.from(kept, (i) => scores[i] as number),
    };
  }
}
