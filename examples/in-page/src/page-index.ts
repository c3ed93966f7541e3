import { openSearch, type DocumentInput, type Hit, type Search, type Stage } from "nearfield";
import { readPage, type Section } from "../../shared/page/outline.ts";
import { PageWatch } from "./page-watch.ts";
import { inTurns, nextTurn } from "../../shared/page/turns.ts";
import { startWorker } from "./workers.ts";
import encoderWorker from "nearfield/workers/encoder?worker&url";
import indexWorker from "nearfield/workers/index?worker&url";

/**
 * Cosine of question and passage below which a passage without any of the words is about something else. There is always a nearest
 * passage, and an answer that is none helps nobody.
 */
const LEAST_COSINE = 0.1;

/** Sections that go to the index at once; before the next, those that have left the page leave the index. */
const SECTIONS_AT_ONCE = 32;

/** A passage of the page, with its place there. */
export interface Place {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** At least one. */
  readonly ranges: readonly Range[];
  readonly hit: Hit;
}

export interface Found {
  readonly places: readonly Place[];
  /** Why the answer goes by words alone; undefined where it does not. */
  readonly failure: unknown;
}

/** How far the reading is. */
export interface Reading {
  /** Sections that can be found. */
  readonly stored: number;
  /** Sections of the page; 0 while they are not known. */
  readonly of: number;
}

export interface PageIndexOptions {
  /** Keeps the index for the next visit of this page. Else nothing of it is ever stored. */
  readonly keeps: boolean;
  /** Called when the reading begins, gets on or ends. */
  readonly onChange: () => void;
  /** Called when the page was walked: what was found before may stand elsewhere. */
  readonly onPlaces: () => void;
}

/** The index of one page, which follows the page as it changes. */
export class PageIndex {
  readonly #options: PageIndexOptions;
  readonly #watch: PageWatch;
  readonly #closing = new AbortController();
  #opened: Promise<Search> | undefined;
  #sections: ReadonlyMap<string, Section> = new Map();
  /** What the index may find: also sections that have just been said otherwise, while most of their words still stand. */
  readonly #known = new Map<string, Section>();
  /** Sections that the index has; undefined where it has to be asked. */
  #stored: Set<string> | undefined;
  #reading: Reading | undefined = { stored: 0, of: 0 };
  #isIndexing = false;
  #failure: unknown;

  constructor(options: PageIndexOptions) {
    this.#options = options;
    this.#watch = new PageWatch(() => this.#walk());
  }

  /** How far the page is read; undefined when all of it is: what is found before may not be all. */
  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** Why the page could not be read; undefined where it could. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Sections of the page that are known. */
  get sections(): number {
    return this.#sections.size;
  }

  /**
   * The nearest passages that still stand in the page: first by words, then by words and meaning. What had failed is tried again.
   * @throws RetrievalError what `openSearch` and `Search.stream` throw
   */
  async *ask(text: string, limit: number, signal: AbortSignal): AsyncGenerator<Found, void> {
    if (this.#failure !== undefined) void this.#index();
    const search = await this.#open();
    for await (const stage of search.stream(text, { limit, signal }))
      yield await this.#found(stage);
  }

  /** Where the same passage stands now; undefined where the page no longer has it. */
  find(place: Place): Place | undefined {
    return this.#placeOf(place.hit);
  }

  /** Ends the workers. What was not to be kept is gone with them. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#watch.end();
    const search = await this.#opened?.catch(() => undefined);
    await search?.close();
  }

  async #found({ hits, skipped }: Stage): Promise<Found> {
    const failure = skipped.find(({ part }) => part === "dense")?.failure;
    const near = hits.filter(isNear);
    // A page that draws itself anew has other nodes for the same text.
    if (near.some((hit) => !this.#placeOf(hit))) await this.#watch.catchUp();
    const places = near.flatMap((hit) => this.#placeOf(hit) ?? []);
    // A section in which one word changes is there twice for a moment.
    const isFirst = ({ ranges: [one] }: Place, at: number) =>
      !places.slice(0, at).some(({ ranges: [other] }) => isSameStart(one, other));
    return { places: places.filter(isFirst), failure };
  }

  #placeOf(hit: Hit): Place | undefined {
    const { id, document, passage } = hit;
    const section = this.#known.get(document.id);
    const ranges = section?.map.rangesOf(passage.start, passage.end) ?? [];
    if (!section || ranges.length === 0) return undefined;
    const text = section.map.textOf(passage.start, passage.end);
    return { id, title: section.title, text, ranges, hit };
  }

  #open(): Promise<Search> {
    this.#opened ??= open(this.#options.keeps).catch((thrown: unknown) => {
      this.#opened = undefined;
      throw thrown;
    });
    return this.#opened;
  }

  async #walk(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const now = new Map<string, Section>();
      await nextTurn();
      const root = document.body ?? document.documentElement;
      const steps = readPage(root, (shadow) => this.#watch.include(shadow));
      for await (const section of inTurns(steps, signal)) {
        now.set(await nameOf(section, now), section);
      }
      if (signal.aborted) return;
      this.#sections = now;
      for (const [id, section] of now) this.#known.set(id, section);
      this.#options.onPlaces();
      // What has failed is tried again when somebody asks, not with each change of the page.
      if (this.#failure === undefined) void this.#index();
    } catch (thrown) {
      this.#failure = thrown;
      this.#options.onChange();
    }
  }

  /** Brings the index to what the page says now. What changes meanwhile is caught up with before it ends. */
  async #index(): Promise<void> {
    if (this.#isIndexing) return;
    this.#isIndexing = true;
    try {
      const search = await this.#open();
      const stored = (this.#stored ??= new Set(await search.ids()));
      // The worker of an index in memory can die, as under want of memory: then it has to be filled anew.
      if (search.status().counts.documents < stored.size) stored.clear();
      const isMissing = () => [...this.#sections.keys()].some((id) => !stored.has(id));
      do {
        const before = stored.size;
        if (isMissing()) {
          this.#tell(before);
          await search.add(this.#missing(stored), {
            signal: this.#closing.signal,
            onProgress: ({ documents }) => this.#tell(before + documents),
          });
        }
        const gone = [...stored].filter((id) => !this.#sections.has(id));
        if (gone.length > 0) await search.remove(gone);
        for (const id of gone) stored.delete(id);
        for (const id of gone) if (!this.#sections.has(id)) this.#known.delete(id);
      } while (isMissing());
      this.#failure = undefined;
    } catch (thrown) {
      this.#stored = undefined;
      this.#failure = thrown;
    }
    this.#isIndexing = false;
    this.#reading = undefined;
    if (!this.#closing.signal.aborted) this.#options.onChange();
  }

  /** Some of what the page has and the index has not: also what comes to the page while it is being asked. */
  async *#missing(stored: Set<string>): AsyncGenerator<DocumentInput, void> {
    let left = SECTIONS_AT_ONCE;
    for (let walked = this.#sections; ; walked = this.#sections) {
      for (const [id, { title, map }] of walked) {
        if (stored.has(id)) continue;
        if (left-- === 0) return;
        stored.add(id);
        yield { id, title, text: map.text };
        if (walked !== this.#sections) break;
      }
      if (walked === this.#sections) return;
    }
  }

  #tell(stored: number): void {
    const of = this.#sections.size;
    this.#reading = { stored: Math.min(stored, of), of };
    this.#options.onChange();
  }
}

function isSameStart(one: Range | undefined, other: Range | undefined): boolean {
  return one?.startContainer === other?.startContainer && one?.startOffset === other?.startOffset;
}

function isNear({ parts: { dense, lexical = 0 } }: Hit): boolean {
  return dense === undefined || dense >= LEAST_COSINE || lexical > 0;
}

async function open(keeps: boolean): Promise<Search> {
  return openSearch({
    name: keeps ? `in-page ${await hashOf(location.pathname)}` : "in-page",
    storage: keeps ? "browser" : "memory",
    workers: {
      query: () => startWorker(encoderWorker),
      document: () => startWorker(encoderWorker),
      index: () => startWorker(indexWorker),
    },
  });
}

/**
 * A section is named by what it says, so that one that has not changed is not encoded again wherever it has moved. One that
 * says the same as another has its number besides.
 */
async function nameOf(
  { title, map }: Section,
  taken: ReadonlyMap<string, Section>,
): Promise<string> {
  const hash = await hashOf(JSON.stringify([title, map.text]));
  let name = hash;
  for (let copy = 2; taken.has(name); copy++) name = `${hash}-${copy}`;
  return name;
}

/** 96 bits of SHA-256: no two sections of a page will share them. Without a secure context it is "", and nothing opens there. */
async function hashOf(text: string): Promise<string> {
  if (!isSecureContext) return "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const bytes = [...new Uint8Array(digest, 0, 12)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
