import type { RepositoryCard, Towers } from "@nearfield/core";
import { ARCTIC_M_SPACE, ARCTIC_PROMPTS, arcticEmbedMV15 } from "./arctic.ts";
import { BERT, graphs } from "./files.ts";

/**
 * A six-layer MiniLM that was trained towards the vectors of arctic-embed-m-v1.5. Source: its paper (arXiv 2509.12539) and
 * documentation: mean, then a linear layer from 384 to 768; without that layer the vectors are of another space. It is said
 * to inherit its teacher's Matryoshka length. Unverified: that the layer has a bias and its weights as safetensors, the
 * name of the export's output (an export of the whole chain would have `sentence_embedding` and no use for the layer), the
 * list of files, the special tokens.
 */
export const mdbrLeafIr: RepositoryCard = {
  ...BERT,
  name: "MongoDB/mdbr-leaf-ir",
  repository: "MongoDB/mdbr-leaf-ir",
  licence: "Apache-2.0",
  space: ARCTIC_M_SPACE,
  dimensions: 768,
  matryoshka: [768, 256],
  maxTokens: 512,
  prompts: ARCTIC_PROMPTS,
  hiddenSize: 384,
  pooling: "mean",
  head: [
    {
      kind: "dense",
      on: "pooled",
      inDimensions: 384,
      outDimensions: 768,
      bias: true,
      activation: "identity",
      weights: { path: "2_Dense/model.safetensors" },
    },
  ],
  artifacts: graphs(["fp32", "q8"]),
  network: { parameters: 22_700_000, layers: 6 },
};

/**
 * Small queries against the teacher's documents: 54.03 on BEIR, where the small model alone has 53.55 and its teacher 55.16.
 * The repository of this name holds both towers; here each comes from its own.
 */
export const mdbrLeafIrAsym: Towers<RepositoryCard> = {
  query: mdbrLeafIr,
  document: arcticEmbedMV15,
};
