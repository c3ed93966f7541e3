import { STOP_WORDS } from "./stop-words.ts";

/** Version of what {@link wordsOf} gives: words that were stored by another are made anew from the passages. */
export const WORDS_VERSION = 1;

/** Longer ones are cut: a number or a checksum of this length is named by its beginning. */
const MAX_WORD_LENGTH = 64;
/** Words of a script without spaces that pairs of characters do not cover. */
const LONGER_THAN_A_PAIR = 3;

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** Scripts that do not put spaces between words, and Hangul, which hangs particles on them. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]+/gu;
const ACCENTS = /[\u0300-\u036f]/g;
// oxlint-disable-next-line no-control-regex -- the range is meant: text without anything to fold
const ASCII = /^[\x00-\x7f]*$/;

/** Always the same locale: stored words and those of a query must be cut alike. Scripts have dictionaries of their own. */
const segmenter: Intl.Segmenter = new Intl.Segmenter("en", { granularity: "word" });

/**
 * The words of a text in their order, folded: small letters, without accents, wide and ligated forms as plain ones. English
 * words that say nothing are left out. A stretch of a script without spaces gives its pairs of characters, and besides
 * those its words of three and more characters as `Intl.Segmenter` finds them.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [found] of fold(text).matchAll(WORD)) {
    if (found.charCodeAt(0) < 0x2c0 && ASCII.test(found)) addWord(words, found);
    else addMixed(words, found);
  }
  return words;
}

/** True where the text ends within a word: somebody may still be typing it. */
export function endsInWord(text: string): boolean {
  return /[\p{L}\p{N}\p{M}]$/u.test(text);
}

function fold(text: string): string {
  const small = text.toLowerCase();
  if (ASCII.test(small)) return small;
  // Composed again: Hangul and voiced Kana come apart too, and only accents are to go.
  return small.normalize("NFKD").replace(ACCENTS, "").normalize("NFC").toLowerCase();
}

function addMixed(words: string[], found: string): void {
  let end = 0;
  for (const { 0: run, index } of found.matchAll(UNSPACED)) {
    if (index > end) addWord(words, found.slice(end, index));
    addRun(words, run);
    end = index + run.length;
  }
  if (end < found.length) addWord(words, found.slice(end));
}

function addWord(words: string[], word: string): void {
  if (!STOP_WORDS.has(word)) words.push(word.slice(0, MAX_WORD_LENGTH));
}

function addRun(words: string[], run: string): void {
  const characters = Array.from(run);
  if (characters.length === 1) words.push(run);
  for (let at = 1; at < characters.length; at++) {
    words.push(`${characters[at - 1]}${characters[at]}`);
  }
  if (characters.length < LONGER_THAN_A_PAIR) return;
  for (const { segment } of segmenter.segment(run)) {
    if (Array.from(segment).length >= LONGER_THAN_A_PAIR)
      words.push(segment.slice(0, MAX_WORD_LENGTH));
  }
}
