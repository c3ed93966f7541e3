import { RetrievalError } from "@nearfield/core";

export type Granularity = "grapheme" | "word" | "sentence";

const segmenters = new Map<string, Intl.Segmenter>();

/**
 * The segmenter of a locale; made once.
 * @throws RetrievalError `INVALID_OPTION` for a locale that is no language tag
 */
export function segmenterOf(locale: string, granularity: Granularity): Intl.Segmenter {
  const key = `${granularity} ${locale}`;
  let segmenter = segmenters.get(key);
  if (!segmenter) {
    try {
      segmenter = new Intl.Segmenter(locale, { granularity });
    } catch (thrown) {
      throw new RetrievalError("INVALID_OPTION", "the locale is not a language tag", {
        value: locale,
        repair: 'Give a BCP 47 tag such as "de", or "und".',
        cause: thrown,
      });
    }
    segmenters.set(key, segmenter);
  }
  return segmenter;
}

/**
 * V8 spends time in proportion to the whole input on every segment (measured in Node 20: 0.1 s for a million units of
 * prose in windows of 1,024, 8 s for its first fifth in one piece), so text is read through a window.
 */
const WINDOW = 1024;

/**
 * Offsets at which the sentences of `text` end, the last being `text.length`. A single line break is no end: most texts
 * are wrapped by hand. Time is linear in the length.
 */
export function* findSentenceEnds(text: string, locale: string): Generator<number, void> {
  const segmenter = segmenterOf(locale, "sentence");
  // Calling the segmenter has a price however short the text, and most list items are one sentence.
  if (!MAY_END_INSIDE.test(text)) return yield text.length;
  // One unit for one unit, so that offsets stay: the segmenter would end a sentence at each line break.
  const flat = text.replace(LINE_BREAK, " ");
  let start = 0;
  let length = WINDOW;
  while (start < flat.length) {
    const window = flat.slice(start, start + length);
    const isLast = start + window.length >= flat.length;
    let closed = 0;
    let from = 0;
    for (const { index, segment } of segmenter.segment(window)) {
      const end = index + segment.length;
      // What reaches the edge of the window may go on behind it.
      if (end === window.length && !isLast) break;
      if (end < window.length && isAbbreviation(window.slice(from, end))) continue;
      closed = end;
      from = end;
      yield start + end;
      // A window that had to grow is too dear to read on in.
      if (length > WINDOW) break;
    }
    if (start + closed >= flat.length) return;
    start += closed;
    // Nothing ended: doubling reads a sentence of any length at no more than twice its length.
    length = closed > 0 ? WINDOW : length * 2;
  }
}

const MAY_END_INSIDE = /[\p{Sentence_Terminal}\u0085;\u037e][^]/u;
const LINE_BREAK = /[\n\r\v\f\u2028\u2029]/g;

/**
 * Titles, initials and numbers after which a full stop ends no sentence. Only a few of the most common: two sentences
 * that are taken for one do no harm.
 */
const ABBREVIATION =
  /(?:^|[\s("'\u2018\u201c])(?:\p{Lu}|Dr|Mr|Mrs|Ms|Prof|St|Nr|No|Fig|Eq|Sec|Vol|pp?|cf|vs|al|ca|approx|e\.g|i\.e|z\.\s?B|d\.\s?h|bzw|usw|M|Mme|Sr|Sra)\.\s*$/u;
const ABBREVIATION_LENGTH = 16;

function isAbbreviation(sentence: string): boolean {
  const tail =
    sentence.length > ABBREVIATION_LENGTH ? sentence.slice(-ABBREVIATION_LENGTH) : sentence;
  return ABBREVIATION.test(tail);
}
