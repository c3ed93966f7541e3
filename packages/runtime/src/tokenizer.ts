// The one file that imports the tokenizer library.
import { RetrievalError } from "@nearfield/core";
import { Tokenizer as Engine } from "@huggingface/tokenizers";
import { piecesOf } from "./piece.ts";

/** Text to token ids, exactly as the model was trained to read it. */
export interface Tokenizer {
  /** Id that fills a row up; masked out, so that any id of the vocabulary would do. */
  readonly padId: number;
  /** Special tokens that {@link encode} puts around a text. */
  readonly specialTokens: number;
  /** Tokens of `text` alone. */
  count(text: string): number;
  /**
   * Ids of `text` between the special tokens. What is longer than `maxTokens` loses the end of the text, never the
   * closing special token. At least one id.
   */
  encode(text: string, maxTokens: number): readonly number[];
}

/**
 * Builds a tokenizer from the bytes of `tokenizer.json` and `tokenizer_config.json`. Names of special tokens inside a
 * text are read as those tokens, as the reference implementation does. Lone surrogates become U+FFFD.
 * @throws RetrievalError `MODEL_UNSUPPORTED`
 */
export function createTokenizer(tokenizerJson: Uint8Array, configJson: Uint8Array): Tokenizer {
  const config = parse(configJson);
  const engine = build(parse(tokenizerJson), config);
  const idsOf = (text: string, special: boolean) =>
    engine.encode(text.toWellFormed(), { add_special_tokens: special }).ids;
  const { before, after } = findSpecialTokens(idsOf(PROBE, false), idsOf(PROBE, true));
  const padId = findPadId(engine, config);
  return {
    padId,
    specialTokens: before.length + after.length,
    count: (text) => {
      let count = 0;
      for (const piece of piecesOf(text)) count += idsOf(piece, false).length;
      return count;
    },
    encode: (text, maxTokens) => {
      const room = Math.max(0, maxTokens - before.length - after.length);
      const content: number[] = [];
      for (const piece of piecesOf(text)) {
        content.push(...idsOf(piece, false));
        if (content.length >= room) break;
      }
      const ids = [...before, ...content.slice(0, room), ...after];
      // A tokenizer without special tokens gives nothing for a text of nothing; no graph takes an empty row.
      return ids.length > 0 ? ids : [padId];
    },
  };
}

const PROBE = "a";

function findSpecialTokens(bare: readonly number[], framed: readonly number[]) {
  const at = framed.findIndex((_, start) => bare.every((id, i) => framed[start + i] === id));
  if (bare.length === 0 || at < 0) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "the tokenizer changes a text by framing it", {
      value: framed,
      repair: "Choose another model.",
    });
  }
  return { before: framed.slice(0, at), after: framed.slice(at + bare.length) };
}

function build(tokenizer: object, config: Readonly<Record<string, unknown>>): Engine {
  try {
    return new Engine(tokenizer, config);
  } catch (thrown) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "the tokenizer asks for an unknown step", {
      repair: "Choose another model.",
      cause: thrown,
    });
  }
}

function findPadId(engine: Engine, config: Readonly<Record<string, unknown>>): number {
  const pad = config["pad_token"];
  const name = typeof pad === "object" && pad !== null && "content" in pad ? pad.content : pad;
  return (typeof name === "string" ? engine.token_to_id(name) : undefined) ?? 0;
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
  } catch (thrown) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "a file of the tokenizer is not JSON", {
      repair: "Correct the model card.",
      cause: thrown,
    });
  }
}
