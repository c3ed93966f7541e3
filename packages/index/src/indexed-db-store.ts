import {
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type RecordKey,
  type RecordRead,
  type SegmentStore,
  type StoreChange,
  type StoreSnapshot,
  type StoreTable,
} from "@nearfield/core";
import { Connection, deleteDatabase, quiet } from "./indexed-db/connection.ts";
import { Reserve } from "./indexed-db/reserve.ts";

const MANIFEST_KEY = "manifest";
const DEFAULT_OPEN_TIMEOUT_MS = 5000;
/** The largest commit is about 50 MB, and disks can be slow. */
const DEFAULT_TIMEOUT_MS = 20_000;

export interface IndexedDbStoreOptions {
  /** An `open` that takes longer counts as refused. Default 5,000. */
  readonly openTimeoutMs?: number | undefined;
  /** A transaction that takes longer is aborted. Default 20,000. */
  readonly timeoutMs?: number | undefined;
}

/** Keeps an index in the IndexedDB database `nearfield:<name>`. */
export class IndexedDbStore implements SegmentStore {
  readonly persistence = "best-effort" as const;
  readonly #name: string;
  readonly #options: IndexedDbStoreOptions;
  readonly #connection: Connection;
  readonly #reserve: Reserve;
  readonly #listeners = new Set<() => void>();
  readonly #channel: BroadcastChannel | undefined;

  private constructor(name: string, options: IndexedDbStoreOptions) {
    const { openTimeoutMs = DEFAULT_OPEN_TIMEOUT_MS, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    this.#name = name;
    this.#options = options;
    this.#connection = new Connection(databaseName(name), { openTimeoutMs, timeoutMs });
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

  #readTogether(table: StoreTable, keys: readonly RecordKey[]): Promise<StoreSnapshot> {
    return this.#connection.transact("readonly", ["manifest", table], async (transaction) => {
      const records = keys.map((key) => quiet(transaction.objectStore(table).get(key)));
      const manifest = await transaction.objectStore("manifest").get(MANIFEST_KEY);
      const found = await Promise.all(records);
      return { manifest, records: found.map((bytes) => bytes ?? "absent") };
    });
  }

  keys(
    table: StoreTable,
  ): Promise<{ manifest: ManifestRecord | undefined; keys: readonly RecordKey[] }> {
    return this.#connection.transact("readonly", ["manifest", table], async (transaction) => {
      const keys = quiet(transaction.objectStore(table).getAllKeys());
      const manifest = await transaction.objectStore("manifest").get(MANIFEST_KEY);
      return { manifest, keys: await keys };
    });
  }

  async commit(change: StoreChange): Promise<boolean> {
    const isCommitted = await this.#reserve.cover(change, () => this.#write(change));
    if (isCommitted && !this.#connection.isClosed) {
      this.#channel?.postMessage(change.manifest.generation);
      this.#reserve.lay(); // for the time to come: nobody waits for it
    }
    return isCommitted;
  }

  #write({ base, manifest, puts, deletes }: StoreChange): Promise<boolean> {
    const tables = ["manifest", "segments", "bitmaps", "entries"] as const;
    return this.#connection.transact("readwrite", tables, async (transaction) => {
      const stored = await transaction.objectStore("manifest").get(MANIFEST_KEY);
      if (!sameToken(stored, base)) return false;
      // None is waited for: over quota all of them succeed, and only the end of the transaction tells.
      for (const { table, key } of deletes) {
        void quiet(transaction.objectStore(table).delete(key));
      }
      for (const { table, key, bytes } of puts) {
        // A view would be stored with the whole buffer behind it.
        const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
        void quiet(transaction.objectStore(table).put(whole, key));
      }
      void quiet(transaction.objectStore("manifest").put(manifest, MANIFEST_KEY));
      return true;
    });
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
