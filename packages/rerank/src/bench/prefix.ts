// What reading the prefix once is worth: the same candidates with and without it. Driven by `bench.mjs`.
import { sha256, type RerankerCard } from "@nearfield/core";
import { readToyReranker } from "@nearfield/testing/toy-reranker";
import { RerankClient } from "../client.ts";
import { writeLayer } from "./layer.ts";

export interface PrefixSizes {
  readonly candidates: number;
  /** Tokens of what is the same for all candidates, and of each candidate. */
  readonly prefixTokens: number;
  readonly passageTokens: number;
}

/** Scores all candidates once, in one of two ways; gives the scores. */
export type ScoreOnce = (reusePrefix: boolean) => Promise<readonly number[]>;

/** Whose work is measured: the toy's, or that of one layer of the real size. */
export type BenchModel = "toy" | "layer-fp32" | "layer-q4";

/** Loads a reranker on WASM, with one thread. */
export async function openPrefixBench(model: BenchModel, sizes: PrefixSizes): Promise<ScoreOnce> {
  const card = await cardOf(model);
  const client = new RerankClient({ card, device: "wasm", threads: 1 });
  const query = digitsOf(sizes.prefixTokens, 0);
  const passages = Array.from({ length: sizes.candidates }, (_, at) =>
    digitsOf(sizes.passageTokens, at + 1),
  );
  return async (reusePrefix) => [
    ...(await client.score(query, passages, { strategy: { reusePrefix, batching: "alone" } })),
  ];
}

/** Tokens of the toy's tokenizer. */
const VOCABULARY = 1_617;

async function cardOf(model: BenchModel): Promise<RerankerCard> {
  const card = shortCard((await readToyReranker()).card);
  if (model === "toy") return card;
  const bytes = writeLayer(VOCABULARY, model === "layer-q4" ? "q4" : "fp32");
  const url = URL.createObjectURL(new Blob([bytes]));
  const graph = { url, byteLength: bytes.byteLength, sha256: await sha256(bytes.buffer) };
  return { ...card, name: model, artifacts: { wasm: { graph, data: [] } } };
}

/** A template without a text of its own, so that the lengths are those that are named. */
function shortCard(card: RerankerCard): RerankerCard {
  if (card.scoring.kind !== "yes-no") throw new TypeError("the toy answers yes or no");
  const scoring = { ...card.scoring, prefix: "", suffix: "", body: "{query}{passage}" };
  return { ...card, scoring, knownScores: undefined };
}

/** A digit is one token for this tokenizer. The first of each seed up to 9 differs, so that no more than the query is shared. */
function digitsOf(tokens: number, seed: number): string {
  const digits = Array.from({ length: tokens }, (_, at) => (at * 7 + seed * (1 + (at % 5))) % 10);
  return digits.join("");
}
