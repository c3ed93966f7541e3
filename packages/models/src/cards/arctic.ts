import type { RepositoryCard } from "@nearfield/core";
import { BERT, graphs } from "./files.ts";

/** For queries only, with the space at its end. */
export const ARCTIC_PROMPTS = {
  query: "Represent this sentence for searching relevant passages: ",
  document: "",
} as const;

/** Source: the model's documentation; q8 is about 23 MB. Unverified: the list of files, the special tokens. */
export const arcticEmbedXs: RepositoryCard = {
  ...BERT,
  name: "Snowflake/snowflake-arctic-embed-xs",
  repository: "Snowflake/snowflake-arctic-embed-xs",
  licence: "Apache-2.0",
  space: "Snowflake/snowflake-arctic-embed-xs",
  dimensions: 384,
  maxTokens: 512,
  prompts: ARCTIC_PROMPTS,
  pooling: "cls",
  artifacts: graphs(["fp32", "fp16", "q8"]),
  network: { parameters: 22_700_000 },
};

/** Source: the model's documentation. Unverified: the list of files, the special tokens. */
export const arcticEmbedS: RepositoryCard = {
  ...arcticEmbedXs,
  name: "Snowflake/snowflake-arctic-embed-s",
  repository: "Snowflake/snowflake-arctic-embed-s",
  space: "Snowflake/snowflake-arctic-embed-s",
  network: { parameters: 33_400_000 },
};

/** The space of this model is also that of the small query encoders that were trained towards it. */
export const ARCTIC_M_SPACE = "Snowflake/snowflake-arctic-embed-m-v1.5";

/** Source: the model's documentation. Unverified: the list of files, the special tokens. */
export const arcticEmbedMV15: RepositoryCard = {
  ...arcticEmbedXs,
  name: "Snowflake/snowflake-arctic-embed-m-v1.5",
  repository: "Snowflake/snowflake-arctic-embed-m-v1.5",
  space: ARCTIC_M_SPACE,
  dimensions: 768,
  matryoshka: [768, 256],
  network: { parameters: 109_000_000 },
};
