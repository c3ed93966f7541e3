import { readQuery } from "./query.ts";
import { Vocabulary } from "./vocabulary.ts";

/**
 * BM25's saturation and its normalization by length, measured best on CISI and the pool of TREC DL 2021 (see
 * docs/ranking.md). Source: Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009.
 */
const SATURATION = 0.9;
const LENGTH_SHARE = 0.4;
/** Rows that were removed stay in the postings until there are so many, and so large a part. */
const MIN_REMOVED = 256;
const MAX_REMOVED_SHARE = 1 / 4;

/**
 * Words of rows, and which rows have the words of a query. Rows are numbered by this class; a number is used again some
 * time after its row was removed. A score depends on the rows that are there and on nothing that was there before, so that
 * equal rows have equal scores, in every tab.
 */
export class Lexicon {
  #vocabulary = new Vocabulary();
  /** For each stem: row, count, row, count, and so on. Plain arrays: most stems are in one row, and typed ones are big. */
  readonly #postings: number[][] = [];
  /** Words of each row; a row without words can not be found. */
  #lengths = new Uint32Array(1024);
  #live = new Uint8Array(1024);
  #end = 0;
  readonly #free: number[] = [];
  readonly #removed: number[] = [];
  #rows = 0;
  #words = 0;
  #scores = new Float64Array(1024);
  #best = new Float64Array(1024);

  /** Rows that are there. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds a row with these words (of `wordsOf`), and gives its number. */
  add(words: Iterable<string>): number {
    const counts = new Map<number, number>();
    let length = 0;
    for (const word of words) {
      const stem = this.#vocabulary.add(word);
      counts.set(stem, (counts.get(stem) ?? 0) + 1);
      length++;
    }
    const row = this.#free.pop() ?? this.#end++;
    if (row === this.#lengths.length) this.#grow();
    for (const [stem, count] of counts) {
      const pairs = this.#postings[stem];
      if (pairs) pairs.push(row, count);
      else this.#postings[stem] = [row, count];
    }
    this.#lengths[row] = length;
    this.#live[row] = 1;
    this.#rows++;
    this.#words += length;
    return row;
  }

  /** Takes a row out. */
  remove(row: number): void {
    if (this.#live[row] !== 1) return;
    this.#live[row] = 0;
    this.#rows--;
    this.#words -= this.#lengths[row] as number;
    this.#removed.push(row);
    const { length } = this.#removed;
    if (length >= MIN_REMOVED && length >= this.#rows * MAX_REMOVED_SHARE) this.#clean();
  }

  /**
   * BM25 of every row to a query, by the number of the row; 0 where no word of it is there. The array is used again by the
   * next call.
   */
  score(query: string): Float64Array {
    const scores = this.#scores.subarray(0, this.#end).fill(0);
    const frequencies = new Map<number, number>();
    const frequency = (stem: number) => {
      let rows = frequencies.get(stem);
      if (rows === undefined) frequencies.set(stem, (rows = this.#count(stem)));
      return rows;
    };
    for (const { stems } of readQuery(query, this.#vocabulary, frequency)) {
      // The commonest of its forms says how rare the word is: a rare continuation must not outweigh the word itself.
      let commonest = 0;
      for (const stem of stems.keys()) commonest = Math.max(commonest, frequency(stem));
      const rarity = Math.log(1 + (this.#rows - commonest + 0.5) / (commonest + 0.5));
      if (stems.size === 1) for (const [stem, weight] of stems) this.#add(stem, rarity * weight);
      else this.#addBest(stems, rarity);
    }
    return scores;
  }

  /** Adds what a stem is worth to the score of each row that has it. */
  #add(stem: number, worth: number): void {
    const scores = this.#scores;
    const live = this.#live;
    const pairs = this.#postings[stem] ?? [];
    for (let at = 0; at < pairs.length; at += 2) {
      const row = pairs[at] as number;
      if (live[row] === 1) {
        scores[row] = (scores[row] as number) + worth * this.#weigh(row, pairs[at + 1] as number);
      }
    }
  }

  /** The same for several stems, of which the best counts. */
  #addBest(stems: ReadonlyMap<number, number>, rarity: number): void {
    const best = this.#best;
    const touched: number[] = [];
    for (const [stem, weight] of stems) {
      const pairs = this.#postings[stem] ?? [];
      for (let at = 0; at < pairs.length; at += 2) {
        const row = pairs[at] as number;
        if (this.#live[row] !== 1) continue;
        if (best[row] === 0) touched.push(row);
        const worth = rarity * weight * this.#weigh(row, pairs[at + 1] as number);
        best[row] = Math.max(best[row] as number, worth);
      }
    }
    for (const row of touched) {
      this.#scores[row] = (this.#scores[row] as number) + (best[row] as number);
      best[row] = 0;
    }
  }

  /** What `count` occurrences in a row are worth, less in a long one. */
  #weigh(row: number, count: number): number {
    const share = ((this.#lengths[row] as number) * this.#rows) / this.#words;
    const normal = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * share);
    return (count * (SATURATION + 1)) / (count + normal);
  }

  /** Rows that have a stem. */
  #count(stem: number): number {
    const pairs = this.#postings[stem] ?? [];
    if (this.#removed.length === 0) return pairs.length / 2;
    let rows = 0;
    for (let at = 0; at < pairs.length; at += 2) rows += this.#live[pairs[at] as number] as number;
    return rows;
  }

  /** Takes removed rows out of all postings, and words that no row has any more out of the vocabulary. */
  #clean(): void {
    this.#postings.forEach((pairs, stem) => {
      this.#postings[stem] = pairs.filter((_, at) => this.#live[pairs[at & ~1] as number] === 1);
    });
    for (const row of this.#removed.splice(0)) this.#free.push(row);
    this.#vocabulary.keep((stem) => (this.#postings[stem]?.length ?? 0) > 0);
  }

  #grow(): void {
    const rows = this.#lengths.length * 2;
    const lengths = new Uint32Array(rows);
    lengths.set(this.#lengths);
    const live = new Uint8Array(rows);
    live.set(this.#live);
    this.#lengths = lengths;
    this.#live = live;
    this.#scores = new Float64Array(rows);
    this.#best = new Float64Array(rows);
  }
}
