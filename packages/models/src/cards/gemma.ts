import type { RepositoryCard } from "@nearfield/core";
import { graphs, TOKENIZER, UNPINNED } from "./files.ts";

const NO_HALF = "the model's documentation says that half-precision activations are not supported";

/**
 * Source: the export's documentation. The graph has pooling and both Dense layers in it and gives them as
 * `sentence_embedding`: the mean of `last_hidden_state` is of another space (a cosine of -0.003 was met). A document
 * without a title says `title: none`. q8 is about 309 MB, 201 of 308 million parameters are the token table. With an older
 * runtime q4 and q8 were wrong on WebGPU without any error; the known answers have to decide. Unverified: the special
 * tokens.
 */
export const embeddingGemma300m: RepositoryCard = {
  ...TOKENIZER,
  name: "google/embeddinggemma-300m",
  repository: "onnx-community/embeddinggemma-300m-ONNX",
  revision: UNPINNED,
  licence: "gemma",
  space: "google/embeddinggemma-300m",
  dimensions: 768,
  matryoshka: [768, 512, 256, 128],
  maxTokens: 2048,
  prompts: { query: "task: search result | query: ", document: "title: none | text: " },
  titlePrompt: "title: {title} | text: ",
  inputs: ["input_ids", "attention_mask"],
  output: "sentence_embedding",
  attention: "bidirectional",
  pooling: "in-graph",
  dtypeLimits: [
    { dtype: "fp16", reason: NO_HALF },
    { dtype: "q4f16", reason: NO_HALF },
  ],
  artifacts: graphs(["fp32", "fp16", "q8", "q4", "q4f16"], {
    externalData: ["fp32", "fp16", "q8", "q4", "q4f16"],
  }),
  network: { parameters: 308_000_000, vocabulary: 262_144 },
};
