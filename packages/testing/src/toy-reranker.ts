import { sha256, type ModelFile, type RerankerCard, type YesNoScoring } from "@nearfield/core";

/** A reranker with random weights and what it must give; see `models/README.md`. */
export interface ToyReranker {
  readonly card: RerankerCard;
  /** 8 queries × 8 documents. */
  readonly queries: readonly string[];
  readonly documents: readonly string[];
  /** Row = query, column = document. */
  readonly scores: readonly (readonly number[])[];
  /** Tokens of each pair, template included. */
  readonly tokens: readonly (readonly number[])[];
}

interface Reference {
  readonly instruction: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly separator: string;
  readonly pairs: readonly {
    readonly query: string;
    readonly document: string;
    readonly tokens: number;
    readonly score: number;
  }[];
}

const FILES = {
  graph: new URL("../models/toy-qwen3-reranker/model.onnx", import.meta.url),
  tokenizer: new URL("../models/toy-qwen3-reranker/tokenizer.json", import.meta.url),
  tokenizerConfig: new URL("../models/toy-qwen3-reranker/tokenizer_config.json", import.meta.url),
  scores: new URL("../models/toy-qwen3-reranker/scores.json", import.meta.url),
};
/** A query and two passages that are beyond 32 tokens with their template, where kernels begin to differ. */
const KNOWN = { queries: 1, documents: 3 } as const;

/** Reads the toy reranker; its card is made from the files as they are. In a browser only. */
export async function readToyReranker(): Promise<ToyReranker> {
  const reference = (await (await fetch(FILES.scores)).json()) as Reference;
  const { pairs, separator } = reference;
  const queries = [...new Set(pairs.map(({ query }) => query))];
  const documents = [...new Set(pairs.map(({ document }) => document))];
  const table = (pick: (pair: (typeof pairs)[number]) => number) =>
    queries.map((query) =>
      documents.map((document) => {
        const pair = pairs.find((one) => one.query === query && one.document === document);
        return pick(pair as (typeof pairs)[number]);
      }),
    );
  const scores = table(({ score }) => score);
  const scoring: YesNoScoring = {
    kind: "yes-no",
    prefix: reference.prefix,
    body: `<Instruct>: {instruction}${separator}<Query>: {query}${separator}<Document>: {passage}`,
    suffix: reference.suffix,
    instruction: reference.instruction,
    yes: "yes",
    no: "no",
  };
  const artifact = { graph: await fileAt(FILES.graph), data: [] };
  const card: RerankerCard = {
    name: "toy-qwen3-reranker",
    version: "0",
    licence: "Apache-2.0",
    maxTokens: 1024,
    scoring,
    artifacts: { wasm: artifact, webgpu: artifact },
    tokenizer: await fileAt(FILES.tokenizer),
    tokenizerConfig: await fileAt(FILES.tokenizerConfig),
    knownScores: {
      queries: queries.slice(0, KNOWN.queries),
      documents: documents.slice(0, KNOWN.documents),
      scores: scores.slice(0, KNOWN.queries).map((row) => row.slice(0, KNOWN.documents)),
      tolerance: 0.001,
    },
  };
  return { card, queries, documents, scores, tokens: table(({ tokens }) => tokens) };
}

async function fileAt(url: URL): Promise<ModelFile> {
  const bytes = await (await fetch(url)).arrayBuffer();
  return { url: url.href, byteLength: bytes.byteLength, sha256: await sha256(bytes) };
}
