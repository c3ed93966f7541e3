import {
  destroySearch,
  openSearch,
  type DocumentInput,
  type Search,
  type SearchStatus,
  type Stage,
} from "nearfield";
import corpus from "virtual:corpus";
import { Estimate, type Outlook } from "./estimate.ts";
import { forgetMemory, recall, remember, type Memory, type OwnFile } from "./memory.ts";

/** How far the reading of the library is. */
export interface Reading extends Outlook {
  /** Documents of the library that are stored now. */
  readonly documents: number;
  /** Passages that were encoded in this reading, some of them perhaps not stored yet. */
  readonly passages: number;
}

export interface LibraryOptions {
  readonly device: "auto" | "webgpu" | "wasm";
  /** Called when anything that the page shows of the library has changed. */
  readonly onChange: () => void;
}

/** The index's name: this page has one. */
const NAME = "nearfield-demo";

/**
 * Characters to one `add`. Calls are answered in turn, so that a file which the visitor drops waits for one slice, a few
 * seconds, and not for the whole library.
 */
const SLICE_CHARACTERS = 8_000;

const HIT_LIMIT = 12;

/** The documents of this page: the library that came with it, and the visitor's own files. */
export class Library {
  readonly #search: Search;
  readonly #onChange: () => void;
  #memory: Memory;
  #reading: Reading | undefined;

  private constructor(search: Search, memory: Memory, onChange: () => void) {
    this.#search = search;
    this.#memory = memory;
    this.#onChange = onChange;
  }

  static async open({ device, onChange }: LibraryOptions): Promise<Library> {
    return new Library(await openSearch({ name: NAME, device }), recall(), onChange);
  }

  /** Undefined while nothing is being read. */
  get reading(): Reading | undefined {
    return this.#reading;
  }

  get files(): readonly OwnFile[] {
    return this.#memory.files;
  }

  /** True where an earlier visit has read this very library to its end, and it is still there. */
  get isComplete(): boolean {
    const { corpus: hash, corpusIds, files } = this.#memory;
    const stored = this.#search.status().counts.documents;
    return hash === corpus.hash && stored >= corpusIds.length + files.length;
  }

  status(): SearchStatus {
    return this.#search.status();
  }

  /** An answer in stages: by words at once, then by words and meaning. */
  ask(text: string, signal: AbortSignal): AsyncIterable<Stage> {
    return this.#search.stream(text, { limit: HIT_LIMIT, signal });
  }

  /** Reads the library into the index. What an interrupted visit has stored is skipped. */
  async read(): Promise<void> {
    const response = await fetch(corpus.url);
    if (!response.ok) throw new Error(`the library answered ${response.status}`);
    const documents = (await response.json()) as readonly DocumentInput[];
    const estimate = new Estimate(corpus.characters);
    let stored = 0;
    let encoded = 0;
    try {
      for (const slice of slices(documents)) {
        const characters = slice.reduce((sum, { text }) => sum + text.length, 0);
        const report = (done: { documents: number; passages: number }): void => {
          if (done.passages > 0) estimate.start();
          const outlook = estimate.outlook(done.passages, characters);
          this.#setReading({
            documents: stored + done.documents,
            passages: encoded + done.passages,
            ...outlook,
          });
        };
        report({ documents: 0, passages: 0 });
        const { passages } = await this.#search.add(slice, { onProgress: report });
        stored += slice.length;
        encoded += passages;
        estimate.finish(characters, passages);
      }
      await this.#retire(documents);
    } finally {
      this.#setReading(undefined);
    }
  }

  /** Stores a file of the visitor's. One of the same name is replaced. */
  async addFile(document: DocumentInput, name: string): Promise<void> {
    await this.#search.add([document]);
    const file = { id: document.id, name, characters: document.text.length };
    const others = this.#memory.files.filter(({ id }) => id !== file.id);
    this.#keep({ files: [...others, file] });
  }

  async removeFile(id: string): Promise<void> {
    await this.#search.remove([id]);
    this.#keep({ files: this.#memory.files.filter((file) => file.id !== id) });
  }

  /** Deletes the index and all that is remembered. The library is of no use afterwards. */
  async forget(): Promise<void> {
    await this.#search.destroy();
    forgetMemory();
  }

  /** {@link forget} where the library could not be opened. */
  static async forgetUnopened(): Promise<void> {
    await destroySearch(NAME);
    forgetMemory();
  }

  /** Takes over what another tab has remembered. */
  refresh(): void {
    this.#memory = recall();
    this.#onChange();
  }

  /** Removes what an older library had and this one has not, and remembers this one as read. */
  async #retire(documents: readonly DocumentInput[]): Promise<void> {
    const ids = new Set(documents.map(({ id }) => id));
    const gone = this.#memory.corpusIds.filter((id) => !ids.has(id));
    if (gone.length > 0) await this.#search.remove(gone);
    this.#keep({ corpus: corpus.hash, corpusIds: [...ids] });
  }

  #keep(change: Partial<Memory>): void {
    this.#memory = { ...this.#memory, ...change };
    remember(this.#memory);
    this.#onChange();
  }

  #setReading(reading: Reading | undefined): void {
    this.#reading = reading;
    this.#onChange();
  }
}

/** The documents in groups of at most {@link SLICE_CHARACTERS}, or of one. */
function* slices(documents: readonly DocumentInput[]): Generator<readonly DocumentInput[]> {
  let slice: DocumentInput[] = [];
  let characters = 0;
  for (const document of documents) {
    if (slice.length > 0 && characters + document.text.length > SLICE_CHARACTERS) {
      yield slice;
      slice = [];
      characters = 0;
    }
    slice.push(document);
    characters += document.text.length;
  }
  if (slice.length > 0) yield slice;
}
