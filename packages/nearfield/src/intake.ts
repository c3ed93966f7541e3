// Documents on their way into an index: one call after the other, each whole or not at all.
import {
  asRetrievalError,
  loadPart,
  RetrievalError,
  type DocumentInput,
  type StoredDocument,
} from "@nearfield/core";
import type { IndexClient } from "@nearfield/index";
import { closed } from "./closed.ts";
import { blobOf, type ImportSource } from "./file.ts";
import type { AddOptions } from "./options.ts";
import { askPersisted } from "./persistence.ts";
import type { Succession } from "./succession.ts";
import type { RepairResult } from "./vector-index.ts";

export interface AddResult {
  /** Documents that were new or had changed. */
  readonly added: number;
  /** Documents that were stored already with the same content. */
  readonly unchanged: number;
  /** Passages that were encoded for them. */
  readonly passages: number;
}

export interface ImportResult {
  readonly documents: number;
  readonly passages: number;
}

export interface IntakeParts {
  readonly succession: Succession;
  /** Whether what is added outlives the page: else nobody need be asked to keep it. */
  readonly isStored: boolean;
  /** Aborts when the search is closed. */
  readonly closing: AbortSignal;
}

/** What writes: adding, repairing and importing take turns. */
export class Intake {
  readonly #succession: Succession;
  readonly #isStored: boolean;
  readonly #closing: AbortSignal;
  #isPersistent = false;
  /** Whether the browser was asked to keep the data for good: once is enough, since it may ask the person. */
  #asked = false;
  /** The tail of the queue: one at a time, and a failure does not stop the next. */
  #turns: Promise<unknown> = Promise.resolve();

  constructor({ succession, isStored, closing }: IntakeParts) {
    this.#succession = succession;
    this.#isStored = isStored;
    this.#closing = closing;
    void this.#askPersisted("persisted");
  }

  /** Whether the browser promised not to evict what is stored. */
  get isPersistent(): boolean {
    return this.#isPersistent;
  }

  /** @throws RetrievalError as `Search.add` */
  add(
    documents: Iterable<DocumentInput> | AsyncIterable<DocumentInput>,
    { onProgress, signal }: AddOptions,
  ): Promise<AddResult> {
    return this.#inTurn(signal, (either) => this.#ingest(documents, onProgress, either));
  }

  /** @throws RetrievalError as `Search.repair` */
  repair(signal: AbortSignal | undefined): Promise<RepairResult> {
    return this.#inTurn(signal, (either) => this.#repair(either));
  }

  /** @throws RetrievalError as `Search.import` */
  import(file: ImportSource, signal: AbortSignal | undefined): Promise<ImportResult> {
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

  /** Runs `task` after all that was asked before; whoever gives up need not wait for its end. */
  #inTurn<T>(
    signal: AbortSignal | undefined,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const either = signal ? AbortSignal.any([signal, this.#closing]) : this.#closing;
    const turn = this.#turns.then(() => task(either));
    this.#turns = turn.catch(() => {});
    return this.#settleOnAbort(turn, either);
  }

  #askToKeep(): void {
    // The question may be put to the person: not where there is nothing to keep.
    if (!this.#isStored) return;
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
      if (this.#closing.aborted) throw closed();
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
          this.#closing.aborted
            ? closed()
            : new RetrievalError("ABORTED", "the caller gave up", { cause: signal.reason }),
        );
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      void turn.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  async #askPersisted(question: "persist" | "persisted"): Promise<void> {
    this.#isPersistent = await askPersisted(question);
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
