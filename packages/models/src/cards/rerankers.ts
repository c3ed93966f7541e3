// The rerankers that have a card here.
import type { RerankerRepositoryCard, YesNoScoring } from "@nearfield/core";
import { graphs, TOKENIZER, UNPINNED } from "./files.ts";
import { WEB_SEARCH } from "./qwen3.ts";

/**
 * Source: the repository's README and its example for transformers, which have one line break between the fields of the body;
 * its example for vLLM and its evaluation script have two, and scores differ slightly. The spelling `<Instruct>` is the
 * trained one. The passage loses its end where the whole is too long.
 */
export const QWEN3_RERANKER: YesNoScoring = {
  kind: "yes-no",
  prefix:
    '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n',
  body: "<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {passage}",
  suffix: "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
  instruction: WEB_SEARCH,
  yes: "yes",
  no: "no",
};

/** The examples cut at 8,192 tokens; the network reads 40,960 (position limit of the 8B unverified). */
const QWEN3 = {
  ...TOKENIZER,
  revision: UNPINNED,
  licence: "Apache-2.0",
  maxTokens: 8192,
  scoring: QWEN3_RERANKER,
} as const;

/**
 * The export is documented to have `model_quantized` (dynamic int8) and `model_q4`, with `GroupQueryAttention`, and no fp16 or
 * fp32. Unverified: whether either has its weights in a file of its own. Dynamic int8 is said to shift the confidence by
 * more than 0.3 on about a fifth of the questions between two kinds of processors, so that 4 bits go first.
 */
export const qwen3Reranker06B: RerankerRepositoryCard = {
  ...QWEN3,
  name: "Qwen/Qwen3-Reranker-0.6B",
  repository: "onnx-community/Qwen3-Reranker-0.6B-ONNX",
  artifacts: graphs(["q4", "q8"]),
  dtypeLimits: [
    { dtype: "q8", reason: "dynamic int8 is reported to move scores by more than 0.3" },
  ],
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

/** No export in this layout is known; what it would take can be calculated. */
export const qwen3Reranker4B: RerankerRepositoryCard = {
  ...QWEN3,
  name: "Qwen/Qwen3-Reranker-4B",
  repository: "Qwen/Qwen3-Reranker-4B",
  artifacts: [],
  network: {
    parameters: 4_021_784_576,
    layers: 36,
    heads: 32,
    keyValueHeads: 8,
    headDimensions: 128,
    intermediateSize: 9728,
    vocabulary: 151_669,
  },
};

/** As the 4B; its head is a matrix of its own. */
export const qwen3Reranker8B: RerankerRepositoryCard = {
  ...QWEN3,
  name: "Qwen/Qwen3-Reranker-8B",
  repository: "Qwen/Qwen3-Reranker-8B",
  artifacts: [],
  network: {
    parameters: 8_188_548_096,
    layers: 36,
    heads: 32,
    keyValueHeads: 8,
    headDimensions: 128,
    intermediateSize: 12_288,
    vocabulary: 151_669,
  },
};

const CROSS_ENCODER = {
  ...TOKENIZER,
  revision: UNPINNED,
  licence: "Apache-2.0",
  languages: ["en"],
  scoring: { kind: "pair", activation: "sigmoid" },
} as const;

/**
 * q8 is documented with 23.1 MB. Unverified: fp32 in the repository, 512 tokens, and that the logit is one; the model's own
 * examples give the bare logit, which sigmoid puts between 0 and 1 without changing an order.
 */
export const msMarcoMiniLmL6: RerankerRepositoryCard = {
  ...CROSS_ENCODER,
  name: "cross-encoder/ms-marco-MiniLM-L-6-v2",
  repository: "Xenova/ms-marco-MiniLM-L-6-v2",
  maxTokens: 512,
  artifacts: graphs(["fp32", "q8"]),
};

/** Unverified: files and length; it is documented to be small and for English. */
export const jinaRerankerV1TinyEn: RerankerRepositoryCard = {
  ...CROSS_ENCODER,
  name: "jinaai/jina-reranker-v1-tiny-en",
  repository: "jinaai/jina-reranker-v1-tiny-en",
  maxTokens: 8192,
  artifacts: graphs(["fp32", "q8"]),
};

/** All rerankers that have a card here, by the name of their own repository. */
export const RERANKER_CARDS: ReadonlyMap<string, RerankerRepositoryCard> = new Map(
  [qwen3Reranker06B, qwen3Reranker4B, qwen3Reranker8B, msMarcoMiniLmL6, jinaRerankerV1TinyEn].map(
    (card) => [card.name, card],
  ),
);

/**
 * Finds a reranker's card: by the model's own repository or that of its export, with or without the owner; upper and lower case are the
 * same. Undefined for a name that is not known: its repository may still tell all, see `rerankerFromRepository`.
 */
export function findReranker(name: string): RerankerRepositoryCard | undefined {
  const key = name.trim().toLowerCase();
  const isKey = (full: string): boolean =>
    full === key || full.slice(full.indexOf("/") + 1) === key;
  return [...RERANKER_CARDS.values()].find((card) =>
    [card.name, card.repository].some((full) => isKey(full.toLowerCase())),
  );
}
