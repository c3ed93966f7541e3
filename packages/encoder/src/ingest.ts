import {
  asRetrievalError,
  hashOf,
  RetrievalError,
  type DocumentInput,
  type Entry,
  type PassageSpan,
  type StoredDocument,
} from "@nearfield/core";
import { aborted, raceAbort } from "@nearfield/link";
import type { IngestProgress, IngestReport } from "./calls.ts";
import { CommitQueue } from "./ingest/commit.ts";
import { passagesOf } from "./ingest/passage.ts";
import type { EntryKey, IngestSeam } from "./ingest/seam.ts";

export interface IngestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each encoded batch and each acknowledged commit, from the same turn of the event loop. */
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
}

/**
 * Stores documents with the vectors of their passages: hashes each, asks the index which it lacks, and splits, encodes and
 * commits only those. A commit holds whole documents, so that none is ever stored by half. Resolves when all are durable.
 *
 * What fails or is aborted stops the call; what was acknowledged stays. The error's `value` is the number of documents of
 * this call that are stored then, unchanged ones included.
 * @param documents checked before (`validateDocument`), with ids that differ
 * @throws RetrievalError `ABORTED`; `EMPTY_TEXT` and `DUPLICATE_ID`, before anything is stored; what the embedder and the
 * index throw
 */
export async function ingest(
  documents: readonly DocumentInput[],
  seam: IngestSeam,
  options: IngestOptions = {},
): Promise<IngestReport> {
  checkDocuments(documents);
  return new Ingestion(documents, seam, options).run();
}

/** Documents whose hashes cross to the index in one question. */
const KEYS_PER_QUESTION = 256;
/** Passages that are encoded, and then committed, together: enough to sort by length, few enough to hold. */
const PASSAGES_PER_BATCH = 128;
/** Documents of more than this are not kept waiting for others: text, fields and vectors of one commit. */
const BYTES_PER_BATCH = 2 * 1024 * 1024;
/** An abort reaches the worker as a message, which is read only between two turns of the event loop. */
const BREATHE_MS = 50;
/** For an index that still writes when the call has failed; less than the link's patience with an aborted job. */
const GRACE_MS = 1000;

/** A document on its way: its passages are encoded batch by batch, and it is committed when it has all its vectors. */
interface Draft {
  readonly document: DocumentInput;
  readonly hash: string;
  readonly spans: PassageSpan[];
  readonly vectors: Float32Array[];
}

interface Waiting {
  readonly draft: Draft;
  readonly text: string;
  readonly title: string | null;
}

/** One call of {@link ingest}. */
class Ingestion {
  readonly #documents: readonly DocumentInput[];
  readonly #seam: IngestSeam;
  readonly #options: IngestOptions;
  readonly #commits: CommitQueue;
  /** Ends all that runs: the caller gave up, or a commit failed. */
  readonly #stop = new AbortController();
  /** Passages that are not encoded yet. */
  #waiting: Waiting[] = [];
  /** Drafts that have all their passages, some of them perhaps among the waiting. */
  #complete: Draft[] = [];
  #bytes = 0;
  #unchanged = 0;
  #encoded = 0;
  #breathedAt = performance.now();

  constructor(documents: readonly DocumentInput[], seam: IngestSeam, options: IngestOptions) {
    this.#documents = documents;
    this.#seam = seam;
    this.#options = options;
    this.#commits = new CommitQueue(
      seam.index,
      () => this.#report(),
      (failure) => this.#stop.abort(failure),
    );
  }

  async run(): Promise<IngestReport> {
    const { signal } = this.#options;
    const onAbort = () => this.#stop.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (let at = 0; at < this.#documents.length; at += KEYS_PER_QUESTION) {
        await this.#add(this.#documents.slice(at, at + KEYS_PER_QUESTION));
      }
      await this.#encode();
      await this.#commits.drain(this.#stop.signal);
    } catch (thrown) {
      await this.#commits.settle(GRACE_MS);
      throw this.#explain(thrown);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    return {
      added: this.#commits.durable,
      unchanged: this.#unchanged,
      passages: this.#encoded,
      index: this.#commits.counts,
    };
  }

  async #add(documents: readonly DocumentInput[]): Promise<void> {
    const keys: EntryKey[] = [];
    for (const document of documents) {
      const { id, title, text, url, fields } = document;
      keys.push({ id, hash: await hashOf({ title, text, url, fields }) });
      await this.#breathe();
    }
    const stop = this.#stop.signal;
    const missing = new Set(await raceAbort(this.#seam.index.missing(keys, stop), stop));
    this.#unchanged += documents.filter(({ id }) => !missing.has(id)).length;
    this.#report();
    for (const [i, document] of documents.entries()) {
      const key = keys[i];
      if (key && missing.has(document.id)) await this.#draft(document, key.hash);
    }
  }

  async #draft(document: DocumentInput, hash: string): Promise<void> {
    const { embedder } = this.#seam;
    const draft: Draft = { document, hash, spans: [], vectors: [] };
    this.#bytes += weigh(document);
    for (const { span, text, title } of passagesOf(document, embedder)) {
      // Not after the last: with its end the document is complete, and goes with this batch.
      if (this.#waiting.length >= PASSAGES_PER_BATCH) await this.#encode();
      draft.spans.push(span);
      this.#waiting.push({ draft, text, title });
      this.#bytes += embedder.dimensions * Float32Array.BYTES_PER_ELEMENT;
      await this.#breathe();
    }
    this.#complete.push(draft);
    const isFull = this.#waiting.length >= PASSAGES_PER_BATCH || this.#bytes >= BYTES_PER_BATCH;
    if (isFull) await this.#encode();
  }

  /** Encodes all that waits and hands on the documents that have all their vectors by that. */
  async #encode(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length > 0) {
      const texts = waiting.map(({ text }) => text);
      const before = this.#encoded;
      const vectors = await raceAbort(
        this.#seam.embedder.embed(texts, "document", {
          signal: this.#stop.signal,
          titles: waiting.map(({ title }) => title),
          onBatch: (done) => {
            this.#encoded = before + done;
            this.#report();
          },
        }),
        this.#stop.signal,
      );
      for (const [i, { draft }] of waiting.entries()) {
        draft.vectors.push(checkVector(vectors[i], this.#seam.embedder.dimensions));
      }
      this.#encoded = before + waiting.length;
    }
    await this.#commit();
  }

  async #commit(): Promise<void> {
    this.#stop.signal.throwIfAborted();
    const drafts = this.#complete;
    if (drafts.length === 0) return;
    this.#complete = [];
    this.#bytes = 0;
    const { dimensions } = this.#seam.embedder;
    const rows = drafts.reduce((sum, { vectors }) => sum + vectors.length, 0);
    const vectors = new Float32Array(rows * dimensions);
    let at = 0;
    for (const draft of drafts) {
      for (const vector of draft.vectors) {
        vectors.set(vector, at);
        at += dimensions;
      }
    }
    const entries = drafts.map(entryOf);
    await this.#commits.push({ entries, vectors, dimensions }, this.#stop.signal);
  }

  #report(): void {
    this.#options.onProgress?.({
      documents: this.#unchanged + this.#commits.durable,
      passages: this.#encoded,
      index: this.#commits.counts,
    });
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathedAt >= BREATHE_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      this.#breathedAt = performance.now();
    }
    this.#stop.signal.throwIfAborted();
  }

  /** The first cause, with the number of documents that are stored. */
  #explain(thrown: unknown): RetrievalError {
    const { signal } = this.#options;
    const first = signal?.aborted
      ? aborted(signal)
      : (this.#commits.failure ?? asRetrievalError(thrown, "INTERNAL", "documents were not added"));
    const stored = this.#unchanged + this.#commits.durable;
    const problem = `${stored} of ${this.#documents.length} documents are stored, then this met the rest: ${first.message}`;
    return new RetrievalError(first.code, problem, {
      value: stored,
      repair: first.repair,
      cause: first.code === "ABORTED" ? first.cause : first,
    });
  }
}

function entryOf({ document, hash, spans }: Draft): Entry<StoredDocument> {
  return {
    id: document.id,
    hash,
    rows: spans.length,
    payload: { ...document, passages: spans },
  };
}

/** Bytes that a document takes in memory, about. */
function weigh({ text, title = "", url = "", fields }: DocumentInput): number {
  const rest = fields ? JSON.stringify(fields).length : 0;
  return (text.length + title.length + url.length + rest) * 2;
}

function checkVector(vector: Float32Array | undefined, dimensions: number): Float32Array {
  if (vector?.length === dimensions) return vector;
  throw new RetrievalError("INTERNAL", "the encoder gave no vector of the right length", {
    value: vector?.length,
  });
}

/** The page has checked all this; a document without passages would be stored and never found. */
function checkDocuments(documents: readonly DocumentInput[]): void {
  const ids = new Set<string>();
  for (const { id, text } of documents) {
    if (text.trim() === "") {
      throw new RetrievalError("EMPTY_TEXT", "a document has no text", {
        value: id,
        repair: "Leave it out.",
      });
    }
    if (ids.has(id)) {
      throw new RetrievalError("DUPLICATE_ID", "one call names the same document twice", {
        value: id,
        repair: "Give each document once.",
      });
    }
    ids.add(id);
  }
}
