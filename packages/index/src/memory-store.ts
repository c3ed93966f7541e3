import {
  compareIds,
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type Piece,
  type RecordHandle,
  type RecordKey,
  type SegmentStore,
  type StoreChange,
  type StoreSnapshot,
  type StoreStage,
  type StoreTable,
} from "@nearfield/core";

type MemoryTables = Readonly<Record<StoreTable, Map<RecordKey, Uint8Array<ArrayBuffer>>>>;

/** What several {@link MemoryStore}s can share, as connections share a database. */
export class MemoryDatabase {
  manifest: ManifestRecord | undefined;
  tables: MemoryTables = createTables();
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

  async handle(table: StoreTable, key: RecordKey): Promise<RecordHandle | "absent"> {
    this.#assertOpen();
    const record = this.#database.tables[table].get(key);
    return record ? { read: async (pieces) => joinPieces(record, pieces) } : "absent";
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
    this.#publish(manifest);
    return true;
  }

  async stage(): Promise<StoreStage> {
    this.#assertOpen();
    const database = this.#database;
    const tables = createTables();
    return {
      put: async (records) => {
        this.#assertOpen();
        for (const { table, key, bytes } of records) tables[table].set(key, bytes.slice());
      },
      commit: async (base, manifest) => {
        this.#assertOpen();
        if (!sameToken(database.manifest, base)) return false;
        database.tables = tables;
        this.#publish(manifest);
        return true;
      },
      discard: async () => {},
    };
  }

  /** Transactions of a memory are instants: nobody is in anybody's way. */
  takeTurn<T>(task: () => Promise<T>): Promise<T> {
    return task();
  }

  async room(): Promise<undefined> {}

  watch(listener: () => void): () => void {
    const listeners = this.#database.watchers.get(this);
    listeners?.add(listener);
    return () => void listeners?.delete(listener);
  }

  async destroy(): Promise<void> {
    this.#database.manifest = undefined;
    this.#database.tables = createTables();
    this.close();
  }

  close(): void {
    this.#closed = true;
    this.#database.watchers.delete(this);
  }

  #publish(manifest: ManifestRecord): void {
    this.#database.manifest = structuredClone(manifest);
    for (const [store, listeners] of this.#database.watchers) {
      if (store !== this) for (const listener of listeners) queueMicrotask(listener);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new RetrievalError("CLOSED", "the index was closed");
  }
}

function createTables(): MemoryTables {
  return { segments: new Map(), bitmaps: new Map(), entries: new Map() };
}

function joinPieces(
  record: Uint8Array<ArrayBuffer>,
  pieces: readonly Piece[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  for (const { start, end } of pieces) {
    bytes.set(record.subarray(start, end), at);
    at += end - start;
  }
  return bytes;
}

/** The order of IndexedDB: numbers, then strings by code unit. */
function compareKeys(a: RecordKey, b: RecordKey): number {
  if (typeof a === "number") return typeof b === "number" ? a - b : -1;
  return typeof b === "number" ? 1 : compareIds(a, b);
}
