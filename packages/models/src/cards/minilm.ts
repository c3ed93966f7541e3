import type { RepositoryCard } from "@nearfield/core";
import { BERT, graphs } from "./files.ts";

/**
 * Source: the repository's own sentence-transformers files. 256 tokens, although the network has 512 positions. The export
 * is said to be 90.4 MB in fp32, 45.3 MB in fp16 and 23 MB in q8.
 */
export const allMiniLmL6V2: RepositoryCard = {
  ...BERT,
  name: "sentence-transformers/all-MiniLM-L6-v2",
  repository: "Xenova/all-MiniLM-L6-v2",
  licence: "Apache-2.0",
  space: "sentence-transformers/all-MiniLM-L6-v2",
  dimensions: 384,
  maxTokens: 256,
  requiredTokens: { before: [{ text: "[CLS]", id: 101 }], after: [{ text: "[SEP]", id: 102 }] },
  pooling: "mean",
  artifacts: graphs(["fp32", "fp16", "q8"]),
  network: {
    parameters: 22_700_000,
    layers: 6,
    heads: 12,
    intermediateSize: 1536,
    vocabulary: 30_522,
  },
};
