import {
  asRetrievalError,
  RetrievalError,
  type DocumentInput,
  type Fields,
  type StoredDocument,
} from "@nearfield/core";
import { batches } from "@nearfield/encoder";
import type { Degradation, IndexClient, IndexHit } from "@nearfield/index";
import { destroySearch } from "./destroy.ts";
import { blobOf, type ImportSource } from "./file.ts";
import { checkIds } from "./ids.ts";
import { checkSignalOptions, type SignalOptions } from "./index-options.ts";
import {
  checkAddOptions,
  checkQuery,
  type AddOptions,
  type QueryOptions,
  type SearchOptions,
} from "./options.ts";
import { askPersisted } from "./persistence.ts";
import { precisionOf } from "./precision.ts";
import type { ChangeStatus, EncoderStatus, SearchStatus } from "./status.ts";
import type { Succession } from "./succession.ts";
import type { RepairResult } from "./vector-index.ts";

/** A passage that was found. */
export interface Hit {
  readonly document: {
    readonly id: string;
    readonly text: string;
    readonly title: string | undefined;
    readonly url: string | undefined;
    readonly fields: Fields | undefined;
  };
  /** `document.text.slice(start, end)` is `text`: offsets in UTF-16 code units. */
  readonly passage: { readonly text: string; readonly start: number; readonly end: number };
  /** Cosine to the query, -1 to 1. */
  readonly score: number;
  /** What the score is made of. */
  readonly parts: { readonly dense: number };
}

export interface QueryResult {
  /** Best first; equal scores by document id, then by place in the document. */
  readonly hits: readonly Hit[];
  /** The generation of the index that was searched. */
  readonly generation: number;
}

export interface AddResult {
  /** Documents that were new or had changed. */
  readonly added: number;
  /** Documents that were stored already with the same content. */
  readonly unchanged: number;
  /** Passages that were encoded for them. */
  readonly passages: number;
}

/** What {@link Search} is wired from. */
export interface SearchParts {
  readonly options: SearchOptions;
  readonly succession: Succession;
}

/** Semantic search over one named index. Made by `openSearch`. */
export class Search {
  readonly #options: SearchOptions;
  /** What answers, which changes where the model does. */
  readonly #succession: Succession;
  #persistent = false;
  /** Whether the browser was asked to keep the data for good: once is enough, since it may ask the person. */
  #asked = false;
  #closed = false;
  /** The tail of the queue of `add`s: one at a time, and a failure does not stop the next. */
  #adding: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor({ options, succession }: SearchParts) {
    this.#options = options;
    this.#succession = succession;
    void this.#askPersisted("persisted");
  }

  /**
   * Splits, encodes and stores documents. A document is stored whole or not at all; one with a known id replaces the
   * old one; one that has not changed is skipped. Resolves when all are durable.
   *
   * @param documents an array (checked as a whole before anything is stored), an iterable or an async iterable
   * @throws RetrievalError `INVALID_DOCUMENT`, `EMPTY_TEXT`, `INPUT_TOO_LARGE`, `DUPLICATE_ID`; `SOURCE_FAILED` when the
   * iterable throws; `ABORTED`, `CLOSED`, `STORAGE_FULL` and what loading a model can meet. Documents that were reported by
   * `onProgress` before stay stored.
   */
  async add(
    documents: Iterable<DocumentInput> | AsyncIterable<DocumentInput>,
    options?: AddOptions,
  ): Promise<AddResult> {
    this.#checkOpen();
    const { onProgress, signal } = checkAddOptions(options);
    return this.#inTurn(signal, (either) => this.#ingest(documents, onProgress, either));
  }

  /**
   * The passages nearest to `text` among what is stored when the query reaches the index; never waits for an `add` in
   * progress. Waits for the query model where that still loads.
   * @throws RetrievalError `EMPTY_TEXT`, `INPUT_TOO_LARGE`, `INVALID_OPTION`, `INVALID_FILTER`, `ABORTED`, `CLOSED`, and what
   * loading a model can meet: `MODEL_*`, `DEVICE_*`, `EMBEDDING_INVALID`, `WORKER_*`, `TIMEOUT`
   */
  async query(text: string, options?: QueryOptions): Promise<QueryResult> {
    this.#checkOpen();
    const { text: checked, limit, options: rest } = checkQuery(text, options);
    const { filter, instruction, signal } = rest;
    const answer = await this.#succession.ask(
      async (serving) => {
        const [vector] = await serving.query.encode([checked], {
          role: "query",
          instruction,
          signal,
        });
        if (!vector) {
          throw new RetrievalError("INTERNAL", "the encoder gave no vector for the query");
        }
        return serving.index.search(vector, limit, { filter, signal });
      },
      { signal },
    );
    return { hits: answer.hits.map(hitOf), generation: answer.report.generation };
  }

  /** Removes documents; unknown ids are passed over. Gives the number that were there. */
  async remove(ids: Iterable<string>): Promise<number> {
    this.#checkOpen();
    const list = checkIds(ids);
    const { removed } = await this.#succession.ask(({ index }) => index.remove(list));
    return removed;
  }

  /**
   * Writes what removed documents have left half empty anew, and small pieces together. Not needed for correct answers; adding and
   * removing do the most urgent part by themselves. It may be ended at any moment.
   * @throws RetrievalError `ABORTED`, `CLOSED`, `STORAGE_*`, `WORKER_*`, `TIMEOUT`
   */
  async compact(options?: SignalOptions): Promise<void> {
    this.#checkOpen();
    const checked = checkSignalOptions("compact", options);
    await this.#succession.ask(({ index }) => index.compact(checked), checked);
  }

  /**
   * Reads and checks everything that is stored, and brings back what can be had; documents whose vectors are gone are encoded
   * again. Comes after every `add` that was called before. `lost`: ids of documents whose text is gone too; they are there again
   * once they are added again.
   * @throws RetrievalError as {@link add}
   */
  async repair(options?: SignalOptions): Promise<RepairResult> {
    this.#checkOpen();
    const { signal } = checkSignalOptions("repair", options);
    return this.#inTurn(signal, (either) => this.#repair(either));
  }

  /**
   * All documents and vectors as one file, of one moment, for {@link import} on another day or another machine. What is damaged is
   * not in it: `status().degraded` tells of that.
   * @throws RetrievalError `ABORTED`, `CLOSED`, `STORAGE_*`, `WORKER_*`, `TIMEOUT`
   */
  async export(options?: SignalOptions): Promise<Blob> {
    this.#checkOpen();
    const checked = checkSignalOptions("export", options);
    return this.#succession.ask(({ index }) => index.export(checked), checked);
  }

  /**
   * Puts the documents of a file in the place of all that is stored; none is encoded. Wholly or not at all: whatever fails, and
   * whenever, what is stored is what it was. Comes after every `add` that was called before.
   * @throws RetrievalError `INVALID_FILE` for one that is not as it was written, `MODEL_MISMATCH` for vectors of another model,
   * `FORMAT_TOO_NEW`, `SOURCE_FAILED`, `ABORTED`, `CLOSED`, `STORAGE_*`, `WORKER_*`, `TIMEOUT`
   */
  async import(
    file: ImportSource,
    options?: SignalOptions,
  ): Promise<{ readonly documents: number; readonly passages: number }> {
    this.#checkOpen();
    const { signal } = checkSignalOptions("import", options);
    return this.#inTurn(signal, async (either) => {
      const blob = await blobOf(file, either);
      const { entries, rows } = await this.#succession.ask(
        ({ index }) => index.import(blob, { signal: either }),
        { signal: either },
      );
      this.#askToKeep();
      return { documents: entries, passages: rows };
    });
  }

  /** What is open, on which devices and why, how much is stored and how safely. */
  status(): SearchStatus {
    const { serving, status: change } = this.#succession;
    const { model, query, document } = serving;
    const { entries, rows, generation, persistence, scanner, degraded } = serving.report;
    return {
      name: this.#options.name,
      state: this.#closed ? "closed" : "open",
      model,
      change,
      devices: { query: query.status(), document: document.status() },
      scanner,
      ...precisionOf(serving.report),
      counts: { documents: entries, passages: rows, generation },
      persistence: persistence === "best-effort" && this.#persistent ? "persistent" : persistence,
      degraded: [...degraded, ...(change ? degradationsOf(change, query.status()) : [])],
    };
  }

  /** Ends the workers. What was acknowledged stays stored; pending calls reject with `CLOSED`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.abort(closed());
    this.#succession.close();
  }

  /** Deletes everything stored under this name, then closes. */
  async destroy(): Promise<void> {
    this.#checkOpen();
    await this.close();
    await destroySearch(this.#options.name, { workers: this.#options.workers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs `task` after all that was asked before; whoever gives up need not wait for its end. */
  #inTurn<T>(
    signal: AbortSignal | undefined,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const either = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    const turn = this.#adding.then(() => task(either));
    this.#adding = turn.catch(() => {});
    return this.#settleOnAbort(turn, either);
  }

  #askToKeep(): void {
    if (!this.#asked) void this.#askPersisted("persist");
    this.#asked = true;
  }

  async #repair(signal: AbortSignal): Promise<RepairResult> {
    return this.#succession.ask(
      async ({ index }) => {
        const { restored, lost } = await index.repair({ signal });
        const gone: string[] = [];
        const { added } = await this.#ingest(readLost(index, lost, gone), undefined, signal);
        return { restored: restored + added, lost: gone };
      },
      { signal },
    );
  }

  async #ingest(
    documents: Iterable<DocumentInput> | AsyncIterable<DocumentInput>,
    onProgress: AddOptions["onProgress"],
    signal: AbortSignal,
  ): Promise<AddResult> {
    const total = Array.isArray(documents) ? documents.length : undefined;
    const sum = { added: 0, unchanged: 0, passages: 0 };
    try {
      for await (const batch of batches(documents, { signal })) {
        const before = { documents: sum.added + sum.unchanged, passages: sum.passages };
        const done = await this.#succession.ask(
          async (serving) => {
            const report = await serving.document.ingest(batch, {
              signal,
              onProgress: (progress) => {
                serving.count(progress.index);
                onProgress?.({
                  documents: before.documents + progress.documents,
                  passages: before.passages + progress.passages,
                  total,
                });
              },
            });
            serving.count(report.index);
            return report;
          },
          { signal, patient: true },
        );
        sum.added += done.added;
        sum.unchanged += done.unchanged;
        sum.passages += done.passages;
      }
    } catch (thrown) {
      if (this.#closed) throw closed();
      throw asRetrievalError(thrown);
    }
    this.#askToKeep();
    // Another tab may have changed the index meanwhile, or deleted it. What was added is durable whatever this says.
    await this.#succession.serving.index.report().catch(() => {});
    return sum;
  }

  /** An `add` that still waits for its turn, or whose source hangs, must not keep a caller who gave up. */
  #settleOnAbort<T>(turn: Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = () =>
        reject(
          this.#closed
            ? closed()
            : new RetrievalError("ABORTED", "the caller gave up", { cause: signal.reason }),
        );
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      void turn.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  async #askPersisted(question: "persist" | "persisted"): Promise<void> {
    this.#persistent = await askPersisted(question);
  }

  #checkOpen(): void {
    if (this.#closed) throw closed();
  }
}

/** Documents that are read from the store at once for being encoded again. */
const LOST_PER_READ = 32;

/** The documents of these ids as they were added; ids whose text is gone as well go to `gone`. */
async function* readLost(
  index: IndexClient,
  lost: readonly string[],
  gone: string[],
): AsyncGenerator<DocumentInput> {
  for (let start = 0; start < lost.length; start += LOST_PER_READ) {
    const ids = lost.slice(start, start + LOST_PER_READ);
    const entries = await index.get(ids);
    for (const [at, entry] of entries.entries()) {
      if (!entry) gone.push(ids[at] as string);
      else {
        const { passages: _, ...document } = entry.payload as StoredDocument;
        yield document;
      }
    }
  }
}

/** What a change of model means for who asks. */
function degradationsOf(change: ChangeStatus, query: EncoderStatus): readonly Degradation[] {
  const { state, failure, to } = change;
  const stopped = failure && {
    code: failure.code,
    message: `the index could not be encoded anew for ${to?.name ?? "the new model"}: ${failure.message}`,
  };
  const mute = query.failure && {
    code: query.failure.code,
    message: `the model that made the index can not be loaded, so that queries have no answer ${
      state === "failed" ? "" : "until it is encoded anew"
    }: ${query.failure.message}`,
  };
  return [stopped, mute].filter((one) => one !== null);
}

function closed(): RetrievalError {
  return new RetrievalError("CLOSED", "the search was closed", {
    repair: "Open it again with openSearch.",
  });
}

function hitOf({ score, ordinal, payload }: IndexHit): Hit {
  const { id, text, title, url, fields, passages } = payload as StoredDocument;
  const span = passages[ordinal];
  if (!span)
    throw new RetrievalError("STORAGE_CORRUPT", `document has no passage ${ordinal}`, {
      value: id,
      repair: "Remove the document and add it again.",
    });
  const { start, end } = span;
  return {
    document: { id, text, title, url, fields },
    passage: { text: text.slice(start, end), start, end },
    score,
    parts: { dense: score },
  };
}
