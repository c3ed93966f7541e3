import type { RepositoryCard } from "@nearfield/core";
import { BERT, graphs } from "./files.ts";

/** Both sides have a prompt; a document without its own is the most frequent mistake with this family. */
const E5_PROMPTS = { query: "query: ", document: "passage: " };

/** Source: the model's documentation. Unverified: the list of files, the special tokens. */
export const e5SmallV2: RepositoryCard = {
  ...BERT,
  name: "intfloat/e5-small-v2",
  repository: "Xenova/e5-small-v2",
  licence: "MIT",
  space: "intfloat/e5-small-v2",
  dimensions: 384,
  maxTokens: 512,
  prompts: E5_PROMPTS,
  pooling: "mean",
  artifacts: graphs(["fp32", "fp16", "q8"]),
  network: { parameters: 33_000_000 },
};

/**
 * Source: the model's documentation. 96 of 118 million parameters are the token table; q8 is about 118 MB. Unverified: the
 * list of files, the special tokens (those of XLM-RoBERTa).
 */
export const multilingualE5Small: RepositoryCard = {
  ...BERT,
  name: "intfloat/multilingual-e5-small",
  repository: "Xenova/multilingual-e5-small",
  licence: "MIT",
  languages: undefined,
  space: "intfloat/multilingual-e5-small",
  dimensions: 384,
  maxTokens: 512,
  prompts: E5_PROMPTS,
  requiredTokens: { before: [{ text: "<s>" }], after: [{ text: "</s>" }] },
  pooling: "mean",
  artifacts: graphs(["fp32", "fp16", "q8"]),
  network: { parameters: 118_000_000 },
};
