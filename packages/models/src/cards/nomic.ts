import type { RepositoryCard } from "@nearfield/core";
import { BERT, graphs } from "./files.ts";

/**
 * Source: the model's documentation and the benchmark's wrapper: mean, layer norm over the whole vector, unit length. q8 is
 * about 130 MB. Unverified: that the cut stands between layer norm and unit length, the layer norm's epsilon (PyTorch's
 * default), the list of files, the special tokens.
 */
export const nomicEmbedTextV15: RepositoryCard = {
  ...BERT,
  name: "nomic-ai/nomic-embed-text-v1.5",
  repository: "nomic-ai/nomic-embed-text-v1.5",
  licence: "Apache-2.0",
  space: "nomic-ai/nomic-embed-text-v1.5",
  dimensions: 768,
  matryoshka: [768, 512, 256, 128, 64],
  matryoshkaRange: { min: 64, max: 768 },
  maxTokens: 8192,
  prompts: { query: "search_query: ", document: "search_document: " },
  pooling: "mean",
  head: [{ kind: "layer-norm", on: "pooled", epsilon: 1e-5 }],
  artifacts: graphs(["fp32", "fp16", "q8"]),
  network: { parameters: 137_000_000 },
};
