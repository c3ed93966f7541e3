import type { EndToken, RepositoryCard } from "@nearfield/core";
import { graphs, TOKENIZER, UNPINNED } from "./files.ts";

/**
 * No space after `Query:`. Some kin of this family have one there, and the vectors differ.
 */
export const INSTRUCT_PROMPTS = {
  query: "Instruct: {instruction}\nQuery:",
  document: "",
} as const;

/** Instructions are to be in English, whatever the texts are in. */
export const WEB_SEARCH =
  "Given a web search query, retrieve relevant passages that answer the query";

/**
 * The token that is pooled. The tokenizer's config names `<|im_end|>` as end of text, but the post-processor appends this
 * one, and this one was trained with; some conversions lack the post-processor.
 */
const END: EndToken = { text: "<|endoftext|>", id: 151_643, appendedBy: "tokenizer" };

export const DECODER_INPUTS: readonly string[] = [
  "input_ids",
  "attention_mask",
  "position_ids",
  "past_key_values.*",
];

/**
 * Source: the repositories and arXiv 2506.05176. All examples there cut at 8,192 tokens, which this card does too; the
 * network reads 32,768. Sizes are calculated from the published shapes and give the published numbers of parameters.
 */
const QWEN3 = {
  ...TOKENIZER,
  revision: UNPINNED,
  licence: "Apache-2.0",
  maxTokens: 8192,
  prompts: INSTRUCT_PROMPTS,
  instruction: WEB_SEARCH,
  endToken: END,
  requiredTokens: { before: [], after: [{ text: END.text, id: 151_643 }] },
  inputs: DECODER_INPUTS,
  output: "last_hidden_state",
  attention: "causal",
  pooling: "last-token",
} as const;

/** The repository itself has no ONNX file, and no export in this layout is known. */
const NO_EXPORT = { artifacts: [] } as const;

/**
 * Published use of the export is with fp32, fp16 and q8. Unverified: whether it has 4-bit files. 26 of 100 parameters are
 * the token table.
 */
export const qwen3Embedding06B: RepositoryCard = {
  ...QWEN3,
  name: "Qwen/Qwen3-Embedding-0.6B",
  repository: "onnx-community/Qwen3-Embedding-0.6B-ONNX",
  space: "Qwen/Qwen3-Embedding-0.6B",
  dimensions: 1024,
  matryoshka: [1024, 768, 512, 256, 128, 64, 32],
  matryoshkaRange: { min: 32, max: 1024 },
  artifacts: graphs(["fp32", "fp16", "q8"], { externalData: ["fp32", "fp16"] }),
  knownScores: {
    queries: ["What is the capital of China?", "Explain gravity"],
    documents: [
      "The capital of China is Beijing.",
      "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is responsible for the movement of planets around the sun.",
    ],
    scores: [
      [0.7645568251609802, 0.14142508804798126],
      [0.13549736142158508, 0.5999549627304077],
    ],
    // Two official runtimes differ by 0.003.
    tolerance: 0.005,
  },
  network: {
    parameters: 595_776_512,
    layers: 28,
    heads: 16,
    keyValueHeads: 8,
    headDimensions: 128,
    intermediateSize: 3072,
    vocabulary: 151_669,
  },
};

export const qwen3Embedding4B: RepositoryCard = {
  ...QWEN3,
  ...NO_EXPORT,
  name: "Qwen/Qwen3-Embedding-4B",
  repository: "Qwen/Qwen3-Embedding-4B",
  space: "Qwen/Qwen3-Embedding-4B",
  dimensions: 2560,
  matryoshka: [2560, 2048, 1024, 512, 256, 128, 64, 32],
  matryoshkaRange: { min: 32, max: 2560 },
  network: {
    parameters: 4_021_774_336,
    layers: 36,
    heads: 32,
    keyValueHeads: 8,
    headDimensions: 128,
    intermediateSize: 9728,
    vocabulary: 151_665,
  },
};

export const qwen3Embedding8B: RepositoryCard = {
  ...QWEN3,
  ...NO_EXPORT,
  name: "Qwen/Qwen3-Embedding-8B",
  repository: "Qwen/Qwen3-Embedding-8B",
  space: "Qwen/Qwen3-Embedding-8B",
  dimensions: 4096,
  matryoshka: [4096, 2048, 1024, 512, 256, 128, 64, 32],
  matryoshkaRange: { min: 32, max: 4096 },
  network: {
    parameters: 7_567_295_488,
    layers: 36,
    heads: 32,
    keyValueHeads: 8,
    headDimensions: 128,
    intermediateSize: 12_288,
    vocabulary: 151_665,
  },
};
