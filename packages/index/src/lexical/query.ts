import { QUESTION_WORDS } from "./stop-words.ts";
import { endsInWord, wordsOf } from "./words.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** One word of a query: the best of its stems counts for a passage, so that a passage gains nothing by having many. */
export interface QueryWord {
  /** Number of a stem, and what a match of it is worth: 1 where it is the very word. */
  readonly stems: ReadonlyMap<number, number>;
}

/**
 * A word that begins like the one that is being typed, and one that differs from an unknown one by a slip. Less than the
 * very word: of two passages, the one that says what was asked comes first.
 */
const PREFIX_WEIGHT = 0.4;
const TYPO_WEIGHT = 0.6;
/** A beginning that has more continuations says too little: those in most passages are taken. */
const MAX_CONTINUATIONS = 48;
/** Words of a query that are looked at. A text of 100,000 characters is no question; its first words are. */
const MAX_QUERY_WORDS = 512;

/**
 * What to look for. Words that only make a question are left out where something else is left. A word that is in no
 * passage is taken for a slip of the fingers. The last word, if nothing follows it, may be the beginning of a longer one.
 * @param frequency rows that have a stem
 */
export function readQuery(
  text: string,
  vocabulary: Vocabulary,
  frequency: (stem: number) => number,
): QueryWord[] {
  const words = wordsOf(text).slice(0, MAX_QUERY_WORDS);
  const last = endsInWord(text) ? words.at(-1) : undefined;
  const telling = words.filter((word) => word === last || !QUESTION_WORDS.has(word));
  return (telling.length > 0 ? telling : words).map((word, at, all) => {
    const stems = new Map<number, number>();
    const offer = (stem: number, weight: number) => {
      if (frequency(stem) > 0) stems.set(stem, Math.max(weight, stems.get(stem) ?? 0));
    };
    const own = vocabulary.find(word);
    if (own !== undefined) offer(own, 1);
    if (word === last && at === all.length - 1) {
      const longer = [...vocabulary.startingWith(word)].filter((stem) => frequency(stem) > 0);
      longer.sort((a, b) => frequency(b) - frequency(a) || a - b);
      for (const stem of longer.slice(0, MAX_CONTINUATIONS)) offer(stem, PREFIX_WEIGHT);
    }
    if (stems.size === 0) for (const stem of vocabulary.like(word)) offer(stem, TYPO_WEIGHT);
    return { stems };
  });
}
