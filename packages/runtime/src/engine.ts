// The one file that imports the tokenizer library.
import { RetrievalError } from "@nearfield/core";
import { Tokenizer as Library } from "@huggingface/tokenizers";

export interface EngineOptions {
  /** Names of special tokens and of markup such as `<think>` inside a text are read as the letters that they are. */
  readonly asText?: boolean | undefined;
}

/** The tokenizer library with one model's files. Lone surrogates become U+FFFD. */
export interface Engine {
  /** Id that fills a row up. */
  readonly padId: number;
  /** Id of the token for what the vocabulary does not have; undefined where it has every byte. */
  readonly unknownId: number | undefined;
  /** Ids of a text; `framed`: with the special tokens that the model's post-processor puts around it. */
  idsOf(text: string, framed?: boolean): number[];
  /** Ids of a pair of texts as the post-processor frames them, and which of the two each belongs to. */
  pairOf(first: string, second: string): { readonly ids: number[]; readonly types: number[] };
  /** The id of a token by its name; undefined where the vocabulary does not have it. */
  idOf(token: string): number | undefined;
  /** The text of `ids`, special tokens left out. */
  decode(ids: readonly number[]): string;
}

type Json = Readonly<Record<string, unknown>>;

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
  readonly single_word?: boolean;
}

/**
 * Builds an engine from the bytes of `tokenizer.json` and `tokenizer_config.json`.
 * @throws RetrievalError `MODEL_UNSUPPORTED`
 */
export function openEngine(
  tokenizerJson: Uint8Array,
  configJson: Uint8Array,
  { asText = false }: EngineOptions = {},
): Engine {
  const config = parse(configJson);
  const tokenizer = parse(tokenizerJson);
  const added = (tokenizer["added_tokens"] ?? []) as readonly AddedToken[];
  const unknown = unknownOf(tokenizer["model"] as Json | undefined);
  const markup = new Set(
    added
      .filter((token) => isMarkup(token) && !unknown.includes(token.content))
      .map(({ id }) => id),
  );
  const kept = asText ? added.filter((token) => !isMarkup(token)) : added;
  // The library reads a token that must stand alone inside other words, too: `no` in `note`.
  const alone = kept.filter((token) => token.single_word === true);
  const within = kept.filter((token) => token.single_word !== true);
  const library = build({ ...tokenizer, added_tokens: within }, config);
  const parts = splitterAt(alone);
  const encode = (text: string): number[] =>
    parts(text.toWellFormed()).flatMap((part) =>
      typeof part === "number" ? [part] : library.encode(part, { add_special_tokens: false }).ids,
    );
  return {
    padId: findPadId(library, config),
    unknownId: unknown
      .map((token) => (typeof token === "string" ? library.token_to_id(token) : undefined))
      .find((id) => id !== undefined),
    idsOf: (text, framed = false) => {
      if (framed) return library.encode(text.toWellFormed(), { add_special_tokens: true }).ids;
      const ids = encode(text);
      // A vocabulary may have the name of a special token as one of its own pieces.
      return asText ? ids.filter((id) => !markup.has(id)) : ids;
    },
    pairOf: (first, second) => {
      const { ids, token_type_ids: types } = library.encode(first.toWellFormed(), {
        text_pair: second.toWellFormed(),
        add_special_tokens: true,
        return_token_type_ids: true,
      });
      return { ids, types };
    },
    idOf: (token) =>
      added.find(({ content }) => content === token)?.id ?? library.token_to_id(token),
    decode: (ids) => (ids.length === 0 ? "" : library.decode([...ids], DECODING)),
  };
}

/** A clean-up of spaces would change what the model wrote. */
const DECODING = { skip_special_tokens: true, clean_up_tokenization_spaces: false };

function isMarkup({ special, content }: AddedToken): boolean {
  return special === true || /^<.+>$/su.test(content);
}

/** The token for what the vocabulary does not have: a special one, but one that texts are read as. */
function unknownOf(model: Json | undefined): readonly unknown[] {
  const vocabulary = model?.["vocab"];
  const piece = Array.isArray(vocabulary) ? vocabulary[Number(model?.["unk_id"])] : undefined;
  return [model?.["unk_token"], Array.isArray(piece) ? piece[0] : undefined];
}

/** Cuts a text where one of `tokens` stands between two characters that are of no word; gives ids for those places. */
function splitterAt(tokens: readonly AddedToken[]): (text: string) => readonly (string | number)[] {
  if (tokens.length === 0) return (text) => [text];
  const ids = new Map(tokens.map(({ content, id }) => [content, id]));
  const names = tokens.map(({ content }) => content.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const place = new RegExp(`(?<![\\p{L}\\p{N}_])(${names.join("|")})(?![\\p{L}\\p{N}_])`, "u");
  return (text) =>
    text
      .split(place)
      .map((part, at) => (at % 2 === 1 ? (ids.get(part) as number) : part))
      .filter((part) => part !== "");
}

function build(tokenizer: object, config: Json): Library {
  try {
    return new Library(tokenizer, config);
  } catch (thrown) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "the tokenizer asks for an unknown step", {
      repair: "Choose another model.",
      cause: thrown,
    });
  }
}

function findPadId(library: Library, config: Json): number {
  const pad = config["pad_token"];
  const name = typeof pad === "object" && pad !== null && "content" in pad ? pad.content : pad;
  return (typeof name === "string" ? library.token_to_id(name) : undefined) ?? 0;
}

function parse(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch (thrown) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "a file of the tokenizer is not JSON", {
      repair: "Correct the model card.",
      cause: thrown,
    });
  }
}
