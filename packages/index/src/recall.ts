// How often the recall of short codes is measured, and with which queries.
import type { RecallReport } from "@nearfield/scan";
import { hasRow } from "./bitmap.ts";
import type { HeldSegment, Image } from "./image.ts";
import type { StoredRows } from "./stored-rows.ts";

/** Fewer rows are looked at one by one in no time, and a share of so few says nothing. */
const LEAST_ROWS = 1000;
/** Of ten hits each: one hit more or less is 0.4 %. */
const QUERIES = 24;
/** The recall falls slowly with the number of rows. */
const GROWTH = 2;

/** Measures when there is reason to: first when there are enough rows, then whenever they have doubled. */
export class RecallWatch {
  readonly #rows: StoredRows;
  readonly #image: Image;
  readonly #recent: Float32Array[] = [];
  readonly #closing = new AbortController();
  #measuredRows = 0;
  #running: Promise<void> | undefined;

  constructor(rows: StoredRows, image: Image) {
    this.#rows = rows;
    this.#image = image;
  }

  get report(): RecallReport | undefined {
    return this.#rows.recall;
  }

  /** Remembers a query: what is really asked is the best sample. */
  note(query: Float32Array): void {
    this.#recent.push(query);
    if (this.#recent.length > QUERIES) this.#recent.shift();
  }

  /** Measures beside the calls, if it is time; one at a time. A failure leaves it to the next occasion. */
  look(): void {
    const { rows } = this.#image;
    if (this.#running || rows < LEAST_ROWS || rows < this.#measuredRows * GROWTH) return;
    this.#running = this.#measure(rows)
      .catch(() => {})
      .finally(() => (this.#running = undefined));
  }

  /** Fulfills when nothing is being measured. */
  async settle(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#closing.abort();
  }

  async #measure(rows: number): Promise<void> {
    const segments = [...this.#image.segments.values()].filter(({ live }) => live > 0);
    const queries =
      this.#recent.length === QUERIES ? [...this.#recent] : await this.#drawRows(segments, rows);
    const targets = segments.map(({ block, bitmap }) => ({ block, allowed: bitmap }));
    await this.#rows.measureRecall(queries, { targets, signal: this.#closing.signal });
    this.#measuredRows = rows;
  }

  /** Rows at equal distances: each a query that finds itself and nine others. */
  async #drawRows(segments: readonly HeldSegment[], rows: number): Promise<Float32Array[]> {
    const drawn: Float32Array[] = [];
    let seen = 0;
    for (const { block, info, bitmap } of segments) {
      const wanted: number[] = [];
      for (let row = 0; row < info.rows; row++) {
        if (bitmap && !hasRow(bitmap, row)) continue;
        if (Math.floor((seen * QUERIES) / rows) < Math.floor(((seen + 1) * QUERIES) / rows)) {
          wanted.push(row);
        }
        seen++;
      }
      if (wanted.length === 0) continue;
      const { dimensions } = this.#rows;
      const vectors = await this.#rows.readRows(block, Uint32Array.from(wanted));
      wanted.forEach((_, at) => {
        drawn.push(vectors.slice(at * dimensions, (at + 1) * dimensions));
      });
    }
    return drawn;
  }
}
