// What the store holds, by the names of models.
import type { Shelf, ShelfEntry } from "../shelf.ts";

/** What the store holds for one model. */
export interface StoredModel {
  /** The name that the files were fetched for. */
  readonly name: string;
  /** Whole and verified. A file that two models share is told of for both. */
  readonly files: readonly { readonly url: string; readonly byteLength: number }[];
  readonly byteLength: number;
}

export interface StoreList {
  readonly models: readonly StoredModel[];
  /** Bytes of all whole files, each counted once. */
  readonly byteLength: number;
  /** Bytes of downloads that were broken off and may be resumed. */
  readonly unfinishedBytes: number;
}

/** `owner/name` in an address of the hub's shape; of a name without an owner, with the folder above it. */
const HOSTED = /([^/]+\/[^/]+)\/resolve\//;

function namesOf({ record }: ShelfEntry): readonly string[] {
  if (!record) return [];
  if (record.models.length > 0) return record.models;
  return [HOSTED.exec(record.url)?.[1] ?? record.url];
}

export function listModels(entries: readonly ShelfEntry[]): StoreList {
  const byName = new Map<string, StoredModel["files"][number][]>();
  for (const entry of entries) {
    const { record } = entry;
    if (!record) continue;
    for (const name of namesOf(entry)) {
      const files = byName.get(name) ?? [];
      byName.set(name, [...files, { url: record.url, byteLength: record.byteLength }]);
    }
  }
  const models = [...byName].map(([name, files]) => ({
    name,
    files,
    byteLength: files.reduce((sum, file) => sum + file.byteLength, 0),
  }));
  return {
    models: models.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    byteLength: sumOf(entries.filter(({ record }) => record)),
    unfinishedBytes: sumOf(entries.filter(({ record }) => !record)),
  };
}

export async function evictModel(name: string, shelf: Shelf): Promise<number> {
  let freed = 0;
  for (const entry of await shelf.list()) {
    const { record, sha256: hash, storedBytes } = entry;
    const names = namesOf(entry);
    if (!record || !names.includes(name)) continue;
    if (names.length > 1) {
      await shelf.writeRecord({ ...record, models: names.filter((other) => other !== name) });
    } else {
      await shelf.remove(hash);
      freed += storedBytes;
    }
  }
  await shelf.forget(
    (note) => /^(repository|formats|answers) /.test(note) && note.split(" ")[2] === name,
  );
  return freed;
}

/** Deletes what has no record. */
export async function evictUnfinished(shelf: Shelf): Promise<number> {
  const unfinished = (await shelf.list()).filter(({ record }) => !record);
  await Promise.all(unfinished.map((entry) => shelf.remove(entry.sha256)));
  return sumOf(unfinished);
}

function sumOf(entries: readonly ShelfEntry[]): number {
  return entries.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
}
