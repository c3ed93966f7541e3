import { RetrievalError, type ModelCard, type SpecialToken } from "@nearfield/core";
import { openEngine, type Engine } from "./engine.ts";
import { piecesOf } from "./piece.ts";

/** Text to token ids, exactly as the model was trained to read it. */
export interface Tokenizer {
  /** Id that fills a row up; masked out, so that any id of the vocabulary would do. */
  readonly padId: number;
  /** Special tokens that {@link encode} puts around a text. */
  readonly specialTokens: number;
  /** Those of them that stand before the text. */
  readonly openingTokens: number;
  /** Tokens of `text` alone. */
  count(text: string): number;
  /** Share of these that stand for what the vocabulary does not have, 0 to 1. 0 for one that has every byte. */
  unknownShare(text: string): number;
  /**
   * Ids of `text` between the special tokens. What is longer than `maxTokens` loses the end of the text, never the
   * closing special token. At least one id.
   */
  encode(text: string, maxTokens: number): readonly number[];
  /** The same for what is tokens already. */
  frame(content: readonly number[], maxTokens: number): readonly number[];
}

/** What a card says of the special tokens around a text. */
export type TokenizerRecipe = Pick<ModelCard, "endToken" | "requiredTokens">;

/**
 * Builds a tokenizer from the bytes of `tokenizer.json` and `tokenizer_config.json`. Names of special tokens inside a
 * text are read as those tokens, as the reference implementation does. Lone surrogates become U+FFFD.
 * @throws RetrievalError `MODEL_UNSUPPORTED`; `MODEL_INVALID` where a text does not get the special tokens that `recipe`
 * names
 */
export function createTokenizer(
  tokenizerJson: Uint8Array,
  configJson: Uint8Array,
  recipe: TokenizerRecipe = {},
): Tokenizer {
  const engine = openEngine(tokenizerJson, configJson);
  const { padId } = engine;
  const idsOf = (text: string, framed: boolean) => engine.idsOf(text, framed);
  const frame = findFrame(idsOf(PROBE, false), idsOf(PROBE, true));
  const { before, after } = completeFrame(frame, recipe, engine);
  return {
    padId,
    specialTokens: before.length + after.length,
    openingTokens: before.length,
    count: (text) => {
      let count = 0;
      for (const piece of piecesOf(text)) count += idsOf(piece, false).length;
      return count;
    },
    unknownShare: (text) => {
      const ids = [...piecesOf(text)].flatMap((piece) => idsOf(piece, false));
      return ids.filter((id) => id === engine.unknownId).length / Math.max(1, ids.length);
    },
    encode: (text, maxTokens) => {
      const room = Math.max(0, maxTokens - before.length - after.length);
      const content: number[] = [];
      for (const piece of piecesOf(text)) {
        content.push(...idsOf(piece, false));
        if (content.length >= room) break;
      }
      return enclose(content, maxTokens);
    },
    frame: enclose,
  };

  function enclose(content: readonly number[], maxTokens: number): readonly number[] {
    const room = Math.max(0, maxTokens - before.length - after.length);
    const ids = [...before, ...content.slice(0, room), ...after];
    // A tokenizer without special tokens gives nothing for a text of nothing; no graph takes an empty row.
    return ids.length > 0 ? ids : [padId];
  }
}

const PROBE = "a";

/** Ids of the special tokens around a text. */
interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function findFrame(bare: readonly number[], framed: readonly number[]): Frame {
  const at = framed.findIndex((_, start) => bare.every((id, i) => framed[start + i] === id));
  if (bare.length === 0 || at < 0) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "the tokenizer changes a text by framing it", {
      value: framed,
      repair: "Choose another model.",
    });
  }
  return { before: framed.slice(0, at), after: framed.slice(at + bare.length) };
}

/** Appends the end token where that is ours to do, and sees that everything is there that the model was trained with. */
function completeFrame(frame: Frame, recipe: TokenizerRecipe, engine: Engine): Frame {
  const { endToken, requiredTokens } = recipe;
  const { before } = frame;
  const end = endToken && idOf(endToken, engine);
  // Once: a tokenizer that appends it after all must not make it two.
  const isOurs = endToken?.appendedBy === "encoder" && frame.after.at(-1) !== end;
  const after = isOurs && end !== undefined ? [...frame.after, end] : frame.after;
  const opening = (requiredTokens?.before ?? []).map((token) => idOf(token, engine));
  const closing = (requiredTokens?.after ?? []).map((token) => idOf(token, engine));
  const isWhole =
    opening.every((id, at) => before[at] === id) &&
    closing.every((id, at) => after.at(at - closing.length) === id) &&
    (end === undefined || after.at(-1) === end);
  if (isWhole) return { before, after };
  const wanted = [...(requiredTokens?.before ?? []), ...(requiredTokens?.after ?? [])];
  const names = [...wanted, ...(endToken ? [endToken] : [])].map(({ text }) => text);
  throw new RetrievalError("MODEL_INVALID", `a text does not get its special tokens`, {
    value: `${[...before, "text", ...after].join(" ")} instead of ${[...new Set(names)].join(" ")}`,
    repair: "Use the tokenizer and the card of one model.",
  });
}

function idOf({ text, id }: SpecialToken, engine: Engine): number {
  const met = engine.idOf(text);
  if (met !== undefined && (id ?? met) === met) return met;
  throw new RetrievalError("MODEL_INVALID", `the tokenizer has ${text} under another id or not`, {
    value: met,
    repair: "Use the tokenizer and the card of one model.",
  });
}
