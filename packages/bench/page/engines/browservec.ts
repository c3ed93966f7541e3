import { BrowserVec, type BrowserVecDatabase } from "browservec";
import {
  idOf,
  rowAt,
  rowOf,
  type Engine,
  type StoredSet,
  type VectorSet,
} from "../../src/engine.ts";

/** Its flat index in its own file; where there is no GPU, its WebAssembly scan. Exact. */
class BrowserVecEngine implements Engine {
  #records: { id: string; vector: Float32Array }[] = [];
  #set: StoredSet | undefined;
  #database: BrowserVecDatabase | undefined;

  prepare(set: VectorSet): void {
    this.#set = set;
    this.#records = Array.from({ length: set.count }, (_, row) => ({
      id: idOf(row),
      vector: rowAt(set, row),
    }));
  }

  async build(): Promise<void> {
    await this.open(this.#set as StoredSet);
    await this.#database?.addBatch(this.#records);
  }

  async persist(): Promise<void> {
    await this.#database?.save();
  }

  async open({ dimensions }: StoredSet): Promise<void> {
    this.#database = await BrowserVec.create({
      dimension: dimensions,
      metric: "dot",
      fallback: "wasm",
      persist: { name: "bench" },
    });
  }

  async query(vector: Float32Array, limit: number): Promise<number[]> {
    const hits = (await this.#database?.query(vector, { k: limit })) ?? [];
    return hits.map(({ id }) => rowOf(id));
  }
}

export const createEngine = (): Engine => new BrowserVecEngine();
