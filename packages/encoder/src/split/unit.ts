import { findBlocks, type Block } from "./block.ts";
import { findCut } from "./cut.ts";
import { findSentenceEnds } from "./sentence.ts";
import { skipSpace, trimEnd } from "./space.ts";

/** What is never divided any more: a sentence, a line of code, a table row, or a part of one that is too long. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  /** How bad it is to begin a passage here, one of {@link BREAK_COST}. */
  readonly breakCost: number;
  /** True for a heading of level 1 or 2: a passage that is full enough ends before it. */
  readonly opensSection: boolean;
}

export interface UnitOptions {
  readonly countTokens: (text: string) => number;
  /** No unit has more tokens, but for a single code point that has. */
  readonly maxTokens: number;
  readonly locale: string;
}

/**
 * Costs of a break, in the measure of `pack.ts`, where a passage of half the target costs 0.25 and an empty one 1. Only
 * their order and their rough size matter. A sentence's is 0, or plain prose would come out longer than the target.
 */
export const BREAK_COST = {
  heading: -0.3,
  block: -0.2,
  /** Code after a blank line. */
  stanza: -0.05,
  /** A paragraph leads in to the list, the code or the table that follows on the next line. */
  leadIn: 0,
  sentence: 0,
  item: 0.05,
  line: 0.2,
  row: 0.2,
  piece: 0.7,
  /** What stands after a heading, and rows after the head of a table: dearer than any bad length. */
  bound: 5,
} as const;

/** Divides `text` into units, in order; together they hold all that is not white space. */
export function* findUnits(text: string, options: UnitOptions): Generator<Unit, void> {
  let before: Block | undefined;
  for (const block of findBlocks(text)) {
    let breakCost = costBetween(before, block);
    const opensSection = block.kind === "heading" && block.level <= 2;
    let isFirst = true;
    for (const part of findParts(text, block, options.locale)) {
      if (!isFirst) breakCost = part.breakCost;
      for (const [start, end, tokens] of fit(text, part.start, part.end, options)) {
        yield { start, end, tokens, breakCost, opensSection: opensSection && isFirst };
        isFirst = false;
        breakCost = BREAK_COST.piece;
      }
    }
    before = block;
  }
}

function costBetween(before: Block | undefined, block: Block): number {
  if (before?.kind === "heading") return BREAK_COST.bound;
  if (block.kind === "heading") return BREAK_COST.heading;
  if (block.kind === "item" && before?.kind === "item") return BREAK_COST.item;
  if (block.kind !== "paragraph" && block.adjacent) return BREAK_COST.leadIn;
  return BREAK_COST.block;
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly breakCost: number;
}

function* findParts(text: string, block: Block, locale: string): Generator<Part, void> {
  switch (block.kind) {
    case "heading":
      return yield { start: block.start, end: block.end, breakCost: BREAK_COST.piece };
    case "paragraph":
    case "item": {
      let start = block.start;
      for (const end of findSentenceEnds(text.slice(block.start, block.end), locale)) {
        yield { start, end: block.start + end, breakCost: BREAK_COST.sentence };
        start = block.start + end;
      }
      return;
    }
    case "code":
    case "table":
      return yield* findLines(text, block);
    default:
      block.kind satisfies never;
  }
}

function* findLines(text: string, block: Block): Generator<Part, void> {
  const isTable = block.kind === "table";
  let afterBlank = false;
  let count = 0;
  let start = block.start;
  while (start < block.end) {
    LINE_BREAK.lastIndex = start;
    const end = Math.min(LINE_BREAK.exec(text)?.index ?? block.end, block.end);
    const isBlank = skipSpace(text, start, end) === end;
    if (!isBlank) {
      const free = isTable ? BREAK_COST.row : afterBlank ? BREAK_COST.stanza : BREAK_COST.line;
      // The head of a table are two lines, that of code is its fence: neither says anything alone.
      const headLines = isTable ? 2 : 1;
      yield { start, end, breakCost: count > 0 && count <= headLines ? BREAK_COST.bound : free };
      count++;
    }
    afterBlank = isBlank;
    start = end + 1;
  }
}

const LINE_BREAK = /[\n\r\v\f\u2028\u2029]/g;

/**
 * Units of text per token of the budget above which a part is cut before its tokens are counted, so that no tokenizer has
 * to read a megabyte without a space. English has about four to a token: a sentence that long is rare.
 */
const UNITS_PER_TOKEN = 2;
const MIN_PIECE_LENGTH = 32;
const MAX_PIECE_LENGTH = 1024;

/**
 * A part counts as one token for each 16 units at least: a word that the vocabulary does not know is one token, however long,
 * and a control character none; by tokens alone a passage could have any length.
 */
const MAX_UNITS_PER_TOKEN = 16;

/** Divides `[start, end)` into trimmed pieces within the budget, with their tokens. */
function* fit(
  text: string,
  start: number,
  end: number,
  { countTokens, maxTokens, locale }: UnitOptions,
): Generator<readonly [start: number, end: number, tokens: number], void> {
  const longest = Math.max(
    MIN_PIECE_LENGTH,
    Math.min(MAX_PIECE_LENGTH, maxTokens * UNITS_PER_TOKEN),
  );
  const last = trimEnd(text, start, end);
  let from = skipSpace(text, start, last);
  let length = longest;
  while (from < last) {
    let to = last - from > length ? findCut(text, from, last, length, locale) : last;
    let stop = trimEnd(text, from, to);
    let tokens = count(stop);
    while (tokens > maxTokens && stop - from > 1) {
      const limit = Math.floor(((stop - from) * maxTokens) / tokens);
      to = findCut(text, from, stop, Math.min(Math.max(1, limit), stop - from - 1), locale);
      if (to >= stop) break;
      stop = trimEnd(text, from, to);
      tokens = count(stop);
      length = stop - from; // the next piece is likely to be as dense
    }
    if (tokens * 2 <= maxTokens) length = Math.min(longest, length * 2);
    yield [from, stop, tokens];
    from = skipSpace(text, to, last);
  }

  function count(stop: number): number {
    return Math.max(countTokens(text.slice(from, stop)), (stop - from) / MAX_UNITS_PER_TOKEN, 1);
  }
}
