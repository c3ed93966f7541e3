import {
  asRetrievalError,
  type EntryBlock,
  type IndexCounts,
  type RetrievalError,
  type StoredDocument,
} from "@nearfield/core";
import { raceAbort } from "@nearfield/link";
import type { IngestIndex } from "./seam.ts";

/** One that is being written and one that waits: the encoder goes on meanwhile, and memory stays bounded. */
const MAX_IN_FLIGHT = 2;

/** Commits that have been asked for and not answered yet, few at a time. */
export class CommitQueue {
  readonly #index: IngestIndex;
  readonly #onAcknowledged: () => void;
  readonly #onFailure: (failure: RetrievalError) => void;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #abandoned = new AbortController();
  #durable = 0;
  #counts: IndexCounts | null = null;
  #failure: RetrievalError | undefined;

  /** Each observer is called in the turn in which the index answered; `onFailure` for the first failure only. */
  constructor(
    index: IngestIndex,
    onAcknowledged: () => void,
    onFailure: (failure: RetrievalError) => void,
  ) {
    this.#index = index;
    this.#onAcknowledged = onAcknowledged;
    this.#onFailure = onFailure;
  }

  /** Entries in commits that were acknowledged. */
  get durable(): number {
    return this.#durable;
  }

  /** What the index said with the latest acknowledgement; null before the first. */
  get counts(): IndexCounts | null {
    return this.#counts;
  }

  /** Why a commit failed; the first of them. */
  get failure(): RetrievalError | undefined {
    return this.#failure;
  }

  /** Starts a commit as soon as fewer than two are in flight; does not wait for its answer. */
  async push(block: EntryBlock<StoredDocument>, signal: AbortSignal): Promise<void> {
    while (this.#inFlight.size >= MAX_IN_FLIGHT) {
      await raceAbort(Promise.race(this.#inFlight), signal);
    }
    if (this.#failure) throw this.#failure;
    const commit = this.#commit(block).finally(() => this.#inFlight.delete(commit));
    this.#inFlight.add(commit);
  }

  /** Resolves when all that was pushed is durable. */
  async drain(signal: AbortSignal): Promise<void> {
    await raceAbort(Promise.all(this.#inFlight), signal);
    if (this.#failure) throw this.#failure;
  }

  /** Waits for answers that are on their way, for the sake of the count; after `graceMs` it gives them up. Never rejects. */
  async settle(graceMs: number): Promise<void> {
    if (this.#inFlight.size === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.all(this.#inFlight), late]);
    clearTimeout(timer);
    this.#abandoned.abort();
  }

  async #commit(block: EntryBlock<StoredDocument>): Promise<void> {
    const entries = block.entries.length;
    try {
      this.#counts = await this.#index.commit(block, this.#abandoned.signal);
      this.#durable += entries;
      this.#onAcknowledged();
    } catch (thrown) {
      if (this.#failure) return;
      this.#failure = asRetrievalError(thrown, "INTERNAL", "the index could not store documents");
      this.#onFailure(this.#failure);
    }
  }
}
