import { segmenterOf } from "./sentence.ts";
import { isSpace } from "./space.ts";

/**
 * The best place to cut `[start, end)` so that the first part has about `limit` units: after a line break, else after a
 * clause, else at white space, else between words, else between grapheme clusters, else between code points. The last three
 * serve writing without spaces and endless words.
 * @param limit at least 1, less than `end - start`
 * @returns an offset above `start` and below `end`; above `start + limit` only where a cluster would be cut otherwise
 */
export function findCut(
  text: string,
  start: number,
  end: number,
  limit: number,
  locale: string,
): number {
  const high = start + limit;
  // Anything earlier would leave parts of less than half the length asked for.
  const low = start + (limit >> 1);
  return (
    findSpaceCut(text, low, high) ??
    findSegmentCut(text, start, low, high, end, locale) ??
    findCodePointCut(text, start, high, end)
  );
}

/** What ends a clause: in writing with spaces only before one, else by itself. */
const CLAUSE_MARK = ",;:\u2013\u2014\u060c\u061b";
const FULL_WIDTH_MARK = "\uff0c\u3001\uff1b\uff1a\u3002\uff01\uff1f\u2026\uff0e";

function findSpaceCut(text: string, low: number, high: number): number | undefined {
  let clause: number | undefined;
  let space: number | undefined;
  for (let at = high; at > low; at--) {
    const unit = text.charCodeAt(at - 1);
    if (unit === 0x0a || unit === 0x0d || unit === 0x2028 || unit === 0x2029) return at;
    if (isSpace(unit)) {
      if (EXTENDING.test(text.slice(at, at + 1))) continue;
      space ??= at;
      if (at > low + 1 && CLAUSE_MARK.includes(text[at - 2] as string)) clause ??= at;
    } else if (unit > 0x7f && FULL_WIDTH_MARK.includes(text[at - 1] as string)) {
      // A run of marks stays together.
      if (at === high && FULL_WIDTH_MARK.includes(text[at] ?? " ")) continue;
      clause ??= at;
    }
  }
  return clause ?? space;
}

/** A mark on white space makes one cluster with it. */
const EXTENDING = /^[\p{M}\u200d]/u;

/** How far before the wanted place the word segmenter begins to read: it settles within a few words. */
const LOOK_BACK = 64;
/** Longest grapheme cluster for whose sake a part becomes longer than asked: a family of emoji has 11 units. */
const MAX_CLUSTER = 32;

function findSegmentCut(
  text: string,
  start: number,
  low: number,
  high: number,
  end: number,
  locale: string,
): number | undefined {
  const from = findPlainBoundary(text, start, high - LOOK_BACK) ?? start;
  const stop = Math.min(end, high + MAX_CLUSTER);
  const window = text.slice(from, stop);
  let best: number | undefined;
  for (const { index } of segmenterOf(locale, "word").segment(window)) {
    if (from + index > high) break;
    if (from + index > low) best = from + index;
  }
  if (best !== undefined) return best;
  const plain = findPlainBoundary(text, low, high);
  if (plain !== undefined) return plain;
  let after: number | undefined;
  for (const { index } of segmenterOf(locale, "grapheme").segment(text.slice(start, stop))) {
    const at = start + index;
    if (at > high) {
      after = at;
      break;
    }
    if (at > start) best = at;
  }
  return best ?? after;
}

function findCodePointCut(text: string, start: number, high: number, end: number): number {
  if (!isInsidePair(text, high)) return high;
  return high - 1 > start ? high - 1 : Math.min(high + 1, end);
}

function isInsidePair(text: string, at: number): boolean {
  return (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

/**
 * The last offset in `(low, high]` between two characters that can not be of one grapheme cluster, found without reading
 * from the start of the text; looks at a bounded number of units.
 */
function findPlainBoundary(text: string, low: number, high: number): number | undefined {
  const floor = Math.max(low, high - LOOK_BACK);
  for (let at = high; at > floor; at--) {
    if (isInsidePair(text, at) || !isPlain(text.codePointAt(at) ?? 0)) continue;
    const before = at >= 2 && isInsidePair(text, at - 1) ? at - 2 : at - 1;
    if (isPlain(text.codePointAt(before) ?? 0)) return at;
  }
  return undefined;
}

/** Characters that neither extend a neighbour nor are extended by another plain one. */
function isPlain(codePoint: number): boolean {
  return PLAIN.some(([first, last]) => codePoint >= first && codePoint <= last);
}

const PLAIN: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e], // ASCII
  [0xc0, 0x24f], // Latin
  [0x3041, 0x3096], // Hiragana
  [0x30a1, 0x30fa], // Katakana
  [0x3400, 0x9fff], // Han
  [0xac00, 0xd7a3], // Hangul syllables
  [0xe01, 0xe30], // Thai, without the vowel signs
  [0x391, 0x481], // Greek, Cyrillic
  [0x5d0, 0x5ea], // Hebrew
  [0x620, 0x64a], // Arabic
  [0x1f300, 0x1f3fa], // Emoji, without the tones of skin
  [0x1f400, 0x1faff],
  [0xd800, 0xdfff], // Halves of a pair that stand alone
  [0x00, 0x09], // Control characters, without the line breaks
  [0x0e, 0x1f],
];
