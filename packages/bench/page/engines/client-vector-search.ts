import { EmbeddingIndex } from "client-vector-search";
import { rowAt, type Engine, type VectorSet } from "../../src/engine.ts";

/** Objects with `number[]` embeddings, an exact scan on the page's thread, one row of IndexedDB for each object. */
class ClientVectorSearchEngine implements Engine {
  #objects: object[] = [];
  #index = new EmbeddingIndex();

  prepare(set: VectorSet): void {
    this.#objects = Array.from({ length: set.count }, (_, id) => ({
      id,
      embedding: Array.from(rowAt(set, id)),
    }));
  }

  build(): void {
    this.#index = new EmbeddingIndex(this.#objects);
  }

  async persist(): Promise<void> {
    await this.#index.saveIndex("indexedDB");
  }

  /** Its own search over the storage reads all rows for each query; loading them once is the faster of its two ways. */
  async open(): Promise<void> {
    this.#index = new EmbeddingIndex(await new EmbeddingIndex().getAllObjectsFromIndexedDB());
  }

  async query(vector: Float32Array, limit: number): Promise<number[]> {
    const results = await this.#index.search(Array.from(vector), { topK: limit });
    return results.map(({ object }) => object.id);
  }
}

export const createEngine = (): Engine => new ClientVectorSearchEngine();
