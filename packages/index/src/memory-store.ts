import {
  compareIds,
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type RecordKey,
  type SegmentStore,
  type StoreChange,
  type StoreSnapshot,
  type StoreTable,
} from "@nearfield/core";

/** What several {@link MemoryStore}s can share, as connections share a database. */
export class MemoryDatabase {
  manifest: ManifestRecord | undefined;
  readonly tables: Readonly<Record<StoreTable, Map<RecordKey, Uint8Array<ArrayBuffer>>>> = {
    segments: new Map(),
    bitmaps: new Map(),
    entries: new Map(),
  };
  readonly watchers: Map<SegmentStore, Set<() => void>> = new Map();
}

/** A store without a disk: the fallback where IndexedDB is refused, and the slow twin that says what a store does. */
export class MemoryStore implements SegmentStore {
  readonly persistence = "ephemeral" as const;
  readonly #database: MemoryDatabase;
  #closed = false;

  constructor(database: MemoryDatabase = new MemoryDatabase()) {
    this.#database = database;
    database.watchers.set(this, new Set());
  }

  async read(table: StoreTable, keys: readonly RecordKey[]): Promise<StoreSnapshot> {
    this.#assertOpen();
    const { manifest, tables } = this.#database;
    return { manifest, records: keys.map((key) => tables[table].get(key)?.slice() ?? "absent") };
  }

  async keys(
    table: StoreTable,
  ): Promise<{ manifest: ManifestRecord | undefined; keys: readonly RecordKey[] }> {
    this.#assertOpen();
    const { manifest, tables } = this.#database;
    return { manifest, keys: [...tables[table].keys()].sort(compareKeys) };
  }

  async commit({ base, manifest, puts, deletes }: StoreChange): Promise<boolean> {
    this.#assertOpen();
    const database = this.#database;
    if (!sameToken(database.manifest, base)) return false;
    for (const { table, key } of deletes) database.tables[table].delete(key);
    for (const { table, key, bytes } of puts) database.tables[table].set(key, bytes.slice());
    database.manifest = structuredClone(manifest);
    for (const [store, listeners] of database.watchers) {
      if (store !== this) for (const listener of listeners) queueMicrotask(listener);
    }
    return true;
  }

  watch(listener: () => void): () => void {
    const listeners = this.#database.watchers.get(this);
    listeners?.add(listener);
    return () => void listeners?.delete(listener);
  }

  async destroy(): Promise<void> {
    this.#database.manifest = undefined;
    for (const table of Object.values(this.#database.tables)) table.clear();
    this.close();
  }

  close(): void {
    this.#closed = true;
    this.#database.watchers.delete(this);
  }

  #assertOpen(): void {
    if (this.#closed) throw new RetrievalError("CLOSED", "the index was closed");
  }
}

/** The order of IndexedDB: numbers, then strings by code unit. */
function compareKeys(a: RecordKey, b: RecordKey): number {
  if (typeof a === "number") return typeof b === "number" ? a - b : -1;
  return typeof b === "number" ? 1 : compareIds(a, b);
}
