import {
  isRetrievalError,
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type SegmentStore,
  type StoreToken,
} from "@nearfield/core";
import type { Degradation, IndexReport } from "./calls.ts";
import { Image, type HeldSegment, type RowScanner } from "./image.ts";
import { loadSegments, OVERTAKEN } from "./load.ts";
import {
  createManifest,
  decodeManifest,
  encodeManifest,
  type Manifest,
  type SegmentInfo,
  MOVED,
} from "./manifest.ts";
import { rebuildManifest } from "./rebuild.ts";
import { readRosters } from "./rosters.ts";
import { namesLeft, rosteredSegments } from "./roster.ts";
import type { ScannerWatch } from "./scanner-watch.ts";
import { StoredRows } from "./stored-rows.ts";

/**
 * How often a step that others have overtaken is made again. Each time somebody else has got further, so that this many
 * in a row means hundreds of commits in one call.
 */
export const MAX_REDOS = 200;

export interface ReplicaOptions {
  readonly store: SegmentStore;
  readonly scanner: RowScanner;
  /** Why this scanner, for the report. */
  readonly watch?: ScannerWatch | undefined;
  /** Names the embedding space; stored at creation. */
  readonly fingerprint: string;
  /** What is already known to be wrong, for the report. */
  readonly degraded?: readonly Degradation[] | undefined;
  /** The state that was seen last, if any: a store that is older, or another one, is reported. */
  readonly lastSeen?: StoreToken | undefined;
}

/**
 * What this connection knows of a store that others write to as well: one generation of it in memory, and what of it could
 * not be read. Its methods must not overlap, but for the getters.
 */
export class Replica {
  readonly image: Image;
  readonly #options: ReplicaOptions;
  readonly #degraded: Degradation[];
  #lastSeen: StoreToken | undefined;
  #manifest: Manifest | undefined;
  /** Entries that are stored and not held: a part or the payload is damaged. */
  #lost: ReadonlySet<string> = new Set();
  /** True where something is missing and it is not known yet what: it has to be found out before anything is answered. */
  #isIncomplete = false;
  #isStale = true;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#degraded = [...(options.degraded ?? [])];
    this.#lastSeen = options.lastSeen;
    this.image = new Image(options.scanner);
  }

  /** The state that is in memory; `undefined` before the first {@link catchUp}. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** True where somebody else is known to have committed, or where a commit of ours has an unknown outcome. */
  get isStale(): boolean {
    return this.#isStale || !this.#manifest;
  }

  /** Entries that are stored. */
  get stored(): number {
    return this.image.entries.size + this.#lost.size;
  }

  /** True for an id that may have a record of its own: of one that is lost it is not known. */
  hasRecord(id: string): boolean {
    return this.image.entries.get(id)?.payload === "record" || this.#lost.has(id);
  }

  /** True for an id that is stored, be it found or lost. */
  isStored(id: string): boolean {
    return this.image.entries.has(id) || this.#lost.has(id);
  }

  /** Ids that are stored and can not be found. */
  get lost(): ReadonlySet<string> {
    return this.#lost;
  }

  /** Segments of the state in memory that could not be read, by this connection or by another before it. */
  get suspects(): readonly SegmentInfo[] {
    const { segments = [], quarantined = [] } = this.#manifest ?? {};
    return [...quarantined, ...segments.filter(({ id }) => !this.image.segments.has(id))];
  }

  /** Says that the store may have moved on. */
  expire(): void {
    this.#isStale = true;
  }

  /** Brings the memory to what is stored now; begins the index where there is none. */
  async catchUp(): Promise<void> {
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

  /** Takes over a commit of our own, made from the state that is in memory. */
  adopt(manifest: Manifest, segments: readonly HeldSegment[], changed: readonly string[]): void {
    this.#manifest = manifest;
    this.image.replace(segments);
    this.#lost = without(this.#lost, new Set(changed));
  }

  /** Takes entries whose payload is damaged out of what can be found, if nothing has changed since `state`. */
  lose(state: StoreToken | undefined, ids: readonly string[]): void {
    if (!sameToken(state, this.#manifest)) return;
    this.image.forget(ids);
    this.#lost = new Set([...this.#lost, ...ids]);
  }

  /** Takes segments whose record is damaged out of what can be found, with every entry that has a part in them. */
  drop(segments: ReadonlySet<number>): void {
    const held = [...this.image.segments.values()].filter(({ info }) => !segments.has(info.id));
    const before = new Set(this.image.entries.keys());
    this.image.replace(held);
    const gone = without(before, new Set(this.image.entries.keys()));
    this.#lost = new Set([...this.#lost, ...gone]);
  }

  /** Counts and degradations of the state in memory. */
  report(): IndexReport {
    const { store, scanner, watch } = this.#options;
    const { entries, rows } = this.image;
    const { lineage = "", generation = 0 } = this.#manifest ?? {};
    const lostEntries = this.#lost.size;
    const message = `${lostEntries} stored entries are damaged and can not be found: call repair, or add them again`;
    const lost = lostEntries ? [{ code: "STORAGE_CORRUPT", message, lostEntries } as const] : [];
    return {
      lineage,
      generation,
      entries: entries.size,
      rows,
      persistence: store.persistence,
      scanner: scanner.kind,
      scannerReason: watch?.reason ?? scanner.description,
      choice: watch?.choice,
      recall: scanner instanceof StoredRows ? (scanner.recall ?? null) : undefined,
      degraded: [...this.#degraded, ...lost],
    };
  }

  /** False where it has to be tried again. */
  async #load(): Promise<boolean> {
    const { store, scanner } = this.#options;
    const { manifest: record } = await store.read("segments", []);
    if (!record) return this.#begin();
    if (sameToken(record, this.#manifest)) {
      return !this.#isIncomplete || this.#findLost();
    }
    const manifest = readManifest(record);
    if (!manifest) return this.#rebuild(record);
    this.#assertSameSpace(manifest);
    this.#compare(manifest);
    const isSame = manifest.lineage === this.#manifest?.lineage;
    const known = isSame ? this.image.segments : new Map<number, HeldSegment>();
    const loaded = await loadSegments(store, scanner, manifest, known);
    if (loaded === OVERTAKEN) return false;
    this.#manifest = manifest;
    const broken = this.image.replace(loaded.held);
    this.#lost = new Set();
    this.#isIncomplete =
      loaded.damaged.length + broken.length > 0 || manifest.entries !== this.image.entries.size;
    return !this.#isIncomplete || this.#findLost();
  }

  /** Compares what is held with the records that are stored, as something is missing. */
  async #findLost(): Promise<boolean> {
    const { store } = this.#options;
    const { manifest: record, keys } = await store.keys("entries");
    // By their keys, so that nobody is forgotten whose segment is not even named any more.
    const unheld = rosteredSegments(keys).filter((id) => !this.image.segments.has(id));
    const rosters = await readRosters(store, this.#manifest, unheld);
    if (!sameToken(record, this.#manifest) || rosters === OVERTAKEN) return false;
    const stored = new Set(keys.filter((key) => typeof key === "string"));
    const recorded = [...this.image.entries].filter(([, { payload }]) => payload === "record");
    this.image.forget(recorded.map(([id]) => id).filter((id) => !stored.has(id)));
    for (const roster of rosters) for (const { id } of namesLeft(roster)) stored.add(id);
    this.#lost = without(stored, new Set(this.image.entries.keys()));
    this.#isIncomplete = false;
    return true;
  }

  /** Writes the first manifest. */
  async #begin(): Promise<boolean> {
    const { store, scanner, fingerprint } = this.#options;
    for (const table of ["entries", "segments"] as const) {
      const { manifest: found, keys } = await store.keys(table);
      if (found) return false; // somebody else has begun it
      if (keys.length > 0) return this.#rebuild(undefined);
    }
    this.#compare(undefined);
    const manifest = createManifest(fingerprint, scanner.dimensions);
    const change = { base: undefined, manifest: encodeManifest(manifest), puts: [], deletes: [] };
    if (!(await store.commit(change))) return false;
    this.#manifest = manifest;
    this.image.replace([]);
    this.#lost = new Set();
    this.#isIncomplete = false;
    return true;
  }

  /** Writes a new manifest in the place of one that is damaged or gone. What is not found is told by the next {@link #load}. */
  async #rebuild(damaged: ManifestRecord | undefined): Promise<boolean> {
    const { store, scanner, fingerprint } = this.#options;
    const space = { fingerprint, dimensions: scanner.dimensions };
    const manifest = await rebuildManifest(store, damaged, space, this.#manifest ?? this.#lastSeen);
    if (manifest) {
      this.#note({
        code: "STORAGE_CORRUPT",
        message: "the list of what is stored was damaged; it was made anew from the records",
      });
    }
    return false;
  }

  /** Notes it where what is found is not what came after what was seen before. */
  #compare(found: StoreToken | undefined): void {
    const seen = this.#manifest ?? this.#lastSeen;
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

  #assertSameSpace({ fingerprint, dimensions }: Manifest): void {
    const { fingerprint: own, scanner } = this.#options;
    if (fingerprint === own && dimensions === scanner.dimensions) return;
    if (fingerprint.startsWith(MOVED)) {
      throw new RetrievalError(
        "MODEL_MISMATCH",
        "another page has changed the model of this index",
        {
          value: fingerprint,
          repair: "Reload this page, and open the index with one model only.",
        },
      );
    }
    throw new RetrievalError("MODEL_MISMATCH", "the index holds vectors of another model", {
      value: fingerprint,
      repair: "Open it with the model it was made with, or destroy it and add the documents again.",
    });
  }
}

/** `undefined` for a manifest that is damaged. @throws RetrievalError `FORMAT_TOO_NEW` */
function readManifest(record: ManifestRecord): Manifest | undefined {
  try {
    return decodeManifest(record);
  } catch (thrown) {
    if (isRetrievalError(thrown) && thrown.code === "STORAGE_CORRUPT") return undefined;
    throw thrown;
  }
}

function without<T>(set: ReadonlySet<T>, taken: ReadonlySet<T>): Set<T> {
  return new Set([...set].filter((value) => !taken.has(value)));
}

/** What a call rejects with that others have overtaken {@link MAX_REDOS} times. */
export function overtaken(): RetrievalError {
  return new RetrievalError("TIMEOUT", "others change the index faster than it can be read", {
    value: MAX_REDOS,
    repair: "Try again.",
  });
}
