import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { FileRecord } from "./record.ts";

const NAME = "nearfield-library";
const VERSION = 1;

/** A folder that the person has opened, to look into again later. */
export interface FolderRecord {
  readonly id: string;
  readonly name: string;
  readonly handle: FileSystemDirectoryHandle;
}

interface Schema extends DBSchema {
  files: { key: string; value: FileRecord };
  originals: { key: string; value: Blob };
  folders: { key: string; value: FolderRecord };
  /** Names of collections, so that an empty one lasts as well. */
  collections: { key: string; value: { readonly name: string } };
}

/** A file with its original. */
export interface Taken {
  readonly record: FileRecord;
  readonly original: Blob;
}

/**
 * The shelf: what the person gave, kept until it is removed. The vectors and texts are Nearfield's own affair; with what is
 * here the index could be made anew.
 */
export class Shelf {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  /** @throws DOMException where the browser gives no storage */
  static async open(): Promise<Shelf> {
    const database = await openDB<Schema>(NAME, VERSION, {
      upgrade(fresh) {
        fresh.createObjectStore("files", { keyPath: "id" });
        fresh.createObjectStore("originals");
        fresh.createObjectStore("folders", { keyPath: "id" });
        fresh.createObjectStore("collections", { keyPath: "name" });
      },
      // A newer version of the page in another tab must not have to wait for this one.
      blocking: (_, __, event) => (event.target as IDBDatabase).close(),
    });
    return new Shelf(database);
  }

  static async destroy(): Promise<void> {
    await deleteDB(NAME);
  }

  readAll(): Promise<FileRecord[]> {
    return this.#database.getAll("files");
  }

  read(id: string): Promise<FileRecord | undefined> {
    return this.#database.get("files", id);
  }

  readOriginal(id: string): Promise<Blob | undefined> {
    return this.#database.get("originals", id);
  }

  /** Stores files with their originals, all or none. @throws DOMException `QuotaExceededError` where there is no room */
  async take(taken: readonly Taken[]): Promise<void> {
    const change = this.#database.transaction(["files", "originals"], "readwrite");
    const done = change.done;
    // Seen below, whatever a single request says.
    done.catch(() => {});
    for (const { record, original } of taken) {
      void change
        .objectStore("files")
        .put(record)
        .catch(() => {});
      void change
        .objectStore("originals")
        .put(original, record.id)
        .catch(() => {});
    }
    await done;
  }

  /** Stores records as they are now; `without`: ids whose originals go. */
  async write(records: readonly FileRecord[], without: readonly string[] = []): Promise<void> {
    const change = this.#database.transaction(["files", "originals"], "readwrite");
    for (const record of records)
      void change
        .objectStore("files")
        .put(record)
        .catch(() => {});
    for (const id of without)
      void change
        .objectStore("originals")
        .delete(id)
        .catch(() => {});
    await change.done;
  }

  async remove(ids: readonly string[]): Promise<void> {
    const change = this.#database.transaction(["files", "originals"], "readwrite");
    for (const id of ids) {
      void change
        .objectStore("files")
        .delete(id)
        .catch(() => {});
      void change
        .objectStore("originals")
        .delete(id)
        .catch(() => {});
    }
    await change.done;
  }

  async collections(): Promise<string[]> {
    return (await this.#database.getAllKeys("collections")).toSorted((a, b) => a.localeCompare(b));
  }

  async addCollections(names: readonly string[]): Promise<void> {
    const change = this.#database.transaction("collections", "readwrite");
    for (const name of names) void change.store.put({ name }).catch(() => {});
    await change.done;
  }

  async removeCollection(name: string): Promise<void> {
    await this.#database.delete("collections", name);
  }

  folders(): Promise<FolderRecord[]> {
    return this.#database.getAll("folders");
  }

  async addFolder(folder: FolderRecord): Promise<void> {
    await this.#database.put("folders", folder);
  }

  async removeFolder(id: string): Promise<void> {
    await this.#database.delete("folders", id);
  }

  /** Puts what a backup holds in the place of everything, all or nothing. */
  async replace(
    records: readonly FileRecord[],
    originals: ReadonlyMap<string, Blob>,
    collections: readonly string[],
  ): Promise<void> {
    const change = this.#database.transaction(["files", "originals", "collections"], "readwrite");
    const put = (request: Promise<unknown>): void => void request.catch(() => {});
    const done = change.done;
    done.catch(() => {});
    for (const name of ["files", "originals", "collections"] as const) {
      put(change.objectStore(name).clear());
    }
    for (const record of records) put(change.objectStore("files").put(record));
    for (const [id, blob] of originals) put(change.objectStore("originals").put(blob, id));
    for (const name of collections) put(change.objectStore("collections").put({ name }));
    await done;
  }
}
