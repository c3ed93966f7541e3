import { openIndex, type Row, type VectorIndex } from "nearfield";
import {
  idOf,
  rowAt,
  rowOf,
  type Engine,
  type StoredSet,
  type VectorSet,
} from "../../src/engine.ts";

/** Rows of one call. Copies of all of them are held until they are stored. */
const ROWS_PER_ADD = 65_536;

/** `openIndex`, as an app uses it: a worker, IndexedDB, and each batch durable before the call returns. */
export class NearfieldEngine implements Engine {
  readonly #precision: "exact" | "compact";
  #set: VectorSet | undefined;
  #index: VectorIndex | undefined;

  constructor(precision: "exact" | "compact") {
    this.#precision = precision;
  }

  prepare(set: VectorSet): void {
    this.#set = set;
  }

  async build(): Promise<void> {
    const set = this.#set as VectorSet;
    await this.open(set);
    for (let start = 0; start < set.count; start += ROWS_PER_ADD) {
      await this.#opened.add(rowsOf(set, start, Math.min(set.count, start + ROWS_PER_ADD)));
    }
  }

  async open({ dimensions }: StoredSet): Promise<void> {
    const options = { name: "bench", dimensions, precision: this.#precision };
    // One that does not have the precision says so, and the report says it with it.
    this.#index = await openIndex(options as Parameters<typeof openIndex>[0]);
  }

  async query(vector: Float32Array, limit: number): Promise<number[]> {
    const { hits } = await this.#opened.query(vector, { limit });
    return hits.map(({ id }) => rowOf(id));
  }

  async queryBucket(vector: Float32Array, limit: number, bucket: number): Promise<number[]> {
    const { hits } = await this.#opened.query(vector, { limit, filter: { bucket } });
    return hits.map(({ id }) => rowOf(id));
  }

  describe(): unknown {
    return this.#opened.status();
  }

  get #opened(): VectorIndex {
    return this.#index as VectorIndex;
  }
}

function* rowsOf(set: VectorSet, from: number, to: number): Generator<Row> {
  for (let row = from; row < to; row++) {
    const fields = set.buckets === null ? undefined : { bucket: row % set.buckets };
    yield { id: idOf(row), vector: rowAt(set, row), fields };
  }
}

export const createEngine = (): Engine => new NearfieldEngine("exact");
