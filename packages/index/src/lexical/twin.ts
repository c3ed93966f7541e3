import {
  compareScored,
  sameToken,
  type Entry,
  type RecordRead,
  type RowKey,
  type Scored,
  type SegmentStore,
  type StoredRecord,
} from "@nearfield/core";
import { listPlaces, type HeldEntry, type HeldSegment, type Image } from "../image.ts";
import type { Manifest, SegmentInfo } from "../manifest.ts";
import { readEntry } from "../payload.ts";
import { Queue } from "../queue.ts";
import { Lexicon } from "./lexicon.ts";
import { wordsOfPassages, type RowWords } from "./passages.ts";
import { decodeWords, encodeWords, wordsKey, type SegmentWords } from "./record.ts";

/** Entries read at once where the words of a segment have to be made from its passages. */
const ENTRIES_PER_READ = 64;
/** Longer than this at a time nobody else is kept waiting: a query may come in between. */
const SLICE_MS = 12;

/** A row of an entry, and the content in which its words were found. */
export interface LexicalRow extends Scored {
  readonly hash: string;
}

/** The rows of one query by their words. Valid until the index changes. */
export interface LexicalRanking {
  /** The best `limit` rows of those whose entry is `allowed`, by the tie rule; only rows with a word of the query. */
  top(limit: number, allowed: (id: string) => boolean): LexicalRow[];
  /** BM25 of one row; 0 where it has no word of the query. */
  scoreOf(row: RowKey): number;
}

interface Known {
  readonly hash: string;
  readonly words: RowWords;
}

/**
 * The keyword index over what an `Image` holds. It holds the same entries, by id and hash: whatever changes the image, by
 * this tab or another, {@link catchUp} brings the difference in. Words come with the commit that brings their entry, else
 * from their record beside the segment, else from the stored passages themselves.
 */
export class Twin {
  readonly #store: SegmentStore;
  readonly #image: Image;
  readonly #lexicon = new Lexicon();
  readonly #held = new Map<string, { readonly hash: string; readonly rows: readonly number[] }>();
  /** By number of the lexicon's row. */
  readonly #owners: (Omit<LexicalRow, "score"> | undefined)[] = [];
  /** Words of entries that are on their way into a commit, or just came with one. */
  readonly #known = new Map<string, Known>();
  readonly #queue = new Queue();
  /** State of the image that is held. */
  #revision = -1;

  constructor(store: SegmentStore, image: Image) {
    this.#store = store;
    this.#image = image;
  }

  /** True where all is held that the image holds. */
  get isCurrent(): boolean {
    return this.#revision === this.#image.revision;
  }

  /** The words of an entry that is about to be committed: made once, however often the commit is tried. */
  wordsOf({ id, hash, payload, rows }: Entry): RowWords {
    const known = this.#known.get(id);
    if (known?.hash === hash) return known.words;
    const words = wordsOfPassages(payload, rows);
    this.#known.set(id, { hash, words });
    return words;
  }

  /** The stored words of a segment's rows, if they are there and sound. */
  async read(segment: SegmentInfo): Promise<SegmentWords | undefined> {
    const { records } = await this.#store.read("segments", [wordsKey(segment.id)]);
    return decodeWords(records[0] as RecordRead, segment);
  }

  /**
   * Brings in what the image holds and this does not, and the other way round, a little at a time. What can not be read now
   * is left out: its entry is damaged, or the image is older than the store.
   * @returns records of words that had to be made anew and can be stored
   * @throws RetrievalError what the store throws
   */
  catchUp(manifest: Manifest | undefined): Promise<readonly StoredRecord[]> {
    return this.#queue.run(async () => {
      const made: StoredRecord[] = [];
      while (!this.isCurrent) {
        const revision = this.#image.revision;
        const missing = this.#compare();
        await this.#bringIn(missing, manifest, made);
        if (this.#image.revision === revision) this.#revision = revision;
      }
      return made;
    });
  }

  /** Takes in a commit of our own, whose words are known: at once, so that no query waits for it. */
  adopt(): void {
    for (const id of this.#compare()) this.#addKnown(id);
    this.#known.clear();
    const { entries, revision } = this.#image;
    if (entries.size === this.#held.size) this.#revision = revision;
  }

  /** Fulfills when nothing is being read any more. */
  drain(): Promise<void> {
    return this.#queue.drain();
  }

  /** Ranks what is held by its words; {@link catchUp} comes first. */
  rank(text: string): LexicalRanking {
    // A copy: a scan may wait for rows, and another query come in between.
    const scores = this.#lexicon.score(text).slice();
    return {
      top: (limit, allowed) => this.#top(scores, limit, allowed),
      scoreOf: ({ id, ordinal }) => scores[this.#held.get(id)?.rows[ordinal] ?? -1] ?? 0,
    };
  }

  #top(scores: Float64Array, limit: number, allowed: (id: string) => boolean): LexicalRow[] {
    const rows: number[] = [];
    const found: number[] = [];
    scores.forEach((score, row) => {
      if (score > 0 && allowed((this.#owners[row] as RowKey).id)) {
        rows.push(row);
        found.push(score);
      }
    });
    // Of many rows few are wanted: the last score that counts is found first, and only rows from there on are made objects.
    const least = Float64Array.from(found).sort().at(-limit) ?? 0;
    return rows
      .filter((_, at) => (found[at] as number) >= least)
      .map((row) => ({ ...(this.#owners[row] as LexicalRow), score: scores[row] as number }))
      .sort(compareScored)
      .slice(0, limit);
  }

  /** Takes out what the image does not hold any more. Returns the ids of what it holds besides. */
  #compare(): Set<string> {
    const { entries } = this.#image;
    for (const [id, { hash, rows }] of this.#held) {
      if (entries.get(id)?.hash === hash) continue;
      for (const row of rows) {
        this.#lexicon.remove(row);
        this.#owners[row] = undefined;
      }
      this.#held.delete(id);
    }
    if (entries.size === this.#held.size) return new Set();
    return new Set([...entries.keys()].filter((id) => !this.#held.has(id)));
  }

  /** Adds those entries whose words are known; the others remain in `missing`, and are read segment by segment. */
  async #bringIn(
    missing: Set<string>,
    manifest: Manifest | undefined,
    made: StoredRecord[],
  ): Promise<void> {
    for (const id of missing) if (this.#addKnown(id)) missing.delete(id);
    if (missing.size === 0) return;
    let sliceEnd = performance.now() + SLICE_MS;
    /** Words of entries that lie in several segments, until all are there. */
    const partial = new Map<string, string[][]>();
    // A copy: while something is read, the image may change.
    const segments = [...this.#image.segments.values()];
    for (const segment of segments) {
      const places = listPlaces(segment).filter(({ id }) => missing.has(id));
      if (places.length === 0) continue;
      const stored = await this.read(segment.info);
      if (!stored) {
        const ids = places.map(({ id }) => id);
        const all = await this.#readPassages(ids, manifest);
        for (const id of all.keys()) this.#add(id, all.get(id) as Known);
        const record = this.#recordOf(segment, all);
        if (record) made.push(record);
        continue;
      }
      for (const { id, place } of places) {
        const { start, part } = place;
        const words = partial.get(id) ?? [];
        for (let row = 0; row < part.rows; row++)
          words[part.ordinal + row] = [...stored.of(start + row)];
        if (Object.keys(words).length < part.of) partial.set(id, words);
        else {
          partial.delete(id);
          this.#add(id, { hash: part.hash, words });
        }
        if (performance.now() < sliceEnd) continue;
        await breathe();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    // A part of them was in a segment without words, so that they were read as a whole; or they will be.
    const rest = [...partial.keys()].filter((id) => !this.#held.has(id));
    for (const [id, known] of await this.#readPassages(rest, manifest)) this.#add(id, known);
  }

  /** The words of entries, from their passages. Left out: what is not stored, or not in the form that is held. */
  async #readPassages(
    ids: readonly string[],
    manifest: Manifest | undefined,
  ): Promise<Map<string, Known>> {
    const all = new Map<string, Known>();
    for (let start = 0; start < ids.length; start += ENTRIES_PER_READ) {
      const some = ids.slice(start, start + ENTRIES_PER_READ);
      const snapshot = await this.#store.read("entries", some);
      if (!sameToken(snapshot.manifest, manifest)) break;
      let sliceEnd = performance.now() + SLICE_MS;
      for (const [at, id] of some.entries()) {
        const entry = readEntry(id, snapshot.records[at] as RecordRead);
        const held = this.#image.entries.get(id);
        if (held && held.payload !== "record") {
          all.set(id, { hash: held.hash, words: wordsOfPassages(null, rowsOf(held)) });
        } else if (entry && held && entry.hash === held.hash) {
          const words = wordsOfPassages(entry.payload, rowsOf(held));
          all.set(id, { hash: entry.hash, words });
        }
        if (performance.now() < sliceEnd) continue;
        await breathe();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    return all;
  }

  /** The record of a segment all of whose rows are known. */
  #recordOf(segment: HeldSegment, known: ReadonlyMap<string, Known>): StoredRecord | undefined {
    const rows: (readonly string[])[] = Array.from({ length: segment.info.rows }, () => []);
    for (const { id, place } of listPlaces(segment)) {
      const words = known.get(id)?.words;
      if (!words) return undefined;
      const { start, part } = place;
      for (let row = 0; row < part.rows; row++) rows[start + row] = words[part.ordinal + row] ?? [];
    }
    const bytes = encodeWords(rows, segment.info.checksum);
    return { table: "segments", key: wordsKey(segment.info.id), bytes };
  }

  #addKnown(id: string): boolean {
    const known = this.#known.get(id);
    return known !== undefined && this.#add(id, known);
  }

  /** False where the image holds something else under this id by now. */
  #add(id: string, { hash, words }: Known): boolean {
    if (this.#image.entries.get(id)?.hash !== hash || this.#held.has(id)) return false;
    const rows = words.map((row, ordinal) => {
      const number = this.#lexicon.add(row);
      this.#owners[number] = { id, hash, ordinal };
      return number;
    });
    this.#held.set(id, { hash, rows });
    return true;
  }
}

function rowsOf({ places }: HeldEntry): number {
  return places[0]?.part.of ?? 0;
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
