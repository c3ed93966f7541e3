import type { RepositoryCard } from "@nearfield/core";
import { BERT, graphs } from "./files.ts";

/**
 * Source: the model's documentation. Unverified: the special tokens. The commit's listing has 133 MB in fp32, 66.7 MB in
 * fp16 and 34 MB in q8.
 */
export const gteSmall: RepositoryCard = {
  ...BERT,
  name: "thenlper/gte-small",
  repository: "Xenova/gte-small",
  revision: "b994877d77a60dbc9feffaf1ae39ad367cab43d4",
  licence: "MIT",
  space: "thenlper/gte-small",
  dimensions: 384,
  maxTokens: 512,
  pooling: "mean",
  artifacts: graphs(["fp32", "fp16", "q8"]),
  network: { parameters: 33_400_000 },
};
