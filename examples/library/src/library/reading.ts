import { isRetrievalError, type DocumentInput, type Search } from "nearfield";
import { FileProblem } from "../read/problem.ts";
import type { FileRecord } from "../shelf/record.ts";
import type { Catalogue } from "./catalogue.ts";
import { documentOf } from "./document.ts";

/** One tab reads for all of them. */
const LOCK = "nearfield-library.reading";

/**
 * What is given to the index at once: enough to fill its batches, and little enough that the count moves and a stop is quick.
 */
const GROUP_FILES = 24;
const GROUP_CHARACTERS = 60_000;

/** How far the reading is. */
export interface ReadingState {
  /** False while another tab does it, or while it is about to begin. */
  readonly isHere: boolean;
  readonly done: number;
  readonly total: number;
  /** Passages of this reading that have been encoded. */
  readonly passages: number;
  /** The file in hand. */
  readonly name: string | undefined;
}

export interface ReadingOptions {
  readonly catalogue: Catalogue;
  readonly search: Search;
  readonly onChange: () => void;
  /** The reading has ended early: files wait, and none of them is to blame. */
  readonly onTrouble: (thrown: unknown) => void;
}

/** A file with what is in it. */
interface Read {
  readonly record: FileRecord;
  readonly document: DocumentInput;
}

/** Reads what waits on the shelf into the index, in whichever tab comes first, until nothing waits or somebody stops it. */
export class Reading {
  readonly #options: ReadingOptions;
  /** Whoever stops the reading means all tabs. */
  readonly #channel = new BroadcastChannel(LOCK);
  #isPaused = false;
  #stop: AbortController | undefined;
  #state: ReadingState | undefined;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#channel.addEventListener("message", () => this.#pause());
  }

  /** Undefined while nothing is being read for this tab. */
  get state(): ReadingState | undefined {
    return this.#state;
  }

  /** Begins where something waits, unless it has begun, or was stopped. */
  start(): void {
    if (this.#stop || this.#isPaused || this.#options.catalogue.inState("waiting").length === 0)
      return;
    const stop = (this.#stop = new AbortController());
    this.#show({ isHere: false, done: 0, total: 0, passages: 0, name: undefined });
    const turn = navigator.locks.request(LOCK, { signal: stop.signal }, () =>
      this.#run(stop.signal),
    );
    const end = (): void => {
      this.#stop = undefined;
      this.#show(undefined);
    };
    turn.then(
      () => {
        end();
        // Something may have come between the last look and the end.
        this.start();
      },
      (thrown: unknown) => {
        const isWanted = stop.signal.aborted;
        // It would meet the same trouble again.
        if (!isWanted) this.#isPaused = true;
        end();
        // Somebody may have wanted to go on before the end was reached.
        if (isWanted) this.start();
        else this.#options.onTrouble(thrown);
      },
    );
  }

  /** Begins also where it was stopped. */
  resume(): void {
    this.#isPaused = false;
    this.start();
  }

  /** What is stored stays; the rest waits. */
  stop(): void {
    this.#pause();
    this.#channel.postMessage("stop");
  }

  #pause(): void {
    this.#isPaused = true;
    this.#stop?.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    // Another tab may have read it all while this one waited for its turn.
    await catalogue.refresh();
    let done = 0;
    let passages = 0;
    for (;;) {
      const waiting = catalogue.inState("waiting");
      if (waiting.length === 0) return;
      const show = (name: string | undefined, finished: number, more: number): void => {
        // More may have come since the group began.
        const total = done + Math.max(waiting.length, catalogue.inState("waiting").length);
        this.#show({ isHere: true, done: done + finished, total, passages: passages + more, name });
      };
      const { group, seen } = await this.#readGroup(waiting, signal, (name, at) =>
        show(name, at, 0),
      );
      const [first] = group;
      passages += await this.#store(group, signal, (more) => show(first?.record.name, 0, more));
      done += seen;
    }
  }

  /** Reads files until there is enough to store. One that can not be read says why. */
  async #readGroup(
    waiting: readonly FileRecord[],
    signal: AbortSignal,
    onFile: (name: string, at: number) => void,
  ): Promise<{ readonly group: readonly Read[]; readonly seen: number }> {
    const group: Read[] = [];
    let characters = 0;
    let seen = 0;
    for (const record of waiting) {
      if (group.length >= GROUP_FILES || characters >= GROUP_CHARACTERS) break;
      signal.throwIfAborted();
      onFile(record.name, seen++);
      const read = await this.#readOne(record, signal);
      if (!read) continue;
      group.push(read);
      characters += read.document.text.length;
    }
    return { group, seen };
  }

  async #readOne(record: FileRecord, signal: AbortSignal): Promise<Read | undefined> {
    try {
      const original = await this.#options.catalogue.readOriginal(record.id);
      if (!original || !record.kind) {
        throw new FileProblem("Its copy in this browser is gone. Add it again.");
      }
      // What reads the kinds is fetched when there is something to be read.
      const { readContent } = await import("../read/read.ts");
      const { title, text } = await readContent(record.kind, original, signal);
      const titled = { ...record, title: title ?? record.title };
      return { record: titled, document: documentOf(titled, text) };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const words =
        thrown instanceof FileProblem
          ? thrown.message
          : "It could not be read, for no known reason.";
      await this.#fail(record, words);
      return undefined;
    }
  }

  /** Stores a group; gives the number of its passages. */
  async #store(
    group: readonly Read[],
    signal: AbortSignal,
    onPassages: (passages: number) => void,
  ): Promise<number> {
    if (group.length === 0) return 0;
    try {
      const { passages } = await this.#options.search.add(
        group.map(({ document }) => document),
        { signal, onProgress: (progress) => onPassages(progress.passages) },
      );
      await this.#options.catalogue.write(
        group.map(({ record }) => ({ ...record, state: "stored", problem: undefined })),
      );
      return passages;
    } catch (thrown) {
      if (!isFilesFault(thrown)) throw thrown;
      const [only, another] = group;
      if (only && !another) {
        await this.#fail(only.record, `The index does not take it: ${thrown.message}`);
        return 0;
      }
      // One of them is to blame: alone it is found out, and the others are stored.
      let passages = 0;
      for (const one of group) passages += await this.#store([one], signal, () => {});
      return passages;
    }
  }

  /** What was stored of an older version of the file stays to be found. */
  async #fail(record: FileRecord, problem: string): Promise<void> {
    await this.#options.catalogue.write(
      [{ ...record, state: "failed", problem, hasOriginal: false }],
      [record.id],
    );
  }

  #show(state: ReadingState | undefined): void {
    this.#state = state;
    this.#options.onChange();
  }
}

/** Whether a failure is the doing of what was added, and not of the model, the device or the storage. */
function isFilesFault(thrown: unknown): thrown is Error {
  const codes: readonly string[] = ["EMPTY_TEXT", "INPUT_TOO_LARGE", "INVALID_DOCUMENT"];
  return isRetrievalError(thrown) && codes.includes(thrown.code);
}
