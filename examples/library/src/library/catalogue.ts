import { recordOf, type FileRecord } from "../shelf/record.ts";
import { Shelf, type FolderRecord, type Taken } from "../shelf/database.ts";

/** How soon this tab takes over what another one has changed. */
const REFRESH_MS = 400;

/** All records in memory, the same as on the shelf, in every tab. Each change is on the shelf before it is seen here. */
export class Catalogue {
  readonly #shelf: Shelf;
  readonly #channel = new BroadcastChannel("nearfield-library");
  readonly #onChange: () => void;
  #records = new Map<string, FileRecord>();
  /** News for which the shelf has no room: they last as long as the page. */
  readonly #untold = new Map<string, FileRecord>();
  #collections: readonly string[] = [];
  #folders: readonly FolderRecord[] = [];
  #isStale = false;

  private constructor(shelf: Shelf, onChange: () => void) {
    this.#shelf = shelf;
    this.#onChange = onChange;
    this.#channel.addEventListener("message", () => {
      if (this.#isStale) return;
      this.#isStale = true;
      setTimeout(() => {
        this.#isStale = false;
        // A shelf that was closed for a newer version says so at the next thing the person does.
        this.refresh().catch(() => {});
      }, REFRESH_MS);
    });
  }

  /** @throws DOMException where the browser gives no storage */
  static async open(onChange: () => void): Promise<Catalogue> {
    const catalogue = new Catalogue(await Shelf.open(), onChange);
    await catalogue.refresh();
    return catalogue;
  }

  get records(): ReadonlyMap<string, FileRecord> {
    return this.#records;
  }

  get collections(): readonly string[] {
    return this.#collections;
  }

  get folders(): readonly FolderRecord[] {
    return this.#folders;
  }

  /** Records in one state, those that came first at first. */
  inState(state: FileRecord["state"]): FileRecord[] {
    return [...this.#records.values()]
      .filter((record) => record.state === state)
      .toSorted((a, b) => a.added - b.added);
  }

  /** Reads everything anew from the shelf. */
  async refresh(): Promise<void> {
    const [records, collections, folders] = await Promise.all([
      this.#shelf.readAll(),
      this.#shelf.collections(),
      this.#shelf.folders(),
    ]);
    this.#records = new Map(records.map((record) => [record.id, record]));
    for (const [id, record] of this.#untold) this.#records.set(id, record);
    this.#collections = collections;
    this.#folders = folders;
    this.#onChange();
  }

  readOriginal(id: string): Promise<Blob | undefined> {
    return this.#shelf.readOriginal(id);
  }

  async take(taken: readonly Taken[]): Promise<void> {
    await this.#shelf.take(taken);
    for (const { record } of taken) this.#untold.delete(record.id);
    this.#keep(taken.map(({ record }) => record));
  }

  /** `without`: ids whose originals are not needed any more. */
  async write(records: readonly FileRecord[], without: readonly string[] = []): Promise<void> {
    if (records.length === 0) return;
    await this.#shelf.write(records, without);
    this.#keep(records);
  }

  /** As {@link write}, for news that are told even where there is no room to keep them. */
  async tell(records: readonly FileRecord[]): Promise<void> {
    try {
      await this.write(records);
    } catch {
      for (const record of records) this.#untold.set(record.id, record);
      this.#keep(records);
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#shelf.remove(ids);
    for (const id of ids) {
      this.#records.delete(id);
      this.#untold.delete(id);
    }
    this.#announce();
  }

  async addCollections(names: readonly string[]): Promise<void> {
    const fresh = names.filter((name) => !this.#collections.includes(name));
    if (fresh.length === 0) return;
    await this.#shelf.addCollections(fresh);
    this.#collections = await this.#shelf.collections();
    this.#announce();
  }

  /** The documents in it stay; only its name goes. */
  async removeCollection(name: string): Promise<void> {
    const inside = [...this.#records.values()].filter((one) => one.collections.includes(name));
    await this.write(
      inside.map((one) => ({ ...one, collections: one.collections.filter((x) => x !== name) })),
    );
    await this.#shelf.removeCollection(name);
    this.#collections = this.#collections.filter((one) => one !== name);
    this.#announce();
  }

  async addFolder(folder: FolderRecord): Promise<void> {
    await this.#shelf.addFolder(folder);
    this.#folders = await this.#shelf.folders();
    this.#announce();
  }

  async removeFolder(id: string): Promise<void> {
    await this.#shelf.removeFolder(id);
    this.#folders = this.#folders.filter((folder) => folder.id !== id);
    this.#announce();
  }

  async replace(
    records: readonly FileRecord[],
    originals: ReadonlyMap<string, Blob>,
    collections: readonly string[],
  ): Promise<void> {
    await this.#shelf.replace(records, originals, collections);
    await this.refresh();
    this.#announce();
  }

  /**
   * Brings the records in line with what the index really has: what it lost is read again from its original, and what it has
   * without a record gets one.
   */
  async reconcile(stored: readonly string[]): Promise<void> {
    const inIndex = new Set(stored);
    const lost = this.inState("stored").filter(({ id }) => !inIndex.has(id));
    const unknown = stored.filter((id) => !this.#records.has(id));
    await this.write([
      ...lost.map(reread),
      ...unknown.map((id) => ({ ...recordOf(id), state: "stored" as const })),
    ]);
  }

  #keep(records: readonly FileRecord[]): void {
    for (const record of records) this.#records.set(record.id, record);
    this.#announce();
  }

  #announce(): void {
    this.#channel.postMessage("changed");
    this.#onChange();
  }
}

function reread(record: FileRecord): FileRecord {
  if (record.hasOriginal) return { ...record, state: "waiting" };
  const problem = "The index has lost it, and its file is not kept here. Add it again.";
  return { ...record, state: "failed", problem };
}
