import { RetrievalError, type DocumentInput } from "@nearfield/core";
import { aborted, raceAbort } from "@nearfield/link";
import { validateDocument } from "./documents.ts";

/** Checked documents, one at a time. */
export interface DocumentSource {
  /**
   * The next document; undefined at the end; `"late"` when there is none within `patienceMs`, which loses nothing.
   * @throws RetrievalError as `batches` does
   */
  next(patienceMs?: number): Promise<DocumentInput | "late" | undefined>;
  /** Tells the iterable that no more is wanted. Does not wait for it and never throws. */
  close(): void;
}

/** Opens an array, which is checked as a whole first, or an iterable, which is checked as it comes. */
export async function openSource(
  source: unknown,
  signal: AbortSignal | undefined,
): Promise<DocumentSource> {
  if (signal?.aborted) throw aborted(signal);
  if (!Array.isArray(source)) return new PulledSource(openIterator(source), signal);
  return new ListedSource(await checkAll(source, signal), signal);
}

/** Longest time that checking an array holds the page's main thread: half a frame. */
const SLICE_MS = 8;

async function checkAll(
  source: readonly unknown[],
  signal: AbortSignal | undefined,
): Promise<readonly DocumentInput[]> {
  const values = copyArray(source);
  const checker = new Checker();
  const documents: DocumentInput[] = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const value of values) {
    documents.push(checker.check(value));
    if (performance.now() < sliceEnd) continue;
    await new Promise((resolve) => setTimeout(resolve));
    if (signal?.aborted) throw aborted(signal);
    sliceEnd = performance.now() + SLICE_MS;
  }
  return documents;
}

/** The app may change its array while the check looks up, and an item may be a getter that throws. */
function copyArray(source: readonly unknown[]): readonly unknown[] {
  try {
    return Array.from(source);
  } catch (thrown) {
    throw sourceFailed(thrown);
  }
}

/** Checks documents one after another; an id may be met once. */
class Checker {
  readonly #ids = new Set<string>();
  #index = 0;

  check(value: unknown): DocumentInput {
    const document = validateDocument(value, this.#index++);
    if (this.#ids.has(document.id)) {
      throw new RetrievalError(
        "DUPLICATE_ID",
        `document ${this.#index - 1} has the id of another`,
        {
          value: document.id,
          repair: "Give each document once in a call.",
        },
      );
    }
    this.#ids.add(document.id);
    return document;
  }
}

class ListedSource implements DocumentSource {
  readonly #documents: readonly DocumentInput[];
  readonly #signal: AbortSignal | undefined;
  #at = 0;

  constructor(documents: readonly DocumentInput[], signal: AbortSignal | undefined) {
    this.#documents = documents;
    this.#signal = signal;
  }

  async next(): Promise<DocumentInput | undefined> {
    if (this.#signal?.aborted) throw aborted(this.#signal);
    return this.#documents[this.#at++];
  }

  close(): void {}
}

class PulledSource implements DocumentSource {
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #signal: AbortSignal | undefined;
  readonly #checker = new Checker();
  /** Asked for and not answered yet. */
  #pending: Promise<IteratorResult<unknown>> | undefined;

  constructor(
    iterator: Iterator<unknown> | AsyncIterator<unknown>,
    signal: AbortSignal | undefined,
  ) {
    this.#iterator = iterator;
    this.#signal = signal;
  }

  async next(patienceMs?: number): Promise<DocumentInput | "late" | undefined> {
    if (this.#signal?.aborted) throw aborted(this.#signal);
    this.#pending ??= this.#pull();
    const result = await raceAbort(inTime(this.#pending, patienceMs), this.#signal);
    if (result === "late") return "late";
    this.#pending = undefined;
    return result.done ? undefined : this.#checker.check(result.value);
  }

  close(): void {
    // An iterator that hangs in `next` hangs in `return` too, and what it throws now concerns nobody.
    void (async () => this.#iterator.return?.())().catch(() => {});
  }

  async #pull(): Promise<IteratorResult<unknown>> {
    try {
      const result: unknown = await this.#iterator.next();
      if (typeof result === "object" && result !== null) {
        const { done = false, value } = result as Partial<IteratorReturnResult<unknown>>;
        return done ? { done: true, value: undefined } : { done: false, value: await value };
      }
      throw new TypeError("an iterator's result is not an object");
    } catch (thrown) {
      throw sourceFailed(thrown);
    }
  }
}

function openIterator(source: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof source === "object" && source !== null) {
    try {
      const iterable = source as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
      const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.();
      if (iterator) return iterator;
    } catch (thrown) {
      throw sourceFailed(thrown);
    }
  }
  throw new RetrievalError("INVALID_DOCUMENT", "documents are neither an array nor an iterable", {
    value: source,
    repair: "Give an array, also for a single document.",
  });
}

function sourceFailed(thrown: unknown): RetrievalError {
  return new RetrievalError("SOURCE_FAILED", "the iterable of documents threw", {
    repair: "See the cause. What was given before it stays stored.",
    cause: thrown,
  });
}

function inTime<T>(promise: Promise<T>, patienceMs: number | undefined): Promise<T | "late"> {
  if (patienceMs === undefined) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("late"), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
