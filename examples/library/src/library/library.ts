import {
  destroySearch,
  isRetrievalError,
  openSearch,
  type Search,
  type SearchStatus,
  type Stage,
} from "nearfield";
import { gatherFolder, type Found } from "../read/gather.ts";
import { readBackup, writeBackup, type Backup } from "../shelf/backup.ts";
import { Shelf, type FolderRecord } from "../shelf/database.ts";
import type { FileRecord } from "../shelf/record.ts";
import { Catalogue } from "./catalogue.ts";
import { Intake, type IntakeCount } from "./intake.ts";
import { filterOf, type Scope } from "./question.ts";
import { Reading, type ReadingState } from "./reading.ts";

export interface LibraryOptions {
  readonly device: "auto" | "webgpu" | "wasm";
  /** Anything that is shown has changed. */
  readonly onChange: () => void;
  /** The reading has ended early, and the files wait. */
  readonly onTrouble: (thrown: unknown) => void;
}

/** The index's name: this app has one. */
const NAME = "nearfield-library";

const HIT_LIMIT = 20;

/** Documents taken from the index in one call. */
const REMOVE_AT_ONCE = 500;

/** A person's documents: what is on the shelf, and what the index knows of it. */
export class Library {
  readonly #search: Search;
  readonly #catalogue: Catalogue;
  readonly #reading: Reading;
  readonly #options: LibraryOptions;
  #intake: { readonly count: IntakeCount; readonly stop: AbortController } | undefined;

  private constructor(search: Search, catalogue: Catalogue, options: LibraryOptions) {
    this.#search = search;
    this.#catalogue = catalogue;
    this.#options = options;
    const { onChange, onTrouble } = options;
    this.#reading = new Reading({ search, catalogue, onChange, onTrouble });
  }

  /** Opens what is there, mends what an earlier visit could not finish, and goes on with what waits. */
  static async open(options: LibraryOptions): Promise<Library> {
    let opened: Library | undefined;
    const catalogue = await Catalogue.open(() => opened?.changed());
    const search = await openSearch({ name: NAME, device: options.device });
    opened = new Library(search, catalogue, options);
    await opened.#mend();
    opened.#reading.start();
    return opened;
  }

  get records(): ReadonlyMap<string, FileRecord> {
    return this.#catalogue.records;
  }

  get collections(): readonly string[] {
    return this.#catalogue.collections;
  }

  get folders(): readonly FolderRecord[] {
    return this.#catalogue.folders;
  }

  get reading(): ReadingState | undefined {
    return this.#reading.state;
  }

  /** Undefined while nothing is being taken in. */
  get intake(): IntakeCount | undefined {
    return this.#intake?.count;
  }

  status(): SearchStatus {
    return this.#search.status();
  }

  /** An answer in stages: by words at once, then by words and meaning. */
  ask(text: string, scope: Scope, signal: AbortSignal): AsyncIterable<Stage> {
    const filter = filterOf(scope, this.records.values());
    return this.#search.stream(text, { limit: HIT_LIMIT, filter, signal });
  }

  readOriginal(id: string): Promise<Blob | undefined> {
    return this.#catalogue.readOriginal(id);
  }

  /** Takes files in, and begins to read them. */
  async take(found: AsyncIterable<Found>, collections: readonly string[]): Promise<IntakeCount> {
    const stop = new AbortController();
    const show = (count: IntakeCount): void => {
      this.#intake = { count, stop };
      this.#options.onChange();
    };
    show({ taken: 0, unchanged: 0, passedOver: 0, failed: 0 });
    this.#reading.resume();
    try {
      await this.#catalogue.addCollections(collections);
      return await new Intake(this.#catalogue, collections, show).run(found, stop.signal);
    } finally {
      this.#intake = undefined;
      this.#options.onChange();
      this.#reading.start();
    }
  }

  /** Opens a folder for now and for later: `look` finds what has changed in it. */
  async takeFolder(handle: FileSystemDirectoryHandle): Promise<IntakeCount> {
    const known = await this.#knownFolder(handle);
    const folder = known ?? { id: crypto.randomUUID(), name: handle.name, handle };
    if (!known) await this.#catalogue.addFolder(folder);
    return this.take(gatherFolder(folder.handle), [folder.name]);
  }

  forgetFolder(id: string): Promise<void> {
    return this.#catalogue.removeFolder(id);
  }

  /** Goes on with what waits. */
  resume(): void {
    this.#reading.resume();
  }

  /** Ends taking in and reading. What is stored stays, what waits goes on waiting. */
  stop(): void {
    this.#intake?.stop.abort();
    this.#reading.stop();
  }

  /** Removes files from the library; those on the disk are not touched. */
  async remove(ids: readonly string[]): Promise<void> {
    const records = ids.map((id) => this.records.get(id)).filter((record) => record !== undefined);
    // A browser that is killed in between finds at its next start what was to be removed.
    await this.#catalogue.tell(records.map((record) => ({ ...record, state: "leaving" })));
    await this.#leave();
  }

  async setCollections(id: string, collections: readonly string[]): Promise<void> {
    const record = this.records.get(id);
    if (!record) return;
    await this.#catalogue.addCollections(collections);
    await this.#catalogue.write([{ ...record, collections }]);
  }

  addCollection(name: string): Promise<void> {
    return this.#catalogue.addCollections([name]);
  }

  removeCollection(name: string): Promise<void> {
    return this.#catalogue.removeCollection(name);
  }

  /** Everything as one file: index, originals, collections. */
  async export(): Promise<Blob> {
    const index = await this.#search.export();
    const records = [...this.records.values()].filter(
      ({ state }) => state === "stored" || state === "waiting",
    );
    const originals = new Map<string, Blob>();
    for (const { id } of records) {
      const original = await this.#catalogue.readOriginal(id);
      if (original) originals.set(id, original);
    }
    return writeBackup({ records, collections: this.collections, index, originals });
  }

  /**
   * Puts an exported library in the place of this one; gives the number of its documents. An index that was made with another model is
   * made anew from the originals.
   * @throws FileProblem, RetrievalError; then everything is as it was
   */
  async import(file: Blob): Promise<number> {
    this.stop();
    try {
      return await this.#replace(await readBackup(file));
    } finally {
      this.#reading.resume();
    }
  }

  /** Deletes everything that this app has stored. It is of no use afterwards. */
  async forget(): Promise<void> {
    this.stop();
    await this.#search.destroy();
    await Shelf.destroy();
  }

  /** {@link forget} where the library could not be opened. */
  static async forgetUnopened(): Promise<void> {
    await destroySearch(NAME);
    await Shelf.destroy();
  }

  /** Something on the shelf has changed, here or in another tab. */
  changed(): void {
    // Where another tab that reads is closed, this one goes on.
    this.#reading.start();
    this.#options.onChange();
  }

  async #replace({ index, records, originals, collections }: Backup): Promise<number> {
    const isOurs = await this.#importIndex(index);
    const known = isOurs ? new Set(await this.#search.ids()) : new Set<string>();
    await this.#catalogue.replace(
      records.map((record) => ({
        ...record,
        state: known.has(record.id) ? record.state : "waiting",
        hasOriginal: originals.has(record.id),
      })),
      originals,
      collections,
    );
    await this.#mend();
    return records.length;
  }

  async #importIndex(index: Blob): Promise<boolean> {
    try {
      await this.#search.import(index);
      return true;
    } catch (thrown) {
      if (!isRetrievalError(thrown) || thrown.code !== "MODEL_MISMATCH") throw thrown;
      await this.#empty(await this.#search.ids());
      return false;
    }
  }

  async #mend(): Promise<void> {
    await this.#leave();
    await this.#catalogue.reconcile(await this.#search.ids());
  }

  async #leave(): Promise<void> {
    const leaving = this.#catalogue.inState("leaving").map(({ id }) => id);
    if (leaving.length === 0) return;
    await this.#empty(leaving);
    await this.#catalogue.remove(leaving);
  }

  async #empty(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += REMOVE_AT_ONCE) {
      await this.#search.remove(ids.slice(at, at + REMOVE_AT_ONCE));
    }
  }

  async #knownFolder(handle: FileSystemDirectoryHandle): Promise<FolderRecord | undefined> {
    for (const folder of this.folders) {
      if (await folder.handle.isSameEntry(handle)) return folder;
    }
    return undefined;
  }
}
