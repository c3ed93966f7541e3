import type { Pooling, PoolingMode } from "@nearfield/core";
import { POOLING_MODES } from "../card/recipe.ts";
import { positiveInteger, unsupported, type Json } from "./reader.ts";

export interface PoolingConfig {
  readonly pooling: Pooling;
  readonly includePrompt: boolean;
  /** Length of a token's state as this file says it. */
  readonly dimensions: number | undefined;
}

/** The newer names, one string or a list of them. */
const BY_NAME: Readonly<Record<string, PoolingMode>> = {
  cls: "cls",
  max: "max",
  mean: "mean",
  mean_sqrt_len_tokens: "mean-sqrt-length",
  weightedmean: "weighted-mean",
  lasttoken: "last-token",
};

/** The older names, one flag each. */
const BY_FLAG: Readonly<Record<string, PoolingMode>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_mean_sqrt_len_tokens: "mean-sqrt-length",
  pooling_mode_weightedmean_tokens: "weighted-mean",
  pooling_mode_lasttoken: "last-token",
};

/**
 * Reads `1_Pooling/config.json` of either generation.
 * @throws RetrievalError `MODEL_UNSUPPORTED` for a mode of unknown name
 */
export function readPooling(config: Json): PoolingConfig {
  const modes =
    config["pooling_mode"] === undefined ? flagged(config) : named(config["pooling_mode"]);
  const ordered = POOLING_MODES.filter((mode) => modes.includes(mode));
  return {
    pooling: ordered.length > 1 ? ordered : (ordered[0] ?? "mean"),
    includePrompt: config["include_prompt"] !== false,
    dimensions:
      positiveInteger(config["embedding_dimension"]) ??
      positiveInteger(config["word_embedding_dimension"]),
  };
}

function named(value: unknown): readonly PoolingMode[] {
  return [value].flat().map((name) => {
    const mode =
      typeof name === "string" && Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
    if (mode) return mode;
    throw unsupported("the pooling's config names an unknown mode", name);
  });
}

function flagged(config: Json): readonly PoolingMode[] {
  const set = Object.keys(config).filter(
    (key) => key.startsWith("pooling_mode_") && config[key] === true,
  );
  return set.map((key) => {
    const mode = Object.hasOwn(BY_FLAG, key) ? BY_FLAG[key] : undefined;
    if (mode) return mode;
    throw unsupported("the pooling's config sets an unknown mode", key);
  });
}
