// A database holds one set of records that counts, and at times a second one that is being filled, or that a swap has left behind.
// The first set of a database has plain keys; a later one has its name before each key. The one that counts is the one whose
// manifest is there: one transaction deletes the old manifest and puts the new one.
import type { ManifestRecord, RecordKey, StoredRecord } from "@nearfield/core";
import { quiet, type StoredKey, type Table, type Transaction } from "./connection.ts";

/**
 * How segments are written. `whole`: as bytes, which every browser stores alike. `pieces`: as blobs, of which a few rows can be
 * read without the rest.
 */
export type Layout = "whole" | "pieces";

/** Name of a set; "" is the first one of a database. */
export type RecordSet = string;

const FIRST: RecordSet = "";
const MANIFEST_KEY = "manifest";
/** Orders after every number and string, and before every key of a named set. */
const NAMED: StoredKey[] = [];

export function storedKey(set: RecordSet, key: RecordKey): StoredKey {
  return set === FIRST ? key : [set, key];
}

export function manifestKey(set: RecordSet): StoredKey {
  return storedKey(set, MANIFEST_KEY);
}

/** The keys of one set, all and only these. */
export function rangeOf(set: RecordSet): IDBKeyRange {
  // An array orders after every number and string, a longer one after a shorter that it begins with.
  if (set === FIRST) return IDBKeyRange.upperBound(NAMED, true);
  return IDBKeyRange.bound([set], [set, NAMED]);
}

/** The keys of all other sets. */
export function outsideOf(set: RecordSet): IDBKeyRange[] {
  if (set === FIRST) return [IDBKeyRange.lowerBound(NAMED)];
  return [IDBKeyRange.upperBound([set], true), IDBKeyRange.lowerBound([set, NAMED], true)];
}

export function plainKey(key: StoredKey): RecordKey {
  return Array.isArray(key) ? key[1] : key;
}

/** The manifest that is stored and the set it stands for; without one, the set whose records are there. */
export async function findManifest(
  transaction: Transaction<"readonly"> | Transaction<"readwrite">,
  tables: readonly Table[],
): Promise<{ readonly set: RecordSet; readonly manifest: ManifestRecord | undefined }> {
  const cursor = await transaction.objectStore("manifest").openCursor();
  if (cursor) return { set: setOf(cursor.key), manifest: cursor.value };
  for (const table of tables) {
    const found = await transaction.objectStore(table).openKeyCursor();
    if (found) return { set: setOf(found.key), manifest: undefined };
  }
  return { set: FIRST, manifest: undefined };
}

/** Asks for records to be put. None is waited for: over quota all of them succeed, and only the end of the transaction tells. */
export function putRecords(
  transaction: Transaction<"readwrite">,
  set: RecordSet,
  records: readonly StoredRecord[],
  layout: Layout,
): void {
  for (const { table, key, bytes } of records) {
    // A view would be stored with the whole buffer behind it.
    const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    if (table === "segments" && typeof key === "number" && layout === "pieces") {
      void quiet(transaction.objectStore(table).put(new Blob([whole]), storedKey(set, key)));
    } else void quiet(transaction.objectStore(table).put(whole, storedKey(set, key)));
  }
}

function setOf(key: StoredKey): RecordSet {
  return Array.isArray(key) ? key[0] : FIRST;
}
