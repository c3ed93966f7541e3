import type { RepositoryCard } from "@nearfield/core";
import { BERT, graphs } from "./files.ts";

/**
 * Source: the model's documentation. CLS, not mean; 384 components, although the metadata of a benchmark say 512. The
 * prompt is for queries only and ends with a space. Unverified: that the prompt stands in no file of the repository, the
 * special tokens. The commit's listing has 133 MB in fp32, 66.7 MB in fp16 and 34 MB in q8.
 */
export const bgeSmallEnV15: RepositoryCard = {
  ...BERT,
  name: "BAAI/bge-small-en-v1.5",
  repository: "Xenova/bge-small-en-v1.5",
  revision: "b7ad92a45a298ac620504489f28ecb6ac66ad67c",
  licence: "MIT",
  space: "BAAI/bge-small-en-v1.5",
  dimensions: 384,
  maxTokens: 512,
  prompts: { query: "Represent this sentence for searching relevant passages: ", document: "" },
  pooling: "cls",
  artifacts: graphs(["fp32", "fp16", "q8"]),
  network: { parameters: 33_400_000 },
};
