import type { Engine, StoredSet, VectorSet } from "../../src/engine.ts";
import { readValue, storeValue } from "../store.ts";

const KEY = "rows";

/**
 * What twenty lines do: all rows in one Float32Array on the page, which is one value in IndexedDB, a plain loop, and
 * insertion into the best. The yardstick of all ratios.
 */
class LoopEngine implements Engine {
  #set: VectorSet | undefined;

  prepare(set: VectorSet): void {
    this.#set = set;
  }

  build(): void {}

  async persist(): Promise<void> {
    await storeValue(KEY, (this.#set as VectorSet).rows);
  }

  async open(set: StoredSet): Promise<void> {
    this.#set = { ...set, rows: (await readValue(KEY)) as Float32Array };
  }

  async query(vector: Float32Array, limit: number): Promise<readonly number[]> {
    return this.#scan(vector, limit, 0, 1);
  }

  async queryBucket(
    vector: Float32Array,
    limit: number,
    bucket: number,
  ): Promise<readonly number[]> {
    return this.#scan(vector, limit, bucket, this.#set?.buckets ?? 1);
  }

  #scan(query: Float32Array, limit: number, first: number, step: number): readonly number[] {
    const { rows, dimensions, count } = this.#set as VectorSet;
    const scores = new Float64Array(limit).fill(-Infinity);
    const found = new Int32Array(limit).fill(-1);
    for (let row = first; row < count; row += step) {
      const offset = row * dimensions;
      let score = 0;
      for (let j = 0; j < dimensions; j++) {
        score += (rows[offset + j] as number) * (query[j] as number);
      }
      let place = limit - 1;
      if (score <= (scores[place] as number)) continue;
      for (; place > 0 && (scores[place - 1] as number) < score; place--) {
        scores[place] = scores[place - 1] as number;
        found[place] = found[place - 1] as number;
      }
      scores[place] = score;
      found[place] = row;
    }
    return [...found].filter((row) => row >= 0);
  }
}

export const createEngine = (): Engine => new LoopEngine();
