import {
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type RecordHandle,
  type RecordKey,
  type RecordRead,
  type SegmentStore,
  type StoreChange,
  type StoreSnapshot,
  type StoreStage,
  type StoreTable,
} from "@nearfield/core";
import { Connection, deleteDatabase, quiet, type Durability } from "./indexed-db/connection.ts";
import {
  findManifest,
  manifestKey,
  plainKey,
  putRecords,
  rangeOf,
  storedKey,
  type Layout,
  type RecordSet,
} from "./indexed-db/record-set.ts";
import { bytesOf, handleOf } from "./indexed-db/piecewise.ts";
import { Reserve } from "./indexed-db/reserve.ts";
import { Stage } from "./indexed-db/stage.ts";
import { sweep } from "./indexed-db/sweep.ts";
import { takeTurn } from "./indexed-db/turn.ts";

const RECORD_TABLES = ["segments", "bitmaps", "entries"] as const satisfies StoreTable[];
const ALL_TABLES = ["manifest", ...RECORD_TABLES] as const;
const DEFAULT_OPEN_TIMEOUT_MS = 5000;
/** The largest commit is about 50 MB, and disks can be slow. */
const DEFAULT_TIMEOUT_MS = 20_000;

export interface IndexedDbStoreOptions {
  /** An `open` that takes longer counts as refused. Default 5,000. */
  readonly openTimeoutMs?: number | undefined;
  /** A transaction that takes longer is aborted. Default 20,000. */
  readonly timeoutMs?: number | undefined;
  /** Default `strict`. */
  readonly durability?: Durability | undefined;
  /** How segments are written. Default `whole`. */
  readonly layout?: Layout | undefined;
  /** How long another tab that holds its turn to write is waited for. Default 3,000. */
  readonly leaseMs?: number | undefined;
}

/** Keeps an index in the IndexedDB database `nearfield:<name>`. */
export class IndexedDbStore implements SegmentStore {
  readonly persistence = "best-effort" as const;
  readonly #name: string;
  readonly #options: IndexedDbStoreOptions;
  readonly #connection: Connection;
  readonly #reserve: Reserve;
  readonly #listeners = new Set<() => void>();
  readonly #timeoutMs: number;
  readonly #layout: Layout;
  readonly #channel: BroadcastChannel | undefined;
  /** The set of records that counted when it was last looked at. */
  #set: RecordSet = "";

  private constructor(name: string, options: IndexedDbStoreOptions) {
    const {
      openTimeoutMs = DEFAULT_OPEN_TIMEOUT_MS,
      timeoutMs = DEFAULT_TIMEOUT_MS,
      durability = "strict",
    } = options;
    this.#name = name;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#layout = options.layout ?? "whole";
    this.#connection = new Connection(databaseName(name), {
      openTimeoutMs,
      timeoutMs,
      durability,
    });
    this.#reserve = new Reserve(this.#connection);
    this.#channel = openChannel(databaseName(name));
    this.#channel?.addEventListener("message", () => {
      for (const listener of this.#listeners) listener();
    });
  }

  /** @throws RetrievalError `STORAGE_UNAVAILABLE`, `STORAGE_FULL`, or `FORMAT_TOO_NEW`. */
  static async open(name: string, options: IndexedDbStoreOptions = {}): Promise<IndexedDbStore> {
    const store = new IndexedDbStore(name, options);
    try {
      await store.#connection.open();
      sweep(store.#connection, databaseName(name)); // what an import that died has left: nobody waits for it
      return store;
    } catch (thrown) {
      store.close();
      throw thrown;
    }
  }

  /** Deletes the database of this name, open or not. @throws RetrievalError `STORAGE_UNAVAILABLE` */
  static async delete(
    name: string,
    { openTimeoutMs = DEFAULT_OPEN_TIMEOUT_MS }: IndexedDbStoreOptions = {},
  ): Promise<void> {
    await deleteDatabase(databaseName(name), openTimeoutMs);
  }

  async read(table: StoreTable, keys: readonly RecordKey[]): Promise<StoreSnapshot> {
    try {
      return await this.#readTogether(table, keys);
    } catch (thrown) {
      if (keys.length === 0 || !mayBeOneRecord(thrown)) throw thrown;
    }
    // One bad record aborts the transaction that reads it, so each is tried alone. The manifest comes with each, and all
    // have to agree, or it would be no snapshot.
    const { manifest } = await this.#readTogether(table, []);
    const records: RecordRead[] = [];
    for (const key of keys) {
      const one = await this.#readTogether(table, [key]).catch((thrown: unknown) => {
        if (!mayBeOneRecord(thrown)) throw thrown;
        return undefined;
      });
      if (one && !sameToken(one.manifest, manifest)) return this.read(table, keys);
      records.push(one?.records[0] ?? "unreadable");
    }
    return { manifest, records };
  }

  async #readTogether(table: StoreTable, keys: readonly RecordKey[]): Promise<StoreSnapshot> {
    const snapshot = await this.#connection.transact(
      "readonly",
      ["manifest", table],
      async (transaction) => {
        // Asked for at once, of the set that is most likely the one: so that there is one wait and not two.
        const get = (set: RecordSet) =>
          keys.map((key) => quiet(transaction.objectStore(table).get(storedKey(set, key))));
        const likely = this.#set;
        const early = get(likely);
        const { set, manifest } = await findManifest(transaction, [table]);
        this.#set = set;
        const found = await Promise.all(set === likely ? early : get(set));
        return { manifest, records: found };
      },
    );
    const records = await Promise.all(
      snapshot.records.map(async (record): Promise<RecordRead> => {
        if (!(record instanceof Blob)) return record ?? "absent";
        return bytesOf(record, this.#timeoutMs).catch(() => "unreadable");
      }),
    );
    return { manifest: snapshot.manifest, records };
  }

  async handle(table: StoreTable, key: RecordKey): Promise<RecordHandle | "absent" | "unreadable"> {
    let record: Uint8Array<ArrayBuffer> | Blob | undefined;
    try {
      record = await this.#connection.transact(
        "readwrite",
        ["manifest", table],
        async (transaction) => {
          const { set } = await findManifest(transaction, [table]);
          const store = transaction.objectStore(table);
          const found = await store.get(storedKey(set, key));
          if (!(found instanceof Uint8Array) || table !== "segments") return found;
          // Written before it was to be read in pieces: once is enough.
          const blob = new Blob([found]);
          await transaction.objectStore(table).put(blob, storedKey(set, key));
          return blob;
        },
      );
    } catch (thrown) {
      if (mayBeOneRecord(thrown)) return "unreadable";
      throw thrown;
    }
    if (!record) return "absent";
    return handleOf(record instanceof Blob ? record : new Blob([record]), this.#timeoutMs);
  }

  keys(
    table: StoreTable,
  ): Promise<{ manifest: ManifestRecord | undefined; keys: readonly RecordKey[] }> {
    return this.#connection.transact("readonly", ["manifest", table], async (transaction) => {
      const { set, manifest } = await findManifest(transaction, [table]);
      const keys = await transaction.objectStore(table).getAllKeys(rangeOf(set));
      return { manifest, keys: keys.map(plainKey) };
    });
  }

  async commit(change: StoreChange): Promise<boolean> {
    const isCommitted = await this.#reserve.cover(change, () => this.#write(change));
    if (isCommitted && !this.#connection.isClosed) {
      this.#announce(change.manifest);
      this.#reserve.lay(); // for the time to come: nobody waits for it
    }
    return isCommitted;
  }

  async stage(): Promise<StoreStage> {
    const stage = new Stage(this.#connection, databaseName(this.#name), this.#layout);
    await stage.open();
    return {
      put: (records) => stage.put(records),
      commit: async (base, manifest) => {
        const isCommitted = await stage.commit(base, manifest);
        if (isCommitted && !this.#connection.isClosed) this.#announce(manifest);
        return isCommitted;
      },
      discard: () => stage.discard(),
    };
  }

  takeTurn<T>(task: () => Promise<T>): Promise<T> {
    return takeTurn(`${databaseName(this.#name)}:write`, task, this.#options.leaseMs);
  }

  #announce({ generation }: ManifestRecord): void {
    this.#channel?.postMessage(generation);
  }

  #write({ base, manifest, puts, deletes }: StoreChange): Promise<boolean> {
    return this.#connection.transact("readwrite", ALL_TABLES, async (transaction) => {
      const { set, manifest: stored } = await findManifest(transaction, RECORD_TABLES);
      if (!sameToken(stored, base)) return false;
      // None is waited for: over quota all of them succeed, and only the end of the transaction tells.
      for (const { table, key } of deletes) {
        void quiet(transaction.objectStore(table).delete(storedKey(set, key)));
      }
      putRecords(transaction, set, puts, this.#layout);
      void quiet(transaction.objectStore("manifest").put(manifest, manifestKey(set)));
      return true;
    });
  }

  async room(): Promise<number | undefined> {
    try {
      const { quota, usage } = await navigator.storage.estimate();
      return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage);
    } catch {
      return undefined; // not there, or forbidden
    }
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async destroy(): Promise<void> {
    this.close();
    await IndexedDbStore.delete(this.#name, this.#options);
  }

  close(): void {
    this.#channel?.close();
    this.#connection.close();
  }
}

function databaseName(name: string): string {
  return `nearfield:${name}`;
}

/** A failure that may lie in one record alone: the rest of the store may be well. */
function mayBeOneRecord(thrown: unknown): boolean {
  return thrown instanceof RetrievalError && thrown.code === "STORAGE_UNAVAILABLE";
}

/** Undefined where a policy or an opaque origin forbids it: then others' commits are noticed by the next search alone. */
function openChannel(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}
