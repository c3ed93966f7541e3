import { create, insertMultiple, load, save, searchVector, type Orama } from "@orama/orama";
import {
  idOf,
  rowAt,
  rowOf,
  type Engine,
  type StoredSet,
  type VectorSet,
} from "../../src/engine.ts";
import { readValue, storeValue } from "../store.ts";

const KEY = "orama";
/** Without it, hits below the library's own cut are dropped. */
const ANY_SIMILARITY = -1;

/** Vector search of Orama, exact. It stores nothing by itself: what `save` gives is put into IndexedDB as it is. */
class OramaEngine implements Engine {
  #documents: object[] = [];
  #stored: StoredSet | undefined;
  #database: Orama | undefined;

  prepare(set: VectorSet): void {
    this.#stored = set;
    this.#documents = Array.from({ length: set.count }, (_, row) => ({
      id: idOf(row),
      vector: Array.from(rowAt(set, row)),
      ...(set.buckets !== null && { bucket: row % set.buckets }),
    }));
  }

  async build(): Promise<void> {
    this.#database = createDatabase(this.#stored as StoredSet);
    await insertMultiple(this.#database, this.#documents, this.#documents.length);
  }

  async persist(): Promise<void> {
    await storeValue(KEY, save(this.#database as Orama));
  }

  async open(set: StoredSet): Promise<void> {
    this.#database = createDatabase(set);
    load(this.#database, await readValue(KEY));
  }

  query(vector: Float32Array, limit: number): Promise<number[]> {
    return this.#search(vector, limit, undefined);
  }

  queryBucket(vector: Float32Array, limit: number, bucket: number): Promise<number[]> {
    return this.#search(vector, limit, { bucket: { eq: bucket } });
  }

  async #search(vector: Float32Array, limit: number, where: object | undefined): Promise<number[]> {
    const { hits } = await searchVector(this.#database as Orama, {
      mode: "vector",
      vector: { value: Array.from(vector), property: "vector" },
      similarity: ANY_SIMILARITY,
      limit,
      ...(where && { where }),
    });
    return hits.map(({ id }) => rowOf(id));
  }
}

function createDatabase({ dimensions, buckets }: StoredSet): Orama {
  const schema = { vector: `vector[${dimensions}]`, ...(buckets !== null && { bucket: "number" }) };
  return create({ schema });
}

export const createEngine = (): Engine => new OramaEngine();
