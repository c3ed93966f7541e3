import { RetrievalError, type DocumentInput } from "@nearfield/core";
import { aborted } from "@nearfield/link";
import { closed } from "./closed.ts";
import { destroySearch } from "./destroy.ts";
import type { ImportSource } from "./file.ts";
import type { Hit } from "./hit.ts";
import { checkIds } from "./ids.ts";
import { checkSignalOptions, type SignalOptions } from "./index-options.ts";
import { Intake, type AddResult, type ImportResult } from "./intake.ts";
import { Latest } from "./latest.ts";
import { checkAddOptions, type AddOptions, type SearchOptions } from "./options.ts";
import { checkQuery, checkStream, type QueryOptions, type StreamOptions } from "./query-options.ts";
import type { ReasonStage } from "./reason-stage.ts";
import type { RerankStage } from "./rerank-stage.ts";
import { describeSearch } from "./search-status.ts";
import type { Question, Skipped, Sources, Stage } from "./stage.ts";
import { finalStage, stagesOf } from "./stages.ts";
import type { SearchStatus } from "./status.ts";
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
  readonly #intake: Intake;
  #closed = false;
  readonly #closing = new AbortController();
  readonly #latest = new Latest();
  readonly #rerank: RerankStage | undefined;
  readonly #reason: ReasonStage | undefined;

  constructor({ options, succession, rerank, reason }: SearchParts) {
    this.#options = options;
    this.#succession = succession;
    this.#rerank = rerank;
    this.#reason = reason;
    const isStored = options.storage !== "memory";
    this.#intake = new Intake({ succession, isStored, closing: this.#closing.signal });
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
    return this.#intake.add(documents, checkAddOptions(options));
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
    return this.#intake.repair(signal);
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
  async import(file: ImportSource, options?: SignalOptions): Promise<ImportResult> {
    this.#checkOpen();
    const { signal } = checkSignalOptions("import", options);
    return this.#intake.import(file, signal);
  }

  /** What is open, on which devices and why, how much is stored and how safely. */
  status(): SearchStatus {
    return describeSearch({
      name: this.#options.name,
      isClosed: this.#closed,
      isPersistent: this.#intake.isPersistent,
      succession: this.#succession,
      rerank: this.#rerank,
      reason: this.#reason,
    });
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

  #checkOpen(): void {
    if (this.#closed) throw closed();
  }
}

/** A query can turn a stage off that was not opened, and nothing else. */
function refuseUnopened(name: "rerank" | "reason", wish: unknown): void {
  if (wish === undefined || wish === false) return;
  throw new RetrievalError("INVALID_OPTION", `this search was opened without ${name}`, {
    value: wish,
    repair: `Give ${name} to openSearch.`,
  });
}

function resultOf({ hits, generation, skipped }: Stage): QueryResult {
  return { hits, generation, skipped };
}
