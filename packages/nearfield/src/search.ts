import {
  asRetrievalError,
  loadPart,
  RetrievalError,
  type DocumentInput,
  type StoredDocument,
} from "@nearfield/core";
import type { Degradation, IndexClient } from "@nearfield/index";
import { aborted } from "@nearfield/link";
import { destroySearch } from "./destroy.ts";
import { blobOf, type ImportSource } from "./file.ts";
import type { Hit } from "./hit.ts";
import { checkIds } from "./ids.ts";
import { checkSignalOptions, type SignalOptions } from "./index-options.ts";
import { Latest } from "./latest.ts";
import {
  checkAddOptions,
  checkQuery,
  checkStream,
  type AddOptions,
  type QueryOptions,
  type SearchOptions,
  type StreamOptions,
} from "./options.ts";
import { askPersisted } from "./persistence.ts";
import { precisionOf } from "./precision.ts";
import type { ReasonStage } from "./reason-stage.ts";
import type { RerankStage } from "./rerank-stage.ts";
import type { Question, Skipped, Sources, Stage } from "./stage.ts";
import { finalStage, stagesOf } from "./stages.ts";
import type { ChangeStatus, EncoderStatus, SearchStatus } from "./status.ts";
import type { Succession } from "./succession.ts";
import type { RepairResult } from "./vector-index.ts";

export interface QueryResult {
  /** Best first; equal scores by document id, then by place in the document, and those of a reranker as they were before it. */
  readonly hits: readonly Hit[];
  /** The generation of the index that was searched. */
  readonly generation: number;
  /** What the answer should have had and has not. Empty when all went well. */
  readonly skipped: readonly Skipped[];
  /** With `explain`: the stages in which the answer came about, the last one being the answer. */
  readonly stages?: readonly Stage[] | undefined;
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
  readonly rerank?: RerankStage | undefined;
  readonly reason?: ReasonStage | undefined;
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
  readonly #latest = new Latest();
  readonly #rerank: RerankStage | undefined;
  readonly #reason: ReasonStage | undefined;

  constructor({ options, succession, rerank, reason }: SearchParts) {
    this.#options = options;
    this.#succession = succession;
    this.#rerank = rerank;
    this.#reason = reason;
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
   * The passages that answer `text` best among what is stored when the query reaches the index; never waits for an `add` in
   * progress. Waits for the query model where that still loads, but in `lexical` mode: {@link stream} answers before.
   * @throws RetrievalError `EMPTY_TEXT`, `INPUT_TOO_LARGE`, `INVALID_OPTION`, `INVALID_FILTER`, `ABORTED`, `CLOSED`, and what
   * loading a model can meet: `MODEL_*`, `DEVICE_*`, `EMBEDDING_INVALID`, `WORKER_*`, `TIMEOUT`
   */
  async query(text: string, options?: QueryOptions): Promise<QueryResult> {
    this.#checkOpen();
    const { question: asked, explain } = checkQuery(text, options);
    const sources = this.#sourcesFor(asked);
    const signals = [this.#closing.signal, ...(asked.signal ? [asked.signal] : [])];
    const question = { ...asked, signal: AbortSignal.any(signals) };
    const stages: Stage[] = [];
    try {
      if (explain) for await (const stage of stagesOf(sources, question)) stages.push(stage);
      else stages.push(await finalStage(sources, question));
    } catch (thrown) {
      throw this.#closed ? closed() : thrown;
    }
    const answer = resultOf(stages.at(-1) as Stage);
    return explain ? { ...answer, stages } : answer;
  }

  /**
   * The same answer in stages, each better than the last: by words at once, whether a model is there or not, then by words and
   * meaning, then reranked where there is a reranker. A hit keeps its `id` from stage to stage. Where the model fails, the last stage is that of the words, and its
   * `skipped` says why.
   *
   * A newer stream ends this one (see `key`): it then gives no further stage, and what it still computes is given up. Leaving
   * the loop does the same.
   * @throws RetrievalError as {@link query}, at once for a bad question; `ABORTED` where `signal` fired
   */
  stream(text: string, options?: StreamOptions): AsyncGenerator<Stage, void> {
    this.#checkOpen();
    const { question, key } = checkStream(text, options);
    const sources = this.#sourcesFor(question);
    return this.#stream(sources, question, key, this.#latest.begin(key));
  }

  /** Removes documents; unknown ids are passed over. Gives the number that were there. */
  async remove(ids: Iterable<string>): Promise<number> {
    this.#checkOpen();
    const list = checkIds(ids);
    const { removed } = await this.#succession.ask(({ index }) => index.remove(list));
    return removed;
  }

  /** The ids of all documents that are stored, by code unit. @throws RetrievalError `CLOSED`, `STORAGE_*`, `WORKER_*`, `TIMEOUT` */
  async ids(): Promise<readonly string[]> {
    this.#checkOpen();
    return this.#succession.ask(({ index }) => index.list());
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
    const { entries, rows, generation, persistence, degraded } = serving.report;
    const { scanner, scannerReason } = serving.report;
    const stages = [this.#reason?.degradation, this.#rerank?.degradation];
    return {
      name: this.#options.name,
      state: this.#closed ? "closed" : "open",
      model,
      change,
      devices: { query: query.status(), document: document.status() },
      reason: this.#reason?.status() ?? null,
      rerank: this.#rerank?.status() ?? null,
      scanner,
      scannerReason,
      ...precisionOf(serving.report),
      counts: { documents: entries, passages: rows, generation },
      persistence: persistence === "best-effort" && this.#persistent ? "persistent" : persistence,
      degraded: [
        ...degraded,
        ...(change ? degradationsOf(change, query.status()) : []),
        ...stages.filter((one) => one !== undefined),
      ],
    };
  }

  /** Ends the workers. What was acknowledged stays stored; pending calls reject with `CLOSED`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.abort(closed());
    this.#succession.close();
    this.#rerank?.close();
    this.#reason?.close();
  }

  /** Deletes everything stored under this name, then closes. With `storage: "memory"` it only closes. */
  async destroy(): Promise<void> {
    this.#checkOpen();
    await this.close();
    // What is stored under this name is another index.
    if (this.#options.storage === "memory") return;
    await destroySearch(this.#options.name, { workers: this.#options.workers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whom a question goes to. @throws RetrievalError `INVALID_OPTION`, also for a stage that was not opened */
  #sourcesFor({ rerank, reason }: Question): Sources {
    if (!this.#rerank) refuseUnopened("rerank", rerank);
    if (!this.#reason) refuseUnopened("reason", reason);
    const succession = this.#succession;
    const further = this.#rerank?.stageFor(rerank);
    return {
      ask: (work, signal) =>
        succession.ask(
          ({ query, index }) =>
            work({
              encode: async (text, how) => (await query.encode([text], how))[0],
              unknownShare: (text, giveUp) => query.unknownShare(text, giveUp),
              queryStep: () => query.status().queryStep,
              search: (vector, limit, how) => index.search(vector, limit, how),
            }),
          { signal },
        ),
      think: this.#reason?.thinkFor(reason, () => succession.serving.query.findVocabulary()),
      further: further ? [further] : [],
    };
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
    // The question may be put to the person: not where there is nothing to keep.
    if (this.#options.storage === "memory") return;
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

  async *#stream(
    sources: Sources,
    question: Question,
    key: string,
    turn: AbortController,
  ): AsyncGenerator<Stage, void> {
    const { signal: own } = question;
    const signals = [turn.signal, this.#closing.signal, ...(own ? [own] : [])];
    const signal = AbortSignal.any(signals);
    try {
      for await (const stage of stagesOf(sources, { ...question, signal })) {
        if (signal.aborted) throw aborted(signal);
        yield stage;
      }
    } catch (thrown) {
      if (this.#closed) throw closed();
      if (own?.aborted) throw aborted(own);
      // A newer one took its place: nobody asked for an error.
      if (!turn.signal.aborted) throw thrown;
    } finally {
      this.#latest.end(key, turn);
    }
  }

  async #ingest(
    documents: Iterable<DocumentInput> | AsyncIterable<DocumentInput>,
    onProgress: AddOptions["onProgress"],
    signal: AbortSignal,
  ): Promise<AddResult> {
    const total = Array.isArray(documents) ? documents.length : undefined;
    const sum = { added: 0, unchanged: 0, passages: 0 };
    try {
      const { batches } = await loadPart(() => import("./add-part.ts"));
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

/** A query can turn a stage off that was not opened, and nothing else. */
function refuseUnopened(name: "rerank" | "reason", wish: unknown): void {
  if (wish === undefined || wish === false) return;
  throw new RetrievalError("INVALID_OPTION", `this search was opened without ${name}`, {
    value: wish,
    repair: `Give ${name} to openSearch.`,
  });
}

function closed(): RetrievalError {
  return new RetrievalError("CLOSED", "the search was closed", {
    repair: "Open it again with openSearch.",
  });
}

function resultOf({ hits, generation, skipped }: Stage): QueryResult {
  return { hits, generation, skipped };
}
