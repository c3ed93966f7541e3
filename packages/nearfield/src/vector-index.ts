import { RetrievalError, type Fields } from "@nearfield/core";
import type {
  Degradation,
  IndexClient,
  IndexHit,
  IndexReport,
  Persistence,
  Precision,
  RecallReport,
} from "@nearfield/index";
import { blobOf, type ImportSource } from "./file.ts";
import { checkIds } from "./ids.ts";
import {
  checkIndexQuery,
  checkSignalOptions,
  type IndexOptions,
  type IndexQueryOptions,
  type SignalOptions,
} from "./index-options.ts";
import { askPersisted } from "./persistence.ts";
import { precisionOf } from "./precision.ts";
import { readBlocks, type Row } from "./vector-index/rows.ts";
import { copyQueries, copyVector } from "./vector-index/vector.ts";

/** A row that was found. */
export interface RowHit {
  readonly id: string;
  /** Inner product of the row and the query, in double precision. The cosine where both have length 1. */
  readonly score: number;
  readonly fields: Fields | undefined;
}

export interface IndexQueryResult {
  /** Best first; equal scores by id, by code unit. */
  readonly hits: readonly RowHit[];
  /** The generation of the index that was searched. */
  readonly generation: number;
}

/** A snapshot of an index: plain data. */
export interface IndexStatus {
  readonly name: string;
  readonly state: "open" | "closed";
  readonly dimensions: number;
  /** Which scanner answers queries. */
  readonly scanner: string;
  /** Why this one: what was measured on this machine, and when it was not. */
  readonly scannerReason: string;
  /** What serves: also `exact` where `compact` was asked for and short codes did not find enough, or can not be scanned here. */
  readonly precision: Precision;
  /** What share of the nearest rows is found, as measured on queries or rows of this index; null where it is all, or not known yet. */
  readonly recall: RecallReport | null;
  readonly counts: { readonly rows: number; readonly generation: number };
  /** `persistent`: the browser promised not to evict it. `ephemeral`: in memory only, gone with the page. */
  readonly persistence: Persistence;
  /** What does not work as it should while the rest goes on. Empty when all is well. */
  readonly degraded: readonly Degradation[];
}

/** What a repair came to. */
export interface RepairResult {
  /** How many can be found again. */
  readonly restored: number;
  /** Ids that are stored and can not be found. */
  readonly lost: readonly string[];
}

/** What a {@link VectorIndex} is wired from. */
export interface VectorIndexParts {
  readonly options: IndexOptions;
  readonly client: IndexClient;
  readonly report: IndexReport;
}

/** Vectors of the app's own under one name. Made by `openIndex`. */
export class VectorIndex {
  readonly #parts: VectorIndexParts;
  #report: IndexReport;
  #persistent = false;
  #closed = false;

  constructor(parts: VectorIndexParts) {
    this.#parts = parts;
    this.#report = parts.report;
    void this.#askPersisted("persisted");
  }

  /**
   * Stores rows; one with a known id replaces the old one. All rows are read and checked before anything is stored. They are
   * stored in transactions of at most 16,384 rows: after a failure, those of earlier transactions stay stored and `status()`
   * counts them. Resolves when all are durable.
   * @throws RetrievalError `INVALID_VECTOR`, `INVALID_DOCUMENT`, `INPUT_TOO_LARGE`, `DUPLICATE_ID`, `INVALID_OPTION`,
   * `SOURCE_FAILED`: nothing is stored then. `ABORTED`, `CLOSED`, `STORAGE_*`, `OUT_OF_MEMORY`, `WORKER_*`, `TIMEOUT`
   */
  async add(rows: Iterable<Row>, options?: SignalOptions): Promise<{ readonly added: number }> {
    this.#checkOpen();
    const { signal } = checkSignalOptions("add", options);
    const { dimensions } = this.#parts.options;
    let added = 0;
    for (const block of readBlocks(rows, dimensions, crypto.randomUUID())) {
      added += block.entries.length;
      await this.#parts.client.commit(block, { signal, transfer: [block.vectors.buffer] });
    }
    if (added > 0) this.#askToKeep();
    return { added };
  }

  /**
   * The rows with the highest inner product, exactly, by the scores of double precision; all rows where there are fewer
   * than `limit`.
   * @throws RetrievalError `INVALID_VECTOR`, `INVALID_FILTER`, `INVALID_OPTION`, `ABORTED`, `CLOSED`, `STORAGE_*`, `WORKER_*`, `TIMEOUT`
   */
  async query(
    vector: Float32Array | readonly number[],
    options?: IndexQueryOptions,
  ): Promise<IndexQueryResult> {
    this.#checkOpen();
    const { limit, filter, signal } = checkIndexQuery(options);
    const copy = copyVector(vector, this.#parts.options.dimensions, "the query");
    const { hits, report } = await this.#parts.client.search(copy, limit, { filter, signal });
    return { hits: hits.map(hitOf), generation: report.generation };
  }

  /**
   * What {@link query} gives for each of the vectors, in one pass over the rows and as of one moment: faster than one after the
   * other. At most 1,000 vectors.
   * @throws RetrievalError as {@link query}, and `INPUT_TOO_LARGE`
   */
  async queryAll(
    vectors: Iterable<Float32Array | readonly number[]>,
    options?: IndexQueryOptions,
  ): Promise<readonly IndexQueryResult[]> {
    this.#checkOpen();
    const { limit, filter, signal } = checkIndexQuery(options);
    const copies = copyQueries(vectors, this.#parts.options.dimensions);
    if (copies.length === 0) return [];
    const { client } = this.#parts;
    const { answers, report } = await client.searchBatch(copies, limit, { filter, signal });
    const { generation } = report;
    return answers.map((hits) => ({ hits: hits.map(hitOf), generation }));
  }

  /** Removes rows; unknown ids are passed over. Gives the number that were there. @throws RetrievalError as {@link add} */
  async remove(ids: Iterable<string>): Promise<number> {
    this.#checkOpen();
    const { removed } = await this.#parts.client.remove(checkIds(ids));
    return removed;
  }

  /**
   * Writes what deleted rows have left half empty anew, and small pieces together. Not needed for correct answers; adding and
   * removing do the most urgent part by themselves. It may be ended at any moment.
   * @throws RetrievalError as {@link add}
   */
  async compact(options?: SignalOptions): Promise<void> {
    this.#checkOpen();
    await this.#parts.client.compact(checkSignalOptions("compact", options));
  }

  /**
   * Reads and checks everything that is stored, and brings back what can be had. `lost`: ids whose vectors are gone; they are
   * there again once they are added again.
   * @throws RetrievalError as {@link add}
   */
  async repair(options?: SignalOptions): Promise<RepairResult> {
    this.#checkOpen();
    const { restored, lost } = await this.#parts.client.repair(
      checkSignalOptions("repair", options),
    );
    return { restored, lost };
  }

  /**
   * All rows as one file, of one moment, for {@link import} on another day or another machine. What is damaged is not in it:
   * `status().degraded` tells of that.
   * @throws RetrievalError as {@link add}
   */
  async export(options?: SignalOptions): Promise<Blob> {
    this.#checkOpen();
    return this.#parts.client.export(checkSignalOptions("export", options));
  }

  /**
   * Puts the rows of a file in the place of all that is stored. Wholly or not at all: whatever fails, and whenever, the rows are
   * those from before.
   * @throws RetrievalError `INVALID_FILE` for one that is not as it was written, `MODEL_MISMATCH` for vectors of another length,
   * `FORMAT_TOO_NEW`, `SOURCE_FAILED`, and as {@link add}
   */
  async import(file: ImportSource, options?: SignalOptions): Promise<{ readonly rows: number }> {
    this.#checkOpen();
    const checked = checkSignalOptions("import", options);
    const blob = await blobOf(file, checked.signal);
    const { rows } = await this.#parts.client.import(blob, checked);
    if (rows > 0) this.#askToKeep();
    return { rows };
  }

  /** How much is stored, how safely, and which scanner answers. */
  status(): IndexStatus {
    const { name, dimensions } = this.#parts.options;
    const { rows, generation, persistence, scanner, scannerReason, degraded } = this.#report;
    return {
      name,
      state: this.#closed ? "closed" : "open",
      dimensions,
      scanner,
      scannerReason,
      ...precisionOf(this.#report),
      counts: { rows, generation },
      persistence: persistence === "best-effort" && this.#persistent ? "persistent" : persistence,
      degraded,
    };
  }

  /** Ends the worker. What was acknowledged stays stored; pending calls reject with `CLOSED`. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#parts.client.close();
  }

  /** Deletes everything stored under this name, then closes. With `storage: "memory"` it only closes. */
  async destroy(): Promise<void> {
    this.#checkOpen();
    try {
      await this.#parts.client.destroy();
    } finally {
      await this.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For {@link VectorIndexParts}: keeps the latest counts, whoever changed them. */
  onReport(report: IndexReport): void {
    this.#report = report;
  }

  #askToKeep(): void {
    // The question may be put to the person: not where there is nothing to keep.
    if (this.#persistent || this.#parts.options.storage === "memory") return;
    void this.#askPersisted("persist");
  }

  async #askPersisted(question: "persist" | "persisted"): Promise<void> {
    this.#persistent = await askPersisted(question);
  }

  #checkOpen(): void {
    if (!this.#closed) return;
    throw new RetrievalError("CLOSED", "the index was closed", {
      repair: "Open it again with openIndex.",
    });
  }
}

function hitOf({ id, score, payload }: IndexHit): RowHit {
  return { id, score, fields: (payload as { readonly fields: Fields } | null)?.fields };
}
