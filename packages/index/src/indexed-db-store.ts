// The one file that imports idb.
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
import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from "idb";
import { isDeadConnection, settleWithin, toStorageError } from "./indexed-db/failure.ts";

interface Schema extends DBSchema {
  manifest: { key: string; value: ManifestRecord };
  segments: { key: RecordKey; value: Uint8Array<ArrayBuffer> };
  bitmaps: { key: RecordKey; value: Uint8Array<ArrayBuffer> };
  entries: { key: RecordKey; value: Uint8Array<ArrayBuffer> };
  /** Whatever else: a table can not be added later, as the IndexedDB version stays. */
  extras: { key: RecordKey; value: Uint8Array<ArrayBuffer> };
}

type Table = "manifest" | "extras" | StoreTable;
type Transaction<Mode extends IDBTransactionMode> = IDBPTransaction<Schema, Table[], Mode>;

const TABLES = ["manifest", "segments", "bitmaps", "entries"] as const satisfies Table[];
const MANIFEST_KEY = "manifest";
const RESERVE_KEY = "reserve";
/**
 * Once an origin is at its quota, Chromium refuses every transaction that puts anything, be it to delete much more; only a
 * transaction of nothing but deletes goes through. So that removing always works, some room is kept for it. More than the 64 KB
 * from which a value is a file of its own and frees its room at once; more than databases were seen to overshoot (100 KB).
 */
const RESERVE_BYTES = 1 << 20;
/** Never raised: an upgrade hangs behind a stopped tab without a signal. The format's version is in the manifest. */
const DATABASE_VERSION = 1;

export interface IndexedDbStoreOptions {
  /** An `open` that takes longer counts as refused. Default 5,000. */
  readonly openTimeoutMs?: number | undefined;
  /** A transaction that takes longer is aborted. Default 20,000: the largest commit is about 50 MB, and disks can be slow. */
  readonly timeoutMs?: number | undefined;
}

/** Keeps an index in the IndexedDB database `nearfield:<name>`. */
export class IndexedDbStore implements SegmentStore {
  readonly persistence = "best-effort" as const;
  readonly #name: string;
  readonly #openTimeoutMs: number;
  readonly #timeoutMs: number;
  readonly #listeners = new Set<() => void>();
  readonly #channel: BroadcastChannel | undefined;
  #connection: Promise<IDBPDatabase<Schema>> | undefined;
  #database: IDBPDatabase<Schema> | undefined;
  #closed = false;
  #upgradeRequired = false;
  #hasReserve = false;

  private constructor(name: string, { openTimeoutMs, timeoutMs }: IndexedDbStoreOptions) {
    this.#name = databaseName(name);
    this.#openTimeoutMs = openTimeoutMs ?? 5000;
    this.#timeoutMs = timeoutMs ?? 20_000;
    this.#channel = openChannel(this.#name);
    this.#channel?.addEventListener("message", () => {
      for (const listener of this.#listeners) listener();
    });
  }

  /** @throws RetrievalError `STORAGE_UNAVAILABLE`, `STORAGE_FULL`, or `FORMAT_TOO_NEW`. */
  static async open(name: string, options: IndexedDbStoreOptions = {}): Promise<IndexedDbStore> {
    const store = new IndexedDbStore(name, options);
    try {
      await store.#connect();
      return store;
    } catch (thrown) {
      store.close();
      throw thrown;
    }
  }

  /** Deletes the database of this name, open or not. @throws RetrievalError `STORAGE_UNAVAILABLE` */
  static async delete(
    name: string,
    { openTimeoutMs = 5000 }: IndexedDbStoreOptions = {},
  ): Promise<void> {
    // Nothing can have been stored where there is no IndexedDB.
    if (typeof indexedDB === "undefined") return;
    await settleWithin(
      (async () => deleteDB(databaseName(name)))().catch((thrown: unknown) => {
        throw toStorageError(thrown);
      }),
      openTimeoutMs,
      () =>
        new RetrievalError("STORAGE_UNAVAILABLE", "the index could not be deleted in time", {
          value: openTimeoutMs,
          repair: "Close the other tabs that have it open; it is deleted once they are gone.",
        }),
    );
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
    return this.#transact("readonly", ["manifest", table], async (transaction) => {
      const records = keys.map((key) => quiet(transaction.objectStore(table).get(key)));
      const manifest = await transaction.objectStore("manifest").get(MANIFEST_KEY);
      const found = await Promise.all(records);
      return { manifest, records: found.map((bytes) => bytes ?? "absent") };
    });
  }

  keys(
    table: StoreTable,
  ): Promise<{ manifest: ManifestRecord | undefined; keys: readonly RecordKey[] }> {
    return this.#transact("readonly", ["manifest", table], async (transaction) => {
      const keys = quiet(transaction.objectStore(table).getAllKeys());
      const manifest = await transaction.objectStore("manifest").get(MANIFEST_KEY);
      return { manifest, keys: await keys };
    });
  }

  async commit(change: StoreChange): Promise<boolean> {
    try {
      return await this.#commit(change);
    } catch (thrown) {
      if (!isFull(thrown) || !frees(change)) throw thrown;
      await this.#spendReserve();
      return this.#commit(change);
    }
  }

  async #commit({ base, manifest, puts, deletes }: StoreChange): Promise<boolean> {
    const committed = await this.#transact("readwrite", [...TABLES], async (transaction) => {
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
    if (committed && !this.#closed) {
      this.#channel?.postMessage(manifest.generation);
      // Nobody waits for it. Where there is no room for it, the next commit tries again.
      if (!this.#hasReserve) this.#layReserve().catch(() => {});
    }
    return committed;
  }

  async #layReserve(): Promise<void> {
    this.#hasReserve = true;
    try {
      await this.#transact("readwrite", ["extras"], async (transaction) => {
        const extras = transaction.objectStore("extras");
        if ((await extras.count(RESERVE_KEY)) === 0) void quiet(extras.put(noise(), RESERVE_KEY));
      });
    } catch (thrown) {
      this.#hasReserve = false;
      throw thrown;
    }
  }

  async #spendReserve(): Promise<void> {
    this.#hasReserve = false;
    await this.#transact("readwrite", ["extras"], async (transaction) => {
      await transaction.objectStore("extras").delete(RESERVE_KEY);
    });
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async destroy(): Promise<void> {
    this.close();
    await IndexedDbStore.delete(this.#name.slice(PREFIX.length), {
      openTimeoutMs: this.#openTimeoutMs,
    });
  }

  close(): void {
    this.#closed = true;
    this.#channel?.close();
    this.#connection?.then(
      (database) => database.close(),
      () => {},
    );
    this.#connection = undefined;
  }

  /** Runs `body` in one transaction and answers once that has completed; any failure of `body` aborts it. */
  async #transact<Mode extends "readonly" | "readwrite", T>(
    mode: Mode,
    tables: Table[],
    body: (transaction: Transaction<Mode>) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const database = await this.#connect();
      let transaction: Transaction<Mode>;
      try {
        transaction = database.transaction(tables, mode, { durability: "strict" });
      } catch (thrown) {
        // The browser closed the connection. Nothing was asked of it yet, so a new one may be.
        this.#drop(database);
        if (attempt === 0 && isDeadConnection(thrown)) continue;
        throw toStorageError(thrown);
      }
      return settleWithin(complete(transaction, body), this.#timeoutMs, () => {
        // If it is committing by now, this comes too late, and whether it happens is not known.
        abort(transaction);
        return new RetrievalError("TIMEOUT", "IndexedDB did not answer in time", {
          value: this.#timeoutMs,
          repair: "Try again; another tab that hangs may be holding the index.",
        });
      }).catch((thrown: unknown) => {
        // A connection after a failure of the backend is often dead without saying so; a new one heals it.
        if (!isFull(thrown)) this.#drop(database);
        throw thrown;
      });
    }
  }

  /** The open connection, or one that is being opened: never two at once. */
  #connect(): Promise<IDBPDatabase<Schema>> {
    if (this.#closed) {
      return Promise.reject(new RetrievalError("CLOSED", "the index was closed"));
    }
    if (this.#upgradeRequired) {
      return Promise.reject(
        new RetrievalError("UPGRADE_REQUIRED", "another tab has brought a newer version", {
          repair: "Reload this page.",
        }),
      );
    }
    const opening = (this.#connection ??= this.#open());
    opening.catch(() => {
      if (this.#connection === opening) this.#connection = undefined;
    });
    return opening;
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    let late = false;
    const opening = (async () =>
      openDB<Schema>(this.#name, DATABASE_VERSION, {
        upgrade(database, _from, _to, transaction) {
          // An upgrade that is aborted (a full disk) fails the opening, which is enough: unseen, this would end the worker.
          transaction.done.catch(() => {});
          for (const table of [...TABLES, "extras"] as const) database.createObjectStore(table);
        },
        // Whoever asks must not wait for us: we close at once and open again when we are needed.
        blocking: (_current, blocked) => {
          if (blocked !== null) this.#upgradeRequired = true;
          opening.then((database) => this.#drop(database)).catch(() => {});
        },
        terminated: () => {
          opening.then((database) => this.#drop(database)).catch(() => {});
        },
      }))();
    const settled = settleWithin(opening, this.#openTimeoutMs, () => {
      late = true;
      return new RetrievalError("STORAGE_UNAVAILABLE", "IndexedDB did not open in time", {
        value: this.#openTimeoutMs,
        repair: "Close other tabs of this site or restart the browser.",
      });
    });
    // A connection that comes after the deadline would block others without being of use to anybody.
    opening.then((database) => late && database.close()).catch(() => {});
    try {
      return (this.#database = await settled);
    } catch (thrown) {
      throw toStorageError(thrown);
    }
  }

  #drop(database: IDBPDatabase<Schema>): void {
    database.close();
    if (this.#database !== database) return; // there is a newer one already
    this.#database = undefined;
    this.#connection = undefined;
    this.#hasReserve = false;
  }
}

const PREFIX = "nearfield:";

function databaseName(name: string): string {
  return `${PREFIX}${name}`;
}

async function complete<Mode extends "readonly" | "readwrite", T>(
  transaction: Transaction<Mode>,
  body: (transaction: Transaction<Mode>) => Promise<T>,
): Promise<T> {
  transaction.done.catch(() => {}); // seen below, or the failure of the body is the better one
  try {
    const result = await body(transaction);
    await transaction.done;
    return result;
  } catch (thrown) {
    abort(transaction);
    // Over quota every request succeeds and the transaction alone says why it ended.
    throw toStorageError(transaction.error ?? thrown);
  }
}

/** A request whose failure is seen through its transaction. */
function quiet<T>(request: Promise<T>): Promise<T> {
  request.catch(() => {});
  return request;
}

function abort(transaction: Transaction<"readonly" | "readwrite">): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof RetrievalError && thrown.code === "STORAGE_FULL";
}

/** A change that deletes, and stores little: what the reserve is for. */
function frees({ puts, deletes }: StoreChange): boolean {
  const put = puts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  return deletes.length > 0 && put * 4 <= RESERVE_BYTES;
}

/** Bytes that no browser's compression makes smaller. */
function noise(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(RESERVE_BYTES);
  const most = 65_536; // that `getRandomValues` gives at once
  for (let at = 0; at < bytes.length; at += most) {
    crypto.getRandomValues(bytes.subarray(at, at + most));
  }
  return bytes;
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
