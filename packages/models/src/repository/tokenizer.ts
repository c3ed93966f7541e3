import type { EndToken, SpecialToken } from "@nearfield/core";
import { invalid, readJson, unsupported, type Json, type RepositoryReader } from "./reader.ts";

export interface TokenizerFacts {
  /** What the tokenizer puts around each text by itself. */
  readonly before: readonly SpecialToken[];
  readonly after: readonly SpecialToken[];
  /** The token that closes each text, where there is one. */
  readonly endToken: EndToken | undefined;
  readonly config: Json;
}

/**
 * @throws RetrievalError `MODEL_INVALID` where `tokenizer.json` or `tokenizer_config.json` is missing,
 * `MODEL_UNSUPPORTED` for a post-processor of unknown kind
 */
export async function readTokenizer(
  reader: RepositoryReader,
  folder: string,
): Promise<TokenizerFacts> {
  const tokenizer = await readJson(reader, `${folder}tokenizer.json`);
  const config = await readJson(reader, `${folder}tokenizer_config.json`);
  if (!tokenizer || !config) {
    const missing = `${folder}${tokenizer ? "tokenizer_config.json" : "tokenizer.json"}`;
    const repair =
      "Choose a repository with a fast tokenizer, such as an export for transformers.js.";
    throw invalid(`the repository has no ${missing}`, missing, repair);
  }
  const { before, after } = readFrame(tokenizer["post_processor"]);
  return { before, after, endToken: findEndToken(tokenizer, config, after), config };
}

interface Frame {
  readonly before: readonly SpecialToken[];
  readonly after: readonly SpecialToken[];
}

const NO_FRAME: Frame = { before: [], after: [] };

function readFrame(value: unknown): Frame {
  if (value === undefined || value === null) return NO_FRAME;
  const processor = value as Json;
  switch (processor["type"]) {
    case "ByteLevel":
      return NO_FRAME;
    case "TemplateProcessing":
      return readTemplate(processor);
    case "BertProcessing":
    case "RobertaProcessing":
      return { before: [readPair(processor["cls"])], after: [readPair(processor["sep"])] };
    case "Sequence":
      // Each works on what the one before it has made, so that later ones stand further out.
      return (processor["processors"] as readonly unknown[]).map(readFrame).reduce(
        (inner, outer) => ({
          before: [...outer.before, ...inner.before],
          after: [...inner.after, ...outer.after],
        }),
        NO_FRAME,
      );
    default:
      throw unsupported("the tokenizer has an unknown post-processor", processor["type"]);
  }
}

/** A step of a template: the text itself, or a special token by its name. */
interface TemplatePiece {
  readonly SpecialToken?: { readonly id: string };
}

interface TemplateToken {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

function readTemplate(processor: Json): Frame {
  const specials = processor["special_tokens"] as Readonly<Record<string, TemplateToken>>;
  const before: SpecialToken[] = [];
  const after: SpecialToken[] = [];
  let side = before;
  for (const piece of processor["single"] as readonly TemplatePiece[]) {
    const name = piece.SpecialToken?.id;
    if (name === undefined) side = after;
    else {
      const { ids, tokens } = specials[name] as TemplateToken;
      side.push(...ids.map((id, at) => ({ text: tokens[at] ?? name, id })));
    }
  }
  return { before, after };
}

/** `["[SEP]", 102]`. */
function readPair(value: unknown): SpecialToken {
  const [text, id] = value as readonly [string, number];
  return { text, id };
}

/**
 * What the tokenizer appends, if that is an end token; else what its config promises and nobody appends: a tokenizer that
 * was made from that config appends `eos_token`, but `tokenizer.json` alone does not.
 */
function findEndToken(
  tokenizer: Json,
  config: Json,
  after: readonly SpecialToken[],
): EndToken | undefined {
  const last = after.at(-1);
  if (last) return { ...last, appendedBy: "tokenizer" };
  if (config["add_eos_token"] !== true) return undefined;
  const eos = config["eos_token"];
  const text = typeof eos === "object" && eos !== null ? (eos as Json)["content"] : eos;
  if (typeof text !== "string") return undefined;
  const added = tokenizer["added_tokens"];
  const entry = Array.isArray(added)
    ? added.find((token: Json) => token["content"] === text)
    : undefined;
  return { text, id: entry?.["id"] as number | undefined, appendedBy: "encoder" };
}
