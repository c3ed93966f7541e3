import type { RepositoryCard } from "@nearfield/core";
import { TOKENIZER, UNPINNED } from "./files.ts";
import { DECODER_INPUTS, INSTRUCT_PROMPTS, WEB_SEARCH } from "./qwen3.ts";

/**
 * Source: the repository and arXiv 2508.21632. Qwen2.5-7B with attention in both directions, mean over all tokens that are
 * no padding; the first revision's documentation pooled the last token. Matryoshka lengths: none, on purpose. The prompt is
 * that of the documentation; the repository's own evaluation scripts have a space after `Query:`. No ONNX export is
 * known.
 */
export const qzhouEmbedding: RepositoryCard = {
  ...TOKENIZER,
  name: "Kingsoft-LLM/QZhou-Embedding",
  repository: "Kingsoft-LLM/QZhou-Embedding",
  revision: UNPINNED,
  licence: "Apache-2.0",
  languages: ["en", "zh"],
  space: "Kingsoft-LLM/QZhou-Embedding",
  dimensions: 3584,
  matryoshka: [],
  maxTokens: 8192,
  prompts: INSTRUCT_PROMPTS,
  instruction: WEB_SEARCH,
  inputs: ["input_ids", "attention_mask", "position_ids"],
  output: "last_hidden_state",
  attention: "bidirectional",
  pooling: "mean",
  artifacts: [],
  network: {
    parameters: 7_070_619_136,
    layers: 28,
    heads: 28,
    keyValueHeads: 4,
    headDimensions: 128,
    intermediateSize: 18_944,
    vocabulary: 152_064,
  },
};

/**
 * Source: the repository for length, dimensions and number of parameters; third parties for the rest: Qwen3-8B, last token,
 * the Matryoshka lengths. The number of parameters is met exactly by a vocabulary of 151,936 rows and one linear layer with
 * bias from 4096 to 1792, hence the head. Unverified: that layer's activation and file, the prompts (taken from its
 * sibling), the end token, the kind of attention. Not here at all: "token prepending", which changes the network itself. No
 * ONNX export is known.
 */
export const qzhouEmbeddingZh: RepositoryCard = {
  ...qzhouEmbedding,
  name: "Kingsoft-LLM/QZhou-Embedding-Zh",
  repository: "Kingsoft-LLM/QZhou-Embedding-Zh",
  languages: ["zh"],
  space: "Kingsoft-LLM/QZhou-Embedding-Zh",
  dimensions: 1792,
  matryoshka: [1792, 1536, 1280, 1024, 768, 512, 256, 128],
  inputs: DECODER_INPUTS,
  attention: undefined,
  hiddenSize: 4096,
  pooling: "last-token",
  head: [
    {
      kind: "dense",
      on: "pooled",
      inDimensions: 4096,
      outDimensions: 1792,
      bias: true,
      activation: "identity",
      weights: { path: "2_Dense/model.safetensors" },
    },
  ],
  network: {
    parameters: 7_575_747_328,
    layers: 36,
    heads: 32,
    keyValueHeads: 8,
    headDimensions: 128,
    intermediateSize: 12_288,
    vocabulary: 151_936,
  },
};
