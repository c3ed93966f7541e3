import type { StoreChange } from "@nearfield/core";
import { isFull, quiet, type Connection } from "./connection.ts";

const KEY = "reserve";
/** Much more than the 100 KB by which a database was seen to be over its quota. */
const RESERVE_BYTES = 1 << 20;

/**
 * Room that is kept for removing. Once an origin is at its quota, Chromium refuses every transaction that puts anything, be it
 * to delete much more; only one of nothing but deletes goes through. So there is a record to delete: of more than the 64 KB
 * from which a value is a file of its own, and gives its room back at once.
 */
export class Reserve {
  readonly #connection: Connection;
  /** The opening of the database in which the reserve was seen to. */
  #laidIn = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Runs `write`; where there is no room for a change that frees some, once more with the reserve's. */
  async cover(change: StoreChange, write: () => Promise<boolean>): Promise<boolean> {
    try {
      return await write();
    } catch (thrown) {
      if (!isFull(thrown) || !frees(change)) throw thrown;
      await this.#spend();
      return write();
    }
  }

  /** Sees to it that there is a reserve. Where there is no room for it, it is tried again the next time. */
  lay(): void {
    const { generation } = this.#connection;
    if (this.#laidIn === generation) return;
    this.#laidIn = generation;
    const work = this.#connection.transact("readwrite", ["extras"], async (transaction) => {
      const extras = transaction.objectStore("extras");
      if ((await extras.count(KEY)) === 0) void quiet(extras.put(noise(), KEY));
    });
    work.catch(() => (this.#laidIn = 0));
  }

  async #spend(): Promise<void> {
    this.#laidIn = 0;
    await this.#connection.transact("readwrite", ["extras"], (transaction) =>
      transaction.objectStore("extras").delete(KEY),
    );
  }
}

/** A change that deletes, and stores little. */
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
