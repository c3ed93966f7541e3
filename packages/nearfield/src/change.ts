import { asRetrievalError, RetrievalError } from "@nearfield/core";
import { beginIndex, destroyIndexNamed, finishIndex, retireIndex } from "@nearfield/index";
import { mirror } from "./mirror.ts";
import type { ModelNote } from "./model-note.ts";
import type { SearchOptions } from "./options.ts";
import { describe, Serving } from "./serving.ts";
import { findSlots, look, type Place } from "./slots.ts";
import type { ChangeStatus } from "./status.ts";
import { lockOf } from "./tidy.ts";

/** What an index is to have become. */
export interface Successor {
  readonly fingerprint: string;
  readonly dimensions: number;
  readonly note: ModelNote;
}

export interface ModelChangeOptions {
  readonly options: SearchOptions;
  /** What answers until the change is done. Stays the caller's. */
  readonly from: Serving;
  readonly to: Successor;
}

/**
 * Encodes a stored index anew with another model, behind its back: the old one answers and takes changes until the new one has all
 * of it, then the new one counts from one moment on. One page at a time does it, the others wait for it. What is killed on the
 * way is gone on with by the next page that opens the index with this model.
 */
export class ModelChange {
  /** What answers from then on. Rejects with why it failed, `ABORTED` after {@link close}; the old index is as it was. */
  readonly done: Promise<Serving>;
  readonly #options: ModelChangeOptions;
  readonly #closing = new AbortController();
  #next: Serving | undefined;
  #state: ChangeStatus["state"] = "waiting";
  #failure: RetrievalError | undefined;

  constructor(options: ModelChangeOptions) {
    this.#options = options;
    this.done = this.#begin();
    this.done.catch(() => {});
  }

  status(): ChangeStatus {
    const { from, to } = this.#options;
    const { code, message } = this.#failure ?? {};
    return {
      state: this.#state,
      from: from.model,
      to: describe(to.note.cards, to.dimensions),
      documents: this.#next?.report.entries ?? 0,
      of: from.report.entries,
      failure: code && message !== undefined ? { code, message } : null,
    };
  }

  /** Stops where it is; what was encoded stays for the next time. Idempotent. */
  close(): void {
    this.#closing.abort();
  }

  async #begin(): Promise<Serving> {
    const { signal } = this.#closing;
    try {
      return await inTurn(lockOf(this.#options.options.name), signal, () => this.#run(signal));
    } catch (thrown) {
      this.#state = "failed";
      this.#failure = asRetrievalError(thrown);
      this.#next?.close();
      throw this.#failure;
    }
  }

  async #run(signal: AbortSignal): Promise<Serving> {
    const { from, to, options } = this.#options;
    const { live, spare } = await findSlots(options.name);
    if (live && isOf(live, to)) {
      // Another page was faster.
      const next = await this.#open(live);
      await finishIndex(live.name, next.report.lineage);
      return next;
    }
    if (live?.name !== from.place || !isOf(live, from)) throw overtaken(options.name);
    this.#state = "encoding";
    const place = await prepare(spare, to);
    const next = await this.#open(place);
    checkKept(from, live);
    checkKept(next, place);
    let token = await mirror(from, next, signal);
    // It has to work before what works is given up.
    if (from.report.entries > 0) await next.query.start(signal);
    for (;;) {
      // A worker that died may have come back without its storage.
      await Promise.all([from.index.report(), next.index.report()]);
      checkKept(from, live);
      checkKept(next, place);
      if (await retireIndex(from.place, token)) break;
      token = await mirror(from, next, signal);
    }
    // From here on the new one counts, also where this page is killed before the next line.
    await finishIndex(spare.name, next.report.lineage);
    return next;
  }

  async #open(place: Place): Promise<Serving> {
    const { to, options } = this.#options;
    const { fingerprint, dimensions, note } = to;
    const next = new Serving({
      place: place.name,
      fingerprint,
      dimensions,
      cards: async () => note.cards,
      model: describe(note.cards, dimensions),
      options,
    });
    await next.open();
    this.#next = next;
    return next;
  }
}

/** Makes the place an empty index that is being filled, unless it is one for the same vectors already. */
async function prepare(place: Place, to: Successor): Promise<Place> {
  const { name, found } = place;
  if (found && found !== "unreadable" && found.isFilling && isOf(place, to)) return place;
  if (found === "unreadable") await destroyIndexNamed(name);
  await beginIndex(name, to);
  return look(name);
}

/**
 * An index that lives in memory for want of storage must neither be copied from nor be changed to.
 * @throws RetrievalError `STORAGE_UNAVAILABLE`
 */
function checkKept({ report }: Serving, { name, found }: Place): void {
  const isKept = report.persistence !== "ephemeral";
  if (isKept && found && found !== "unreadable" && found.lineage === report.lineage) return;
  throw new RetrievalError("STORAGE_UNAVAILABLE", "an index is not stored where it should be", {
    value: name,
    repair: "Open the search again.",
  });
}

function overtaken(name: string): RetrievalError {
  return new RetrievalError("MODEL_MISMATCH", "another page has changed the model of this index", {
    value: name,
    repair: "Reload this page, and open the index with one model only.",
  });
}

function isOf({ found }: Place, { fingerprint }: { readonly fingerprint: string }): boolean {
  return found !== null && found !== "unreadable" && found.fingerprint === fingerprint;
}

/** Runs `task` while no other page of this origin runs one of this name. */
async function inTurn<T>(name: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return task();
  try {
    return await navigator.locks.request(name, { signal }, task);
  } catch (thrown) {
    if (signal.aborted) throw new RetrievalError("ABORTED", "the search was closed");
    throw thrown;
  }
}
