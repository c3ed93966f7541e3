// Cuts a text into pieces that can be tokenized one by one: the time of a tokenizer grows faster than the length of a
// word, so that one endless word would stop the worker for minutes.

/**
 * UTF-16 code units of a piece at most. A limit of some hundred tokens is mostly reached within one, and the slowest
 * tokenizer takes milliseconds for a word of that length.
 */
const PIECE_LENGTH = 4_096;

/**
 * The text in pieces, in order and without loss. A piece ends before white space where there is any, and there the
 * tokens of the pieces are those of the whole. Without white space it ends between a letter and a mark of punctuation,
 * which most tokenizers part as well; else where it must, but not within a surrogate pair.
 */
export function* piecesOf(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > PIECE_LENGTH) {
    const end = findEnd(text, start, start + PIECE_LENGTH);
    yield text.slice(start, end);
    start = end;
  }
  yield text.slice(start);
}

/** Where a piece that begins at `start` ends: above `start`, up to `limit`. */
function findEnd(text: string, start: number, limit: number): number {
  let afterLetter = 0;
  for (let at = limit; at > start; at--) {
    const before = text.charAt(at - 1);
    const after = text.charAt(at);
    if (SPACE.test(after) && !SPACE.test(before)) return at;
    if (!afterLetter && PUNCTUATION.test(after) && LETTER.test(before)) afterLetter = at;
  }
  if (afterLetter) return afterLetter;
  return isLowSurrogate(text.charCodeAt(limit)) ? limit - 1 : limit;
}

const SPACE = /\s/u;
const LETTER = /\p{L}/u;
const PUNCTUATION = /\p{P}/u;

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
