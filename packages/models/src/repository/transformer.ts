// What the transformer's own files say: width, attention, and how long a text may be.
import type { NetworkShape } from "@nearfield/core";
import { positiveInteger, readJson, type Json, type RepositoryReader } from "./reader.ts";

export interface TransformerConfig {
  /** `config.json`; what it says of the text part of a model for several modalities goes first. */
  readonly config: Json;
  readonly hiddenSize: number | undefined;
  readonly attention: "causal" | "bidirectional";
  /** Undefined where no file says it. */
  readonly maxTokens: number | undefined;
  readonly network: NetworkShape;
}

/** Decoder families; each is causal unless its config says otherwise. */
const DECODERS =
  /^(qwen[23]|llama|mistral|mixtral|gemma[23]?(_text)?|phi[23]?|gpt2|gpt_neox?|opt|olmo2?|smollm3)$/;
/** Their position table starts behind the id of the padding, which costs two places. */
const OFFSET_POSITIONS = ["roberta", "xlm-roberta", "camembert", "mpnet"];
const POSITION_OFFSET = 2;

const LENGTH_FILES = [
  "bert",
  "roberta",
  "distilbert",
  "camembert",
  "albert",
  "xlm-roberta",
  "xlnet",
];

/** @throws RetrievalError `MODEL_INVALID` */
export async function readTransformer(
  reader: RepositoryReader,
  folder: string,
  tokenizerConfig: Json,
): Promise<TransformerConfig> {
  const outer = (await readJson(reader, `${folder}config.json`)) ?? {};
  const inner = outer["text_config"];
  const config = typeof inner === "object" && inner !== null ? { ...outer, ...inner } : outer;
  const size = (...names: readonly string[]) =>
    names.map((name) => positiveInteger(config[name])).find((value) => value !== undefined);
  const stated = await readStatedLength(reader, folder);
  const limits = [stated ?? tokenizerLength(tokenizerConfig), positionLimit(config, size)];
  const known = limits.filter((limit) => limit !== undefined);
  return {
    config,
    hiddenSize: size("hidden_size", "d_model", "dim", "n_embd"),
    attention: attentionOf(config),
    maxTokens: known.length > 0 ? Math.min(...known) : undefined,
    network: {
      layers: size("num_hidden_layers", "n_layers", "n_layer", "num_layers"),
      heads: size("num_attention_heads", "n_heads", "n_head"),
      keyValueHeads: size("num_key_value_heads"),
      headDimensions: size("head_dim"),
      intermediateSize: size("intermediate_size", "hidden_dim", "n_inner"),
      vocabulary: size("vocab_size"),
    },
  };
}

async function readStatedLength(
  reader: RepositoryReader,
  folder: string,
): Promise<number | undefined> {
  for (const family of LENGTH_FILES) {
    const file = await readJson(reader, `${folder}sentence_${family}_config.json`);
    if (file) return positiveInteger(file["max_seq_length"]);
  }
  return undefined;
}

/** Tokenizers without a limit write 10^30. */
function tokenizerLength(config: Json): number | undefined {
  return positiveInteger(config["model_max_length"]);
}

function positionLimit(
  config: Json,
  size: (...names: readonly string[]) => number | undefined,
): number | undefined {
  const positions = size("max_position_embeddings", "n_positions");
  if (positions === undefined) return undefined;
  return OFFSET_POSITIONS.includes(familyOf(config)) ? positions - POSITION_OFFSET : positions;
}

function attentionOf(config: Json): "causal" | "bidirectional" {
  if (config["is_causal"] === false || config["use_bidirectional_attention"] === true) {
    return "bidirectional";
  }
  const isDecoder = config["is_decoder"] === true || DECODERS.test(familyOf(config));
  return isDecoder ? "causal" : "bidirectional";
}

function familyOf(config: Json): string {
  const family = config["model_type"];
  return typeof family === "string" ? family : "";
}
