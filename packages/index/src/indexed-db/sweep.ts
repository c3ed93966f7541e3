import type { StoreTable } from "@nearfield/core";
import type { Connection, Transaction } from "./connection.ts";
import { findManifest, outsideOf } from "./record-set.ts";
import { ifNobody } from "./turn.ts";

const TABLES = ["segments", "bitmaps", "entries"] as const satisfies StoreTable[];

/** Held, by any number of workers, while a second set of records is being filled. */
export function stageLock(database: string): string {
  return `${database}:stage`;
}

/** Deletes records that belong to no set that counts, unless somebody is about to fill one. Nobody waits for it. */
export function sweep(connection: Connection, database: string): void {
  const work = ifNobody(stageLock(database), async () => {
    const isClean = await connection.transact("readonly", ["manifest", ...TABLES], hasNothing);
    if (!isClean) await connection.transact("readwrite", ["manifest", ...TABLES], takeAway);
  });
  work.catch(() => {}); // a later one will do it
}

async function hasNothing(transaction: Transaction<"readonly">): Promise<boolean> {
  const { set, manifest } = await findManifest(transaction, []);
  if (!manifest) return true; // which of the sets counts is not known
  for (const table of TABLES) {
    for (const range of outsideOf(set)) {
      if (await transaction.objectStore(table).openKeyCursor(range)) return false;
    }
  }
  return true;
}

async function takeAway(transaction: Transaction<"readwrite">): Promise<void> {
  const { set, manifest } = await findManifest(transaction, []);
  if (!manifest) return;
  for (const table of TABLES) {
    for (const range of outsideOf(set)) await transaction.objectStore(table).delete(range);
  }
}
