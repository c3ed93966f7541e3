import {
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type StoredRecord,
  type StoreTable,
  type StoreToken,
} from "@nearfield/core";
import type { Connection } from "./connection.ts";
import { findManifest, manifestKey, putRecords, rangeOf, type Layout } from "./record-set.ts";
import { stageLock, sweep } from "./sweep.ts";
import { holdShared } from "./turn.ts";

const TABLES = ["segments", "bitmaps", "entries"] as const satisfies StoreTable[];

/** A set of records that is being filled beside the one that counts. */
export class Stage {
  readonly #connection: Connection;
  readonly #database: string;
  readonly #layout: Layout;
  readonly #set: string = crypto.randomUUID();
  #records = 0;
  #release: (() => Promise<void>) | undefined;

  constructor(connection: Connection, database: string, layout: Layout) {
    this.#layout = layout;
    this.#connection = connection;
    this.#database = database;
  }

  /** Keeps others from taking this set for one that a dead worker has left. */
  async open(): Promise<void> {
    this.#release = await holdShared(stageLock(this.#database));
  }

  async put(records: readonly StoredRecord[]): Promise<void> {
    await this.#connection.transact("readwrite", TABLES, async (transaction) =>
      putRecords(transaction, this.#set, records, this.#layout),
    );
    this.#records += records.length;
  }

  async commit(base: StoreToken | undefined, manifest: ManifestRecord): Promise<boolean> {
    const isCommitted = await this.#connection.transact(
      "readwrite",
      ["manifest", ...TABLES],
      async (transaction) => {
        const found = await findManifest(transaction, TABLES);
        if (!sameToken(found.manifest, base)) return false;
        let records = 0;
        for (const table of TABLES) {
          records += await transaction.objectStore(table).count(rangeOf(this.#set));
        }
        if (records !== this.#records) throw vanished();
        await transaction.objectStore("manifest").delete(manifestKey(found.set));
        await transaction.objectStore("manifest").put(manifest, manifestKey(this.#set));
        return true;
      },
    );
    if (isCommitted) await this.#end();
    return isCommitted;
  }

  async discard(): Promise<void> {
    if (!this.#release) return;
    const work = this.#connection.transact("readwrite", TABLES, async (transaction) => {
      for (const table of TABLES) await transaction.objectStore(table).delete(rangeOf(this.#set));
    });
    // Where it fails, a later sweep takes them.
    await work.catch(() => {});
    await this.#end();
  }

  /** The set that counted before is rubbish from here on, or this one is. */
  async #end(): Promise<void> {
    const release = this.#release;
    this.#release = undefined;
    await release?.();
    sweep(this.#connection, this.#database);
  }
}

function vanished(): RetrievalError {
  return new RetrievalError("STORAGE_LOST", "records that were to be swapped in have gone", {
    repair: "Do it again; nothing was changed.",
  });
}
