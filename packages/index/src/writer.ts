import { isRetrievalError, sameToken, type SegmentStore, type StoreStage } from "@nearfield/core";
import { draftCommit, takeOut, type Source, type Wish } from "./draft.ts";
import type { Staged } from "./exchange/read.ts";
import type { HeldSegment, RowScanner } from "./image.ts";
import type { Twin } from "./lexical/twin.ts";
import { OVERTAKEN, readSegment } from "./load.ts";
import { encodeManifest, type Manifest } from "./manifest.ts";
import { chooseCompaction, chooseMerge, type SegmentSize } from "./merge.ts";
import { MAX_REDOS, overtaken, type Replica } from "./replica.ts";
import { assertRoom } from "./room.ts";
import { readRosters } from "./rosters.ts";

/** Longest pause before a commit is tried again, so that tabs which collide do not go on colliding. */
const MAX_PAUSE_MS = 32;

/** What a {@link Writer} works on. */
export interface WriterParts {
  readonly store: SegmentStore;
  readonly scanner: RowScanner;
  readonly replica: Replica;
  readonly twin: Twin | undefined;
}

/** Commits to a store that others write to as well, and keeps the replica in step. Its methods must not overlap. */
export class Writer {
  readonly #store: SegmentStore;
  readonly #scanner: RowScanner;
  readonly #replica: Replica;
  readonly #twin: Twin | undefined;
  /** Segments whose record was found damaged while their rows are held: they can not be rewritten. */
  readonly #unreadable = new Set<number>();

  constructor({ store, scanner, replica, twin }: WriterParts) {
    this.#store = store;
    this.#scanner = scanner;
    this.#replica = replica;
    this.#twin = twin;
  }

  /** Makes the change that `wish` asks for of whatever is held by then; again, if somebody else was faster. */
  change(wish: () => Wish): Promise<Wish> {
    return this.#store.takeTurn(() => this.#change(wish));
  }

  async #change(wish: () => Wish): Promise<Wish> {
    const replica = this.#replica;
    let isMerging = true;
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      if (replica.isStale) await replica.catchUp();
      const before = replica.manifest as Manifest;
      const wanted = wish();
      if (isNothing(wanted)) {
        await replica.catchUp();
        if (sameToken(before, replica.manifest)) return wanted;
        continue; // what is stored may be gone by now, or the other way round
      }
      const segments = takeOut(replica.image, wanted);
      const sources = isMerging
        ? await this.#readSources(before, this.#chooseMerge(segments, wanted))
        : new Map();
      if (sources === OVERTAKEN) {
        replica.expire();
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
        replica.expire(); // whether it happened is not always known: the next call looks
        throw thrown;
      }
      replica.expire();
      await pause(Math.random() * Math.min(2 ** redo, MAX_PAUSE_MS));
    }
    throw overtaken();
  }

  /** Makes a stage what is stored, whatever others have committed meanwhile. */
  swap(stage: StoreStage, staged: Staged): Promise<void> {
    return this.#store.takeTurn(() => this.#swap(stage, staged));
  }

  async #swap(stage: StoreStage, { entries, segments }: Staged): Promise<void> {
    const replica = this.#replica;
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      await replica.catchUp();
      const before = replica.manifest as Manifest;
      const manifest: Manifest = {
        ...before,
        generation: before.generation + 1,
        entries,
        nextSegment: Math.max(before.nextSegment, 1 + (segments.at(-1)?.id ?? 0)),
        segments,
        quarantined: undefined,
      };
      if (await stage.commit(before, encodeManifest(manifest))) return;
    }
    throw overtaken();
  }

  /** One step of a compaction. False where there is nothing left to gain. */
  compactSome(): Promise<boolean> {
    return this.#store.takeTurn(() => this.#compactSome());
  }

  async #compactSome(): Promise<boolean> {
    const replica = this.#replica;
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      await replica.catchUp();
      const before = replica.manifest as Manifest;
      const segments = [...replica.image.segments.values()].filter(({ live }) => live > 0);
      const chosen = chooseCompaction(this.#sizesOf(segments));
      if (chosen.length === 0) return false;
      const sources = await this.#readSources(before, chosen);
      if (sources !== OVERTAKEN) {
        if (sources.size < chosen.length) continue; // one was found damaged: choose without it
        if (await this.#write(before, { fresh: [], removed: [] }, segments, sources)) return true;
      }
      replica.expire();
      await pause(Math.random() * MAX_PAUSE_MS);
    }
    throw overtaken();
  }

  #chooseMerge(segments: readonly HeldSegment[], { fresh }: Wish): number[] {
    const freshRows = fresh.reduce((sum, { entry }) => sum + entry.rows, 0);
    return chooseMerge(this.#sizesOf(segments), freshRows);
  }

  /** Sizes of those that can be written anew. */
  #sizesOf(segments: readonly HeldSegment[]): SegmentSize[] {
    return segments
      .filter(({ info }) => !this.#unreadable.has(info.id))
      .map(({ info, live }) => ({ id: info.id, rows: info.rows, live }));
  }

  /** Reads the segments that are to be written anew; those that turn out to be damaged are left out. */
  async #readSources(
    manifest: Manifest,
    chosen: readonly number[],
  ): Promise<Map<number, Source> | typeof OVERTAKEN> {
    const sources = new Map<number, Source>();
    for (const id of chosen) {
      const { info } = this.#replica.image.segments.get(id) as HeldSegment;
      const source = await readSegment(this.#store, manifest, info);
      if (source === OVERTAKEN) return OVERTAKEN;
      // Its rows are held and go on to be found; only rewriting them is not possible. The next open will report it.
      if (source === null) this.#unreadable.add(id);
      else sources.set(id, { ...source, words: await this.#twin?.read(info) });
    }
    return sources;
  }

  /** One commit. False, with nothing changed, where somebody else has committed since `before`. */
  async #write(
    before: Manifest,
    wish: Wish,
    segments: readonly HeldSegment[],
    sources: ReadonlyMap<number, Source>,
  ): Promise<boolean> {
    const replica = this.#replica;
    const { fresh, removed } = wish;
    const ids = fresh.map(({ entry }) => entry.id);
    const additional = ids.filter((id) => !replica.isStored(id)).length;
    const changed = [...ids, ...removed];
    const found = changed.filter((id) => replica.lost.has(id)).length;
    const suspects = found > 0 ? replica.suspects.map(({ id }) => id) : [];
    const rosters = await readRosters(this.#store, before, suspects);
    if (rosters === OVERTAKEN) return false;
    const twin = this.#twin;
    const draft = draftCommit(before, wish, {
      held: replica.image.segments,
      segments,
      sources,
      rosters,
      hasRecord: (id) => replica.hasRecord(id),
      records: replica.stored + additional - removed.length,
      lost: replica.lost.size - found,
      wordsOf: twin && ((entry) => twin.wordsOf(entry)),
    });
    const bytes = draft.change.puts.reduce((sum, put) => sum + put.bytes.byteLength, 0);
    await assertRoom(this.#store, bytes);
    // The scanner first: if it has no memory for the rows, nothing has happened yet.
    const added: HeldSegment[] = [];
    let isCommitted = false;
    try {
      for (const { info, parts, columns, vectors } of draft.written) {
        added.push({ info, parts, columns, block: this.#scanner.add(vectors), live: info.rows });
      }
      isCommitted = await this.#store.commit(draft.change);
    } finally {
      if (!isCommitted) for (const { block } of added) this.#scanner.remove(block);
    }
    if (isCommitted) {
      replica.adopt(draft.manifest, [...draft.kept, ...added], changed);
      twin?.adopt();
    }
    return isCommitted;
  }
}

function isNothing({ fresh, removed, rosters }: Wish): boolean {
  return fresh.length + removed.length + (rosters?.size ?? 0) === 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
