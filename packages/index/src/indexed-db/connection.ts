// The one file that imports idb.
import {
  RetrievalError,
  type ManifestRecord,
  type RecordKey,
  type StoreTable,
} from "@nearfield/core";
import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from "idb";
import { isAborted, isDeadConnection, settleWithin, timedOut, toStorageError } from "./failure.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A key of the first set of records, or one of a later set, which is named before it. */
export type StoredKey = RecordKey | [set: string, key: RecordKey];

interface Schema extends DBSchema {
  manifest: { key: StoredKey; value: ManifestRecord };
  /** Blobs can be read in pieces; both are read, whatever is written. */
  segments: { key: StoredKey; value: Bytes | Blob };
  bitmaps: { key: StoredKey; value: Bytes };
  entries: { key: StoredKey; value: Bytes };
  /** Whatever else: a table can not be added later, as the IndexedDB version stays. */
  extras: { key: RecordKey; value: Bytes };
}

export type Table = "manifest" | "extras" | StoreTable;
export type Transaction<Mode extends IDBTransactionMode> = IDBPTransaction<Schema, Table[], Mode>;

const TABLES = ["manifest", "segments", "bitmaps", "entries", "extras"] as const satisfies Table[];
/** Never raised: an upgrade hangs behind a stopped tab without a signal. The format's version is in the manifest. */
const DATABASE_VERSION = 1;
/** So often an opening that the browser itself aborted is asked for again. */
const REOPENINGS = 3;

/**
 * `strict`: a transaction has completed once the disk has it. `relaxed`: once the operating system has it; quicker on slow disks, and
 * enough for a crash of the browser, not for a power failure.
 */
export type Durability = "strict" | "relaxed";

export interface ConnectionOptions {
  /** An `open`, or a deletion, that takes longer counts as refused. */
  readonly openTimeoutMs: number;
  /** A transaction that takes longer is aborted. */
  readonly timeoutMs: number;
  readonly durability: Durability;
}

/**
 * A connection to one database that opens itself again when the browser has closed it, and that nobody who wants to
 * upgrade or delete has to wait for. Every method settles within the limits, with a `RetrievalError` where it fails.
 */
export class Connection {
  readonly #name: string;
  readonly #options: ConnectionOptions;
  #opening: Promise<IDBPDatabase<Schema>> | undefined;
  #database: IDBPDatabase<Schema> | undefined;
  #isClosed = false;
  #isSuperseded = false;
  #generation = 0;

  constructor(name: string, options: ConnectionOptions) {
    this.#name = name;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How often the database was opened: after it was opened anew, it may be another one. */
  get generation(): number {
    return this.#generation;
  }

  /** Opens the database, or makes it, if it is not open. */
  async open(): Promise<void> {
    await this.#connect();
  }

  /** Runs `body` in one transaction and answers once that has completed; any failure of `body` aborts it. */
  async transact<Mode extends "readonly" | "readwrite", T>(
    mode: Mode,
    tables: readonly Table[],
    body: (transaction: Transaction<Mode>) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, durability } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const database = await this.#connect();
      let transaction: Transaction<Mode>;
      try {
        transaction = database.transaction([...tables], mode, { durability });
      } catch (thrown) {
        // The browser closed the connection. Nothing was asked of it yet, so a new one may be.
        this.#drop(database);
        if (attempt === 0 && isDeadConnection(thrown)) continue;
        throw toStorageError(thrown);
      }
      try {
        return await settleWithin(complete(transaction, body), timeoutMs, () => {
          // If it is committing by now, this comes too late, and whether it happens is not known.
          abort(transaction);
          return timedOut(timeoutMs);
        });
      } catch (thrown) {
        // A connection after a failure of the backend is often dead without saying so; a new one heals it.
        if (!isFull(thrown)) this.#drop(database);
        throw thrown;
      }
    }
  }

  /** Idempotent; transactions that are under way go on to their end. */
  close(): void {
    this.#isClosed = true;
    this.#opening?.then(
      (database) => database.close(),
      () => {},
    );
    this.#opening = undefined;
  }

  /** The open connection, or one that is being opened: never two at once. */
  #connect(): Promise<IDBPDatabase<Schema>> {
    if (this.#isClosed) {
      return Promise.reject(new RetrievalError("CLOSED", "the index was closed"));
    }
    if (this.#isSuperseded) {
      return Promise.reject(
        new RetrievalError("UPGRADE_REQUIRED", "another tab has brought a newer version", {
          repair: "Reload this page.",
        }),
      );
    }
    const opening = (this.#opening ??= this.#open());
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#openOnce();
      } catch (thrown) {
        // Chromium aborts an opening that meets the clearing of the site's data: of a database that is new again, nothing was asked yet.
        if (!isAborted(thrown) || attempt === REOPENINGS) throw toStorageError(thrown);
      }
    }
  }

  async #openOnce(): Promise<IDBPDatabase<Schema>> {
    const { openTimeoutMs } = this.#options;
    let isLate = false;
    const opening = (async () =>
      openDB<Schema>(this.#name, DATABASE_VERSION, {
        upgrade(database, _from, _to, transaction) {
          // An upgrade that is aborted (a full disk) fails the opening, which is enough: unseen, this would end the worker.
          transaction.done.catch(() => {});
          for (const table of TABLES) database.createObjectStore(table);
        },
        // Whoever asks must not wait for us: we close at once and open again when we are needed.
        blocking: (_current, blocked) => {
          if (blocked !== null) this.#isSuperseded = true;
          opening.then((database) => this.#drop(database)).catch(() => {});
        },
        terminated: () => {
          opening.then((database) => this.#drop(database)).catch(() => {});
        },
      }))();
    // A connection that comes after the deadline would block others without being of use to anybody.
    opening.then((database) => isLate && database.close()).catch(() => {});
    this.#database = await settleWithin(opening, openTimeoutMs, () => {
      isLate = true;
      return new RetrievalError("STORAGE_UNAVAILABLE", "IndexedDB did not open in time", {
        value: openTimeoutMs,
        repair: "Close other tabs of this site or restart the browser.",
      });
    });
    this.#generation++;
    return this.#database;
  }

  #drop(database: IDBPDatabase<Schema>): void {
    database.close();
    if (this.#database !== database) return; // there is a newer one already
    this.#database = undefined;
    this.#opening = undefined;
  }
}

/** Deletes a database, open or not. @throws RetrievalError `STORAGE_UNAVAILABLE` */
export async function deleteDatabase(name: string, timeoutMs: number): Promise<void> {
  // Where there is no IndexedDB nothing can have been stored.
  if (typeof indexedDB === "undefined") return;
  try {
    await settleWithin((async () => deleteDB(name))(), timeoutMs, () => {
      return new RetrievalError("STORAGE_UNAVAILABLE", "the index could not be deleted in time", {
        value: timeoutMs,
        repair: "Close the other tabs that have it open; it is deleted once they are gone.",
      });
    });
  } catch (thrown) {
    throw toStorageError(thrown);
  }
}

/** A request whose failure is seen through its transaction. */
export function quiet<T>(request: Promise<T>): Promise<T> {
  request.catch(() => {});
  return request;
}

/** True where the browser has no room left. */
export function isFull(thrown: unknown): boolean {
  return thrown instanceof RetrievalError && thrown.code === "STORAGE_FULL";
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

function abort(transaction: Transaction<"readonly" | "readwrite">): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}
