// The one file that imports minisearch: its radix tree finds words by their beginning and by their likeness.
import SearchableMap from "minisearch/SearchableMap";
import { stemOf } from "./stem.ts";

/** Shorter words are like too many others. */
const SHORTEST_TYPO = 4;
/** Beginnings of one letter are the beginnings of everything. */
const SHORTEST_PREFIX = 2;
/** Pairs of characters have no beginning that anybody types, and there are very many. */
const SPELLED = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}]/u;

/** Every word that is in some passage, and its stem. Stems are numbered from 0. */
export class Vocabulary {
  readonly #words = new Map<string, number>();
  readonly #stems = new Map<string, number>();
  /** Words that are written letter by letter. */
  readonly #spelled = new SearchableMap<number>();
  #next = 0;

  /** The stem of a word, noted as one that is in some passage. */
  add(word: string): number {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const stem = stemOf(word);
    const number = this.#stems.get(stem) ?? this.#next++;
    this.#stems.set(stem, number);
    this.#words.set(word, number);
    if (SPELLED.test(word)) this.#spelled.set(word, number);
    return number;
  }

  /** The stem of a word, if some passage has any form of it. */
  find(word: string): number | undefined {
    return this.#words.get(word) ?? this.#stems.get(stemOf(word));
  }

  /** Stems of the words that begin so. */
  startingWith(beginning: string): Set<number> {
    if (beginning.length < SHORTEST_PREFIX) return new Set();
    return new Set(this.#spelled.atPrefix(beginning).values());
  }

  /** Stems of words that are one slip of the fingers away: a letter more, less or other, or two neighbours exchanged. */
  like(word: string): Set<number> {
    const found = new Set<number>();
    if (word.length < SHORTEST_TYPO || !SPELLED.test(word)) return found;
    for (const [stem] of this.#spelled.fuzzyGet(word, 1).values()) found.add(stem);
    for (let at = 1; at < word.length; at++) {
      const [before, after] = [word.slice(0, at - 1), word.slice(at + 1)];
      const stem = this.#spelled.get(`${before}${word[at]}${word[at - 1]}${after}`);
      if (stem !== undefined) found.add(stem);
    }
    return found;
  }

  /** Forgets words whose stem is not used any more. Numbers are not given again. */
  keep(isUsed: (stem: number) => boolean): void {
    for (const [word, stem] of this.#words) {
      if (isUsed(stem)) continue;
      this.#words.delete(word);
      this.#spelled.delete(word);
    }
    for (const [stem, number] of this.#stems) if (!isUsed(number)) this.#stems.delete(stem);
  }
}
