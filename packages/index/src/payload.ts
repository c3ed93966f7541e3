import { isRetrievalError, type RecordRead } from "@nearfield/core";
import type { IndexEntry } from "./calls.ts";
import { decodeEntry } from "./entry-record.ts";

/** The entry `id` from its record; `undefined` where there is none, or not this one, or it is damaged. */
export function readEntry(id: string, record: RecordRead): IndexEntry | undefined {
  if (!(record instanceof Uint8Array)) return undefined;
  try {
    const entry = decodeEntry(record);
    return entry.id === id ? entry : undefined;
  } catch (thrown) {
    if (isRetrievalError(thrown) && thrown.code === "STORAGE_CORRUPT") return undefined;
    throw thrown;
  }
}

/**
 * Payloads of entries by id.
 * @param hashes by id: the content that each payload has to be of
 * @param records in the order of `hashes`
 * @returns `unsound`: the ids whose record is not there, not readable, or of another content
 */
export function readPayloads(
  hashes: ReadonlyMap<string, string>,
  records: readonly RecordRead[],
): { readonly payloads: ReadonlyMap<string, unknown>; readonly unsound: readonly string[] } {
  const payloads = new Map<string, unknown>();
  const unsound: string[] = [];
  let at = 0;
  for (const [id, hash] of hashes) {
    const entry = readEntry(id, records[at++] as RecordRead);
    if (entry?.hash === hash) payloads.set(id, entry.payload);
    else unsound.push(id);
  }
  return { payloads, unsound };
}
