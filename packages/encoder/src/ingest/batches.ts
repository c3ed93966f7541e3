import { asRetrievalError, RetrievalError, type DocumentInput } from "@nearfield/core";
import { openSource, type DocumentSource } from "./source.ts";

export interface BatchOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Documents of one batch: few enough to be copied to the worker between two frames. */
const DOCUMENTS_PER_BATCH = 256;
/** Code units of text in one batch, but for a single document that has more. */
const LENGTH_PER_BATCH = 262_144;
/** How long a batch waits for a slow source to fill it. */
const LINGER_MS = 250;

/**
 * Checks documents and gives them in batches that are small enough to post from a page's main thread. An array is checked
 * as a whole before the first batch; an iterable document by document, and what was given before a bad one stays given.
 * The iterable is closed when the consumer stops, the signal aborts, or a document is bad; one that hangs is left.
 * @throws RetrievalError `DUPLICATE_ID`, `SOURCE_FAILED` when the iterable throws (its error as `cause`), `ABORTED`, and
 * what {@link validateDocument} throws
 */
export async function* batches(
  source: Iterable<DocumentInput> | AsyncIterable<DocumentInput>,
  { signal }: BatchOptions = {},
): AsyncGenerator<readonly DocumentInput[], void> {
  const documents = await openSource(source, signal);
  const batch = new Batch();
  let finished = false;
  try {
    for (;;) {
      const next = await nextOf(documents, batch.size > 0);
      if (next instanceof RetrievalError) {
        // What came before the failure is as good as it was: it is given first.
        if (batch.size > 0 && next.code !== "ABORTED") yield batch.take();
        throw next;
      }
      if (next === "late") {
        yield batch.take();
        continue;
      }
      if (next === undefined) break;
      if (!batch.fits(next)) yield batch.take();
      batch.add(next);
      if (batch.isFull) yield batch.take();
    }
    finished = true;
  } finally {
    if (!finished) documents.close();
  }
  if (batch.size > 0) yield batch.take();
}

async function nextOf(
  documents: DocumentSource,
  isWaiting: boolean,
): Promise<DocumentInput | RetrievalError | "late" | undefined> {
  try {
    return await documents.next(isWaiting ? LINGER_MS : undefined);
  } catch (thrown) {
    return asRetrievalError(thrown);
  }
}

class Batch {
  #documents: DocumentInput[] = [];
  #length = 0;

  get size(): number {
    return this.#documents.length;
  }

  get isFull(): boolean {
    return this.size >= DOCUMENTS_PER_BATCH || this.#length >= LENGTH_PER_BATCH;
  }

  fits({ text }: DocumentInput): boolean {
    return this.size === 0 || this.#length + text.length <= LENGTH_PER_BATCH;
  }

  add(document: DocumentInput): void {
    this.#documents.push(document);
    this.#length += document.text.length;
  }

  take(): readonly DocumentInput[] {
    const documents = this.#documents;
    this.#documents = [];
    this.#length = 0;
    return documents;
  }
}
