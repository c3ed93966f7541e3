import { RetrievalError, type PassageSpan } from "@nearfield/core";
import { pack } from "./split/pack.ts";
import { skipSpace, trimEnd } from "./split/space.ts";
import { findUnits } from "./split/unit.ts";

/** Named in an index's fingerprint. Raised with every change that gives other spans for the same text. */
export const SPLITTER_VERSION = 1;

/**
 * Tokens of a passage by default, where the model takes 256 or more. Long enough for a thought with its context, short
 * enough that one vector can say what it is about; and well below what the model takes, so that a paragraph a little
 * longer than the target can stay whole.
 */
export const DEFAULT_TARGET_TOKENS = 160;

/** The largest passage in relation to the target: 256 tokens for the default. */
const MAX_TO_TARGET = 1.6;

export interface SplitOptions {
  /** Tokens of a piece of text alone. Called once or a few times for each sentence, never with a long text. */
  readonly countTokens: (text: string) => number;
  /** Most tokens that a passage may have. */
  readonly maxTokens: number;
  /** Tokens that a passage should have; by default 160, or 5/8 of `maxTokens` where that is less. */
  readonly targetTokens?: number | undefined;
  /** BCP 47 tag for sentence and word rules; `"und"`, the default, goes by script. */
  readonly locale?: string | undefined;
  /** `"none"`: the whole text is one passage, however long. Default `"passages"`. */
  readonly mode?: "passages" | "none" | undefined;
}

/**
 * Divides a text into passages of whole sentences and, where they fit, whole paragraphs, list items, tables and code
 * blocks. A heading stays with what follows it. Spans are in order, do not overlap, are not empty, neither begin nor end with
 * white space, and leave out nothing but white space. A sentence over the budget is cut between words, an endless word
 * between grapheme clusters. Only a single code point that is over the budget by itself makes a passage over the budget.
 *
 * Offsets are UTF-16 code units of `text` itself, which is never normalized. Time is linear in its length.
 * @throws RetrievalError `INVALID_OPTION`
 */
export function split(text: string, options: SplitOptions): PassageSpan[] {
  return [...splitLazily(text, options)];
}

/** {@link split}, one span at a time: so that a worker can look up from a long document. */
export function* splitLazily(text: string, options: SplitOptions): Generator<PassageSpan, void> {
  const { countTokens, mode = "passages", locale = "und" } = options;
  if (mode === "none") {
    const start = skipSpace(text, 0, text.length);
    if (start < text.length) yield { start, end: trimEnd(text, start, text.length) };
    return;
  }
  const most = checkCount("maxTokens", options.maxTokens);
  const targetTokens = Math.min(
    checkCount("targetTokens", options.targetTokens ?? DEFAULT_TARGET_TOKENS),
    Math.max(1, Math.floor(most / MAX_TO_TARGET)),
  );
  const maxTokens = Math.min(most, Math.ceil(targetTokens * MAX_TO_TARGET));
  const units = findUnits(text, { countTokens, maxTokens, locale });
  yield* pack(units, { targetTokens, maxTokens });
}

function checkCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RetrievalError("INVALID_OPTION", `${name} is not a positive whole number`, {
    value,
    repair: "Give a number of tokens from 1 on.",
  });
}
