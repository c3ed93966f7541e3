import { PGlite, type Database } from "@electric-sql/pglite";
import { vector as pgvector } from "@electric-sql/pglite-pgvector";
import type { Engine, StoredSet, VectorSet } from "../../src/engine.ts";
import { encodeCopy } from "../copy.ts";

/** Rows of one COPY: the library holds a copy of each blob. */
const ROWS_PER_COPY = 10_000;

/** Postgres with pgvector in IndexedDB: an exact sequential scan by the operator of the inner product. */
class PGliteEngine implements Engine {
  #set: StoredSet | undefined;
  #blobs: Blob[] = [];
  #database: Database | undefined;

  prepare(set: VectorSet): void {
    this.#set = set;
    this.#blobs = [];
    for (let start = 0; start < set.count; start += ROWS_PER_COPY) {
      const end = Math.min(set.count, start + ROWS_PER_COPY);
      this.#blobs.push(new Blob([encodeCopy(set, start, end)]));
    }
  }

  async build(): Promise<void> {
    const { dimensions, buckets } = this.#set as StoredSet;
    await this.#start();
    const column = buckets === null ? "" : ", bucket integer";
    await this.#opened.exec(
      `CREATE EXTENSION vector; CREATE TABLE rows (id integer, vector vector(${dimensions})${column});`,
    );
    // One transaction, so that the files are written to IndexedDB once.
    await this.#opened.transaction(async (transaction) => {
      for (const blob of this.#blobs) {
        await transaction.query("COPY rows FROM '/dev/blob' WITH (FORMAT binary)", [], { blob });
      }
    });
  }

  /** `transaction` resolves without writing its files: killed after it, the browser came back without the rows. */
  async persist(): Promise<void> {
    await this.#opened.syncToFs();
  }

  async open(): Promise<void> {
    await this.#start();
  }

  query(vector: Float32Array, limit: number): Promise<number[]> {
    return this.#select("", vector, [limit]);
  }

  queryBucket(vector: Float32Array, limit: number, bucket: number): Promise<number[]> {
    return this.#select("WHERE bucket = $3", vector, [limit, bucket]);
  }

  async #select(where: string, vector: Float32Array, values: readonly number[]): Promise<number[]> {
    const { rows } = await this.#opened.query<{ id: number }>(
      `SELECT id FROM rows ${where} ORDER BY vector <#> $1 LIMIT $2`,
      [`[${vector.join(",")}]`, ...values],
    );
    return rows.map(({ id }) => id);
  }

  async #start(): Promise<void> {
    this.#database = await PGlite.create("idb://bench", { extensions: { vector: pgvector } });
  }

  get #opened(): Database {
    return this.#database as Database;
  }
}

export const createEngine = (): Engine => new PGliteEngine();
