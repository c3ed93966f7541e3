import {
  asRetrievalError,
  compareIds,
  RetrievalError,
  sameToken,
  type EntryBlock,
  type SegmentStore,
} from "@nearfield/core";
import { aborted } from "@nearfield/link";
import type { OpenedGpu } from "@nearfield/scan";
import type {
  IndexContents,
  IndexEntry,
  IndexHit,
  IndexReport,
  RepairReport,
  SearchAnswer,
} from "./calls.ts";
import { findFresh } from "./draft.ts";
import type { Holding } from "./exchange/holding.ts";
import { payloadCheckOf } from "./exchange/payload-check.ts";
import { readFile } from "./exchange/read.ts";
import { unsettled, writeFile } from "./exchange/write.ts";
import type { RowScanner } from "./image.ts";
import type { Filter } from "./filter.ts";
import { checkFilter } from "./filter/check.ts";
import { compileFilter } from "./filter/compile.ts";
import { checkBlock, checkId, checkLimit, checkQuery } from "./input.ts";
import { Twin } from "./lexical/twin.ts";
import { OVERTAKEN } from "./load.ts";
import { encodeManifest, type Manifest } from "./manifest.ts";
import type { Pulse } from "./pulse.ts";
import { Queue } from "./queue.ts";
import { rankBatch, rankRows, type Ranking } from "./ranking.ts";
import { Reader } from "./reader.ts";
import { findUnsound, salvage } from "./repair.ts";
import { MAX_REDOS, overtaken, Replica, type ReplicaOptions } from "./replica.ts";
import { RecallWatch } from "./recall.ts";
import { assertRoom } from "./room.ts";
import type { ScannerWatch } from "./scanner-watch.ts";
import { StoredRows } from "./stored-rows.ts";
import { Writer } from "./writer.ts";

/** How often an export is begun anew: after the first time others wait, so that only damage can stop it. */
const MAX_EXPORTS = 10;

export interface FlatIndexOptions extends ReplicaOptions {
  /** Keeps the words of passages too: `search` then takes a text. For entries whose payload is a `StoredDocument`. */
  readonly lexical?: boolean | undefined;
  /** What payloads have to be, for those that come from a file. Default: anything. */
  readonly holding?: Holding | undefined;
  /** What the scanner runs on; the index ends it. */
  readonly gpu?: OpenedGpu | undefined;
}

export interface SearchOptions {
  readonly filter?: Filter | undefined;
  /** Rows with its words are found; together with a vector, what is best by both. For an index with `lexical`. */
  readonly text?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Vectors by id with a payload each, exact nearest rows, kept in a `SegmentStore` that other tabs may write to at the same
 * time. `open` comes first. Every change is one transaction and is durable when its promise fulfills; after a rejection
 * it happened wholly or not at all, and may be asked again: the same id with the same hash is stored once.
 *
 * Every method may reject with `STORAGE_UNAVAILABLE`, `TIMEOUT`, `UPGRADE_REQUIRED`, `FORMAT_TOO_NEW`, `MODEL_MISMATCH`, or
 * `CLOSED`. None of them is the end: the next call may succeed. The index owns its store and its scanner.
 */
export class FlatIndex {
  readonly #store: SegmentStore;
  readonly #scanner: RowScanner;
  /** Where rows may be missed, how many are. */
  readonly #recall: RecallWatch | undefined;
  /** Where several scanners could serve, which is the fastest. */
  readonly #scannerWatch: ScannerWatch | undefined;
  readonly #gpu: OpenedGpu | undefined;
  readonly #replica: Replica;
  readonly #twin: Twin | undefined;
  /** What changes the replica comes one after the other. */
  readonly #queue = new Queue();
  readonly #unwatch: () => void;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #holding: Holding;
  #closed = false;

  constructor(options: FlatIndexOptions) {
    this.#store = options.store;
    this.#scanner = options.scanner;
    this.#replica = new Replica(options);
    if (options.lexical) this.#twin = new Twin(options.store, this.#replica.image);
    const { store, scanner } = options;
    this.#writer = new Writer({ store, scanner, replica: this.#replica, twin: this.#twin });
    this.#reader = new Reader({
      store,
      replica: this.#replica,
      enqueue: (task) => this.#enqueue(task),
      assertOpen: () => this.#assertOpen(),
    });
    if (scanner instanceof StoredRows) this.#recall = new RecallWatch(scanner, this.#replica.image);
    this.#holding = options.holding ?? "anything";
    this.#scannerWatch = options.watch;
    this.#gpu = options.gpu;
    this.#unwatch = options.store.watch(() => this.#replica.expire());
  }

  /**
   * Loads what is stored, or begins a new index. Damaged segments are left out and reported.
   * A list of what is stored that is damaged is made anew from the records, and that is reported too.
   * @throws RetrievalError `MODEL_MISMATCH`, `FORMAT_TOO_NEW`; nothing is changed then.
   */
  open(): Promise<IndexReport> {
    return this.#enqueue(async () => {
      await this.#replica.catchUp();
      // Nobody waits for the words but who asks for them; a failure shows there.
      void this.#readWords().catch(() => {});
      return this.#replica.report();
    });
  }

  /** The ids of those entries that are not stored with this very hash, in the order given. */
  missing(entries: readonly { readonly id: string; readonly hash: string }[]): Promise<string[]> {
    return this.#enqueue(async () => {
      await this.#replica.catchUp();
      const held = this.#replica.image.entries;
      return entries.filter(({ id, hash }) => held.get(id)?.hash !== hash).map(({ id }) => id);
    });
  }

  /**
   * Stores whole entries. A known id is replaced; one that is stored with the same hash is passed over. `block` must not
   * change until the promise settles.
   * @throws RetrievalError `INVALID_VECTOR`, `INVALID_DOCUMENT`, `DUPLICATE_ID`, `INPUT_TOO_LARGE`, `STORAGE_FULL`,
   * `OUT_OF_MEMORY`; nothing is stored then.
   */
  async commit(block: EntryBlock): Promise<IndexReport> {
    checkBlock(block, this.#scanner.dimensions);
    return this.#enqueue(async () => {
      await this.#writer.change(() => ({
        fresh: findFresh(block, this.#replica.image),
        removed: [],
      }));
      this.#recall?.look();
      return this.#replica.report();
    });
  }

  /**
   * Deletes entries; unknown ids are passed over. `removed` counts those that were there.
   * @throws RetrievalError `INVALID_DOCUMENT`, `INPUT_TOO_LARGE` for something that can not be an id
   */
  async remove(
    ids: readonly string[],
  ): Promise<{ readonly removed: number; readonly report: IndexReport }> {
    const unique = new Set(ids);
    for (const id of unique) checkId(id);
    return this.#enqueue(async () => {
      const { removed } = await this.#writer.change(() => ({
        fresh: [],
        removed: [...unique].filter((id) => this.#replica.isStored(id)),
      }));
      return { removed: removed.length, report: this.#replica.report() };
    });
  }

  /**
   * The `limit` rows with the highest inner product, by the tie rule of core, as of a moment during the call: whatever was
   * acknowledged before it, by this tab or another, is taken into account. With a `filter`, of those rows whose entry passes it.
   * With a `text` and no vector, those with the highest BM25; with both, those with the highest score of both together.
   * Fewer where there are fewer rows.
   * @throws RetrievalError `INVALID_VECTOR`, `INVALID_OPTION`, `INVALID_FILTER`, `ABORTED`
   */
  async search(
    vector: Float32Array | undefined,
    limit: number,
    options: SearchOptions = {},
  ): Promise<SearchAnswer> {
    const { filter, text, signal } = options;
    if (vector || text === undefined) checkQuery(vector, this.#scanner.dimensions);
    if (text !== undefined) this.#checkText(text);
    checkLimit(limit);
    const tests = filter === undefined ? [] : compileFilter(checkFilter(filter));
    const { image } = this.#replica;
    let trace: Ranking["trace"] = { candidates: {} };
    const { answers, report, readMs } = await this.#reader.answer(async () => {
      if (text !== undefined) await this.#readWords();
      if (signal?.aborted) throw aborted(signal);
      return async () => {
        const ranking = await rankRows(image, this.#twin, { vector, text, limit, tests });
        trace = ranking.trace;
        return [ranking.rows];
      };
    });
    if (vector) this.#recall?.note(vector);
    this.#look();
    return { hits: answers[0] as readonly IndexHit[], report, trace: { ...trace, readMs } };
  }

  /**
   * What {@link search} gives for each of the vectors, in one pass over the rows and as of one moment.
   * @throws RetrievalError as `search`
   */
  async searchBatch(
    vectors: readonly Float32Array[],
    limit: number,
    { filter }: { readonly filter?: Filter | undefined } = {},
  ): Promise<{
    readonly answers: readonly (readonly IndexHit[])[];
    readonly report: IndexReport;
  }> {
    for (const vector of vectors) checkQuery(vector, this.#scanner.dimensions);
    checkLimit(limit);
    const tests = filter === undefined ? [] : compileFilter(checkFilter(filter));
    const { image } = this.#replica;
    const rank = () => rankBatch(image, vectors, limit, tests);
    const { answers, report } = await this.#reader.answer(async () => rank);
    for (const vector of vectors) this.#recall?.note(vector);
    this.#look();
    return { answers, report };
  }

  /** What is stored under these ids; `null` for an unknown one and for one whose record is damaged. */
  async get(ids: readonly string[]): Promise<(IndexEntry | null)[]> {
    for (const id of ids) checkId(id);
    return this.#reader.get(ids);
  }

  /** Entries that can be found, in an order that holds while the token does. */
  contents(from: number, limit: number): Promise<IndexContents> {
    return this.#enqueue(async () => {
      await this.#replica.catchUp();
      const { lineage, generation } = this.#replica.report();
      const entries: { id: string; hash: string }[] = [];
      let at = 0;
      for (const [id, { hash }] of this.#replica.image.entries) {
        if (at++ < from) continue;
        if (entries.length >= limit) break;
        entries.push({ id, hash });
      }
      return { lineage, generation, entries };
    });
  }

  /** Every id that is stored, by code unit. */
  list(): Promise<readonly string[]> {
    return this.#enqueue(async () => {
      const replica = this.#replica;
      await replica.catchUp();
      return [...replica.image.entries.keys(), ...replica.lost].sort(compareIds);
    });
  }

  /** Counts and state as of now. Never rejects but with `CLOSED`: a store that does not answer is reported. */
  report(): Promise<IndexReport> {
    return this.#enqueue(async () => {
      try {
        await this.#replica.catchUp();
        this.#recall?.look();
        return this.#replica.report();
      } catch (thrown) {
        const { code, message } = asRetrievalError(thrown);
        const report = this.#replica.report();
        return { ...report, degraded: [...report.degraded, { code, message }] };
      }
    });
  }

  /**
   * Writes segments with deleted rows, and segments that are not full, anew, in many small commits: it can end anywhere, and
   * calls of others come in between. It drops nothing that it has not read. Commits do the most urgent part of it by themselves.
   * @param pulse called between two commits; throws to give up
   * @throws RetrievalError `STORAGE_FULL`: what is done so far stays done
   */
  async compact(pulse: Pulse = () => {}): Promise<IndexReport> {
    while (await this.#enqueue(() => this.#writer.compactSome())) pulse();
    return this.report();
  }

  /**
   * Reads every record that is stored and checks it, and brings back what can be had from records that were set aside. `lost`:
   * the ids that are stored and still can not be found; adding them again heals them.
   * @param pulse called between two pieces; throws to give up
   * @throws RetrievalError `STORAGE_FULL`
   */
  repair(pulse: Pulse = () => {}): Promise<RepairReport> {
    return this.#enqueue(async () => {
      const replica = this.#replica;
      const mended = await this.#examine(pulse);
      let restored = 0;
      for await (const found of salvage(this.#store, replica)) {
        pulse();
        const isMissed = ({ entry }: (typeof found)[number]) => replica.lost.has(entry.id);
        const { fresh } = await this.#writer.change(() => ({
          fresh: found.filter(isMissed),
          removed: [],
        }));
        restored += fresh.length;
      }
      return {
        restored,
        mended,
        lost: [...replica.lost].sort(compareIds),
        report: replica.report(),
      };
    });
  }

  /**
   * All that can be found as one file, of one moment; the browser keeps what does not fit in memory on disk. What is lost is not in
   * it: the report says so. See docs/index.md for the format.
   * @param pulse called between two pieces; throws to give up
   * @throws RetrievalError `TIMEOUT` where others commit all the time
   */
  async export(pulse: Pulse = () => {}): Promise<Blob> {
    await this.#enqueue(() => this.#replica.catchUp());
    for (let attempt = 0; attempt < MAX_EXPORTS; attempt++) {
      const write = () => this.#writeFile(pulse);
      // Nobody waits for the first attempt. Whoever was overtaken asks the others to wait.
      const file = await (attempt === 0
        ? write()
        : this.#enqueue(async () => {
            await this.#replica.catchUp();
            return this.#store.takeTurn(write);
          }));
      if (file) return file;
    }
    throw unsettled();
  }

  /**
   * Puts what a file holds in the place of all that is stored, at a stroke: until then, and after any failure, what is stored is what it
   * was. Commits that come in between are replaced as well.
   * @throws RetrievalError `INVALID_FILE`, `MODEL_MISMATCH`, `FORMAT_TOO_NEW`, `STORAGE_FULL`
   */
  async import(file: Blob, pulse: Pulse = () => {}): Promise<IndexReport> {
    const replica = this.#replica;
    await this.#enqueue(() => replica.catchUp());
    const { fingerprint, dimensions, nextSegment } = replica.manifest as Manifest;
    await assertRoom(this.#store, file.size);
    const stage = await this.#store.stage();
    try {
      const check = payloadCheckOf(this.#holding);
      const space = { fingerprint, dimensions };
      const staged = await readFile(file, space, stage, nextSegment, check, pulse);
      return await this.#enqueue(async () => {
        try {
          await this.#writer.swap(stage, staged);
        } finally {
          replica.expire();
        }
        await replica.catchUp();
        this.#recall?.look();
        return replica.report();
      });
    } finally {
      await stage.discard();
    }
  }

  /** Deletes all that is stored and closes. @throws RetrievalError `STORAGE_UNAVAILABLE` where others hold it open */
  async destroy(): Promise<void> {
    this.#assertOpen();
    await Promise.all([this.close(), this.#store.destroy()]);
  }

  /** Frees the memory. Calls that are under way settle, those that wait and those after reject with `CLOSED`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    this.#recall?.close();
    this.#scannerWatch?.close();
    this.#store.close();
    await this.#queue.drain();
    await this.#twin?.drain();
    await this.#scannerWatch?.settle();
    this.#scanner.close();
    this.#gpu?.device.destroy();
  }

  /** After a search, as there is time: is what serves still the best? */
  #look(): void {
    this.#recall?.look();
    this.#scannerWatch?.look(this.#replica.image.rows);
  }

  /** One attempt at an export. Undefined where it has to be begun anew. */
  async #writeFile(pulse: Pulse): Promise<Blob | undefined> {
    const replica = this.#replica;
    const file = await writeFile(this.#store, replica, pulse);
    if (file instanceof Blob) return file;
    if (file !== OVERTAKEN && sameToken(file.state, replica.manifest)) {
      replica.drop(file.segments);
      replica.lose(file.state, file.entries);
    }
    return undefined;
  }

  /**
   * Finds out, for all that is held, whether it is still stored as it was written; what is not is lost from here on. Gives the number
   * of rosters that were made anew.
   */
  async #examine(pulse: Pulse): Promise<number> {
    const replica = this.#replica;
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      await replica.catchUp();
      const state = replica.manifest as Manifest;
      const unsound = await findUnsound(this.#store, replica, pulse);
      if (unsound === OVERTAKEN) continue;
      const { segments, entries, rosters } = unsound;
      replica.drop(segments);
      replica.lose(state, entries);
      await this.#writer.change(() => ({ fresh: [], removed: [], rosters }));
      return rosters.size;
    }
    throw overtaken();
  }

  /** Brings the words to what is in memory, and stores those that had to be made anew, so that the next open reads them. */
  async #readWords(): Promise<void> {
    const twin = this.#twin;
    const manifest = this.#replica.manifest;
    if (!twin || twin.isCurrent || !manifest) return;
    const puts = await twin.catchUp(manifest);
    if (puts.length === 0) return;
    // The same manifest again: others need not look. Where they have moved on, nothing happens, and the next open makes
    // the words again; so it does where there is no room.
    const change = { base: manifest, manifest: encodeManifest(manifest), puts, deletes: [] };
    void this.#enqueue(() => this.#store.commit(change)).catch(() => {});
  }

  #checkText(text: string): void {
    if (typeof text !== "string") throw invalidText(text, "the text of a query is not a string");
    if (!this.#twin) throw invalidText(text, "this index keeps no words");
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      this.#assertOpen();
      return task();
    });
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new RetrievalError("CLOSED", "the index was closed", { repair: "Open it again." });
  }
}

function invalidText(text: unknown, problem: string): RetrievalError {
  return new RetrievalError("INVALID_OPTION", problem, {
    value: text,
    repair: "Open the index with its words, and give a string.",
  });
}
