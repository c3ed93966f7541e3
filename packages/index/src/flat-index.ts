import {
  asRetrievalError,
  isRetrievalError,
  RetrievalError,
  sameToken,
  type EntryBlock,
  type IndexCounts,
  type RecordRead,
  type Scanner,
  type SegmentStore,
  type StoreToken,
} from "@nearfield/core";
import type { Degradation, IndexEntry, IndexHit, IndexReport } from "./calls.ts";
import { draftCommit, findFresh, takeOut, type Wish } from "./draft.ts";
import { decodeEntry } from "./entry-record.ts";
import { Image, type HeldSegment, type RankedRow } from "./image.ts";
import { checkBlock, checkId, checkLimit, checkQuery } from "./input.ts";
import { loadSegments, OVERTAKEN, readSegment } from "./load.ts";
import { createManifest, decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";
import { chooseMerge } from "./merge.ts";
import { Queue } from "./queue.ts";
import type { DecodedSegment } from "./segment.ts";

/**
 * How often a step that others have overtaken is made again. Each time somebody else has got further, so that this many
 * in a row means hundreds of commits in one call.
 */
const MAX_REDOS = 200;
/** Longest pause before a commit is tried again, so that tabs which collide do not go on colliding. */
const MAX_PAUSE_MS = 32;

export interface FlatIndexOptions {
  readonly store: SegmentStore;
  readonly scanner: Scanner;
  /** Names the embedding space; stored at creation. */
  readonly fingerprint: string;
  /** What is already known to be wrong, for the report. */
  readonly degraded?: readonly Degradation[] | undefined;
  /** The state that was seen last, if any: a store that is older, or another one, is reported. */
  readonly lastSeen?: StoreToken | undefined;
}

/**
 * Vectors by id with a payload each, exact nearest rows, kept in a `SegmentStore` that other tabs may write to at the same
 * time. `open` comes first. Every change is one transaction and is durable when its promise fulfills; after a rejection
 * it happened wholly or not at all, and may be asked again: the same id with the same hash is stored once.
 *
 * Every method may reject with `STORAGE_UNAVAILABLE`, `TIMEOUT`, `UPGRADE_REQUIRED`, `FORMAT_TOO_NEW`, `MODEL_MISMATCH`, or
 * `CLOSED`. None of them is the end: the next call may succeed.
 */
export class FlatIndex {
  readonly #store: SegmentStore;
  readonly #scanner: Scanner;
  readonly #fingerprint: string;
  readonly #degraded: Degradation[];
  readonly #image: Image;
  readonly #queue = new Queue();
  readonly #unwatch: () => void;
  #lastSeen: StoreToken | undefined;
  #manifest: Manifest | undefined;
  /** Entries that are stored and not held: a part or the payload is damaged. */
  #lost = new Set<string>();
  /** Segments whose record was found damaged while their rows are held. */
  readonly #unreadable = new Set<number>();
  /** True where somebody else is known to have committed, or where a commit of ours has an unknown outcome. */
  #isStale = true;
  #closed = false;

  constructor({ store, scanner, fingerprint, degraded = [], lastSeen }: FlatIndexOptions) {
    this.#store = store;
    this.#scanner = scanner;
    this.#fingerprint = fingerprint;
    this.#degraded = [...degraded];
    this.#lastSeen = lastSeen;
    this.#image = new Image(scanner);
    this.#unwatch = store.watch(() => (this.#isStale = true));
  }

  /**
   * Loads what is stored, or begins a new index. Damaged segments are left out and reported.
   * @throws RetrievalError `MODEL_MISMATCH`, `FORMAT_TOO_NEW`, `STORAGE_CORRUPT` where the list of what is stored is damaged;
   * nothing is changed then.
   */
  open(): Promise<IndexReport> {
    return this.#enqueue(async () => {
      await this.#catchUp();
      return this.#report();
    });
  }

  /** The ids of those entries that are not stored with this very hash, in the order given. */
  missing(entries: readonly { readonly id: string; readonly hash: string }[]): Promise<string[]> {
    return this.#enqueue(async () => {
      await this.#catchUp();
      return entries
        .filter(({ id, hash }) => this.#image.entries.get(id)?.hash !== hash)
        .map(({ id }) => id);
    });
  }

  /**
   * Stores whole entries. A known id is replaced; one that is stored with the same hash is passed over. `block` must not
   * change until the promise settles.
   * @throws RetrievalError `INVALID_VECTOR`, `INVALID_DOCUMENT`, `DUPLICATE_ID`, `INPUT_TOO_LARGE`, `STORAGE_FULL`; nothing is
   * stored then.
   */
  async commit(block: EntryBlock): Promise<IndexReport> {
    checkBlock(block, this.#scanner.dimensions);
    return this.#enqueue(async () => {
      await this.#change(() => ({ fresh: findFresh(block, this.#image), removed: [] }));
      return this.#report();
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
      const wish = await this.#change(() => ({
        fresh: [],
        removed: [...unique].filter((id) => this.#image.entries.has(id) || this.#lost.has(id)),
      }));
      return { removed: wish.removed.length, report: this.#report() };
    });
  }

  /**
   * The `limit` rows with the highest inner product, by the tie rule of core, as of a moment during the call: whatever was
   * acknowledged before it, by this tab or another, is taken into account. Fewer where there are fewer rows.
   * @throws RetrievalError `INVALID_VECTOR`, `INVALID_OPTION`
   */
  async search(
    vector: Float32Array,
    limit: number,
  ): Promise<{ readonly hits: readonly IndexHit[]; readonly report: IndexReport }> {
    checkQuery(vector, this.#scanner.dimensions);
    checkLimit(limit);
    this.#assertOpen();
    let isFresh = false;
    if (this.#isStale) {
      await this.#enqueue(() => this.#catchUp());
      isFresh = true;
    }
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      this.#assertOpen();
      // One look at the memory, then one at the store. If the store has not moved on, what was ranked is what is stored.
      const state = this.#manifest;
      const ranked = this.#image.search(vector, limit);
      const report = this.#report();
      const ids = [...new Set(ranked.map(({ id }) => id))];
      const { manifest, records } = await this.#store.read("entries", ids);
      const isCurrent = sameToken(manifest, state);
      if (isCurrent || isFresh) {
        const { payloads, unsound } = readPayloads(ids, records, ranked);
        if (unsound.length === 0) {
          const hits = ranked.map(({ id, ordinal, score }) => ({
            id,
            ordinal,
            score,
            payload: payloads.get(id),
          }));
          return { hits, report };
        }
        if (isCurrent) {
          await this.#enqueue(async () => this.#lose(state, unsound));
          continue;
        }
      }
      await this.#enqueue(() => this.#catchUp());
      isFresh = true;
    }
    throw overtaken();
  }

  /** What is stored under these ids; `null` for an unknown one and for one whose record is damaged. */
  async get(ids: readonly string[]): Promise<(IndexEntry | null)[]> {
    for (const id of ids) checkId(id);
    this.#assertOpen();
    const { records } = await this.#store.read("entries", ids);
    return records.map((record, at) => readEntry(ids[at] as string, record) ?? null);
  }

  /** Every id that is stored, by code unit. */
  async list(): Promise<readonly string[]> {
    this.#assertOpen();
    const { keys } = await this.#store.keys("entries");
    return keys.filter((key) => typeof key === "string");
  }

  /** Counts and state as of now. Never rejects but with `CLOSED`: a store that does not answer is reported. */
  report(): Promise<IndexReport> {
    return this.#enqueue(async () => {
      try {
        await this.#catchUp();
        return this.#report();
      } catch (thrown) {
        const { code, message } = asRetrievalError(thrown);
        const report = this.#report();
        return { ...report, degraded: [...report.degraded, { code, message }] };
      }
    });
  }

  /** Deletes all that is stored and closes. @throws RetrievalError `STORAGE_UNAVAILABLE` where others hold it open */
  async destroy(): Promise<void> {
    this.#assertOpen();
    const closing = this.close();
    await Promise.all([closing, this.#store.destroy()]);
  }

  /** Frees the memory. Calls that are under way settle, those that wait and those after reject with `CLOSED`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    this.#store.close();
    await this.#queue.drain();
    this.#scanner.close();
  }

  /** Makes the change that `wish` asks for of whatever is held by then; again, if somebody else was faster. */
  async #change(wish: () => Wish): Promise<Wish> {
    let isMerging = true;
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      if (this.#isStale || !this.#manifest) await this.#catchUp();
      const before = this.#manifest as Manifest;
      const wanted = wish();
      if (wanted.fresh.length + wanted.removed.length === 0) {
        await this.#catchUp();
        if (sameToken(before, this.#manifest)) return wanted;
        continue; // what is stored may be gone by now, or the other way round
      }
      const segments = takeOut(this.#image, wanted);
      const sources = isMerging ? await this.#readSources(before, segments, wanted) : new Map();
      if (sources === OVERTAKEN) {
        this.#isStale = true;
        continue;
      }
      try {
        if (await this.#write(before, wanted, segments, sources)) return wanted;
      } catch (thrown) {
        const isFull = isRetrievalError(thrown) && thrown.code === "STORAGE_FULL";
        if (isFull && sources.size > 0) {
          isMerging = false; // what is asked for may fit where the merging does not
          continue;
        }
        // Whether it happened is not always known: the next call looks.
        this.#isStale = true;
        throw thrown;
      }
      this.#isStale = true;
      await pause(Math.random() * Math.min(2 ** redo, MAX_PAUSE_MS));
    }
    throw overtaken();
  }

  async #readSources(
    manifest: Manifest,
    segments: readonly HeldSegment[],
    { fresh }: Wish,
  ): Promise<Map<number, DecodedSegment> | typeof OVERTAKEN> {
    const sizes = segments
      .filter(({ info }) => !this.#unreadable.has(info.id))
      .map(({ info, live }) => ({ id: info.id, rows: info.rows, live }));
    const freshRows = fresh.reduce((sum, { entry }) => sum + entry.rows, 0);
    const sources = new Map<number, DecodedSegment>();
    for (const id of chooseMerge(sizes, freshRows)) {
      const { info } = this.#image.segments.get(id) as HeldSegment;
      const source = await readSegment(this.#store, manifest, info);
      if (source === OVERTAKEN) return OVERTAKEN;
      // Its rows are held and go on to be found; only rewriting them is not possible. The next open will report it.
      if (source === null) this.#unreadable.add(id);
      else sources.set(id, source);
    }
    return sources;
  }

  /** One commit. False, with nothing changed, where somebody else has committed since `before`. */
  async #write(
    before: Manifest,
    wish: Wish,
    segments: readonly HeldSegment[],
    sources: ReadonlyMap<number, DecodedSegment>,
  ): Promise<boolean> {
    const { entries } = this.#image;
    const isStored = (id: string) => entries.has(id) || this.#lost.has(id);
    const additional = wish.fresh.filter(({ entry }) => !isStored(entry.id)).length;
    const records = entries.size + this.#lost.size + additional - wish.removed.length;
    const draft = draftCommit(before, wish, segments, sources, records);
    // The scanner first: if it has no memory for the rows, nothing has happened yet.
    const added: HeldSegment[] = [];
    let isCommitted = false;
    try {
      for (const { info, parts, vectors } of draft.written) {
        added.push({ info, parts, block: this.#scanner.add(vectors), live: info.rows });
      }
      isCommitted = await this.#store.commit(draft.change);
    } finally {
      if (!isCommitted) for (const { block } of added) this.#scanner.remove(block);
    }
    if (!isCommitted) return false;
    this.#manifest = draft.manifest;
    this.#image.replace([...draft.kept, ...added]);
    for (const { entry } of wish.fresh) this.#lost.delete(entry.id);
    for (const id of wish.removed) this.#lost.delete(id);
    return true;
  }

  /** Brings the memory to what is stored now. */
  async #catchUp(): Promise<void> {
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      this.#isStale = false;
      try {
        if (await this.#load()) return;
      } catch (thrown) {
        this.#isStale = true;
        throw thrown;
      }
    }
    throw overtaken();
  }

  /** False where it has to be tried again. */
  async #load(): Promise<boolean> {
    const { manifest: record } = await this.#store.read("segments", []);
    if (!record) return this.#begin();
    if (sameToken(record, this.#manifest)) return true;
    const manifest = decodeManifest(record);
    this.#assertSameSpace(manifest);
    this.#compare(this.#manifest ?? this.#lastSeen, manifest);
    const isSame = manifest.lineage === this.#manifest?.lineage;
    const known = isSame ? this.#image.segments : new Map<number, HeldSegment>();
    const loaded = await loadSegments(this.#store, this.#scanner, manifest, known);
    if (loaded === OVERTAKEN) return false;
    this.#manifest = manifest;
    this.#unreadable.clear();
    const broken = this.#image.replace(loaded.held);
    const isWhole =
      loaded.damaged.length === 0 &&
      broken.length === 0 &&
      manifest.entries === this.#image.entries.size;
    this.#lost = new Set();
    return isWhole || this.#findLost(manifest);
  }

  /** Compares what is held with the records that are stored, as something is missing. */
  async #findLost(manifest: Manifest): Promise<boolean> {
    const { manifest: record, keys } = await this.#store.keys("entries");
    if (!sameToken(record, manifest)) return false;
    const stored = new Set(keys.filter((key) => typeof key === "string"));
    this.#lost = new Set([...stored].filter((id) => !this.#image.entries.has(id)));
    this.#image.forget([...this.#image.entries.keys()].filter((id) => !stored.has(id)));
    return true;
  }

  /** Writes the first manifest. */
  async #begin(): Promise<boolean> {
    this.#compare(this.#manifest ?? this.#lastSeen, undefined);
    const manifest = createManifest(this.#fingerprint, this.#scanner.dimensions);
    const change = { base: undefined, manifest: encodeManifest(manifest), puts: [], deletes: [] };
    if (!(await this.#store.commit(change))) return false;
    this.#manifest = manifest;
    this.#image.replace([]);
    this.#lost = new Set();
    return true;
  }

  #compare(seen: StoreToken | undefined, found: StoreToken | undefined): void {
    this.#lastSeen = undefined;
    if (!seen) return;
    if (seen.lineage !== found?.lineage) {
      this.#note({
        code: "STORAGE_LOST",
        message: `the index of generation ${seen.generation} is gone: it was cleared, evicted or deleted`,
      });
    } else if (found.generation < seen.generation) {
      this.#note({
        code: "STORAGE_ROLLED_BACK",
        message: `the index is of generation ${found.generation}, after ${seen.generation} was seen`,
      });
    }
  }

  #note(degradation: Degradation): void {
    const at = this.#degraded.findIndex(({ code }) => code === degradation.code);
    this.#degraded.splice(at < 0 ? this.#degraded.length : at, 1, degradation);
  }

  /** Takes entries whose payload is damaged out of what can be found, if nothing has changed since `state`. */
  #lose(state: Manifest | undefined, ids: readonly string[]): void {
    if (!sameToken(state, this.#manifest)) return;
    this.#image.forget(ids);
    for (const id of ids) this.#lost.add(id);
  }

  #assertSameSpace({ fingerprint, dimensions }: Manifest): void {
    if (fingerprint === this.#fingerprint && dimensions === this.#scanner.dimensions) return;
    throw new RetrievalError("MODEL_MISMATCH", "the index holds vectors of another model", {
      value: fingerprint,
      repair: "Open it with the model it was made with, or destroy it and add the documents again.",
    });
  }

  #report(): IndexReport {
    const lostEntries = this.#lost.size;
    const message = `${lostEntries} stored entries are damaged and can not be found; add them again`;
    return {
      lineage: this.#manifest?.lineage ?? "",
      ...this.#counts(),
      persistence: this.#store.persistence,
      scanner: this.#scanner.kind,
      degraded: [
        ...this.#degraded,
        ...(lostEntries ? [{ code: "STORAGE_CORRUPT", message, lostEntries } as const] : []),
      ],
    };
  }

  #counts(): IndexCounts {
    const { entries, rows } = this.#image;
    return { generation: this.#manifest?.generation ?? 0, entries: entries.size, rows };
  }

  /** One task at a time changes the memory. */
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

/** Payloads by id; `unsound`: ids whose record is not there, not readable, or not of the content that was found. */
function readPayloads(
  ids: readonly string[],
  records: readonly RecordRead[],
  ranked: readonly RankedRow[],
): { readonly payloads: ReadonlyMap<string, unknown>; readonly unsound: readonly string[] } {
  const hashes = new Map(ranked.map(({ id, hash }) => [id, hash]));
  const payloads = new Map<string, unknown>();
  const unsound: string[] = [];
  ids.forEach((id, at) => {
    const entry = readEntry(id, records[at] as RecordRead);
    if (entry && entry.hash === hashes.get(id)) payloads.set(id, entry.payload);
    else unsound.push(id);
  });
  return { payloads, unsound };
}

function readEntry(id: string, record: RecordRead): IndexEntry | undefined {
  if (!(record instanceof Uint8Array)) return undefined;
  try {
    const entry = decodeEntry(record);
    return entry.id === id ? entry : undefined;
  } catch (thrown) {
    if (isRetrievalError(thrown) && thrown.code === "STORAGE_CORRUPT") return undefined;
    throw thrown;
  }
}

function overtaken(): RetrievalError {
  return new RetrievalError("TIMEOUT", "others change the index faster than it can be read", {
    value: MAX_REDOS,
    repair: "Try again.",
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
