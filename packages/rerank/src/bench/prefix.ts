// What reading the prefix once is worth: the same candidates with and without it. Driven by `bench.mjs`.
import type { RerankerCard } from "@nearfield/core";
import { readToyReranker } from "@nearfield/testing/toy-reranker";
import { RerankClient } from "../client.ts";

export interface PrefixSizes {
  readonly candidates: number;
  /** Tokens of what is the same for all candidates, and of each candidate. */
  readonly prefixTokens: number;
  readonly passageTokens: number;
}

/** Scores all candidates once, in one of two ways; gives the scores. */
export type ScoreOnce = (reusePrefix: boolean) => Promise<readonly number[]>;

/** Loads the toy reranker on WASM, with one thread. */
export async function openPrefixBench(sizes: PrefixSizes): Promise<ScoreOnce> {
  const toy = await readToyReranker();
  const client = new RerankClient({ card: shortCard(toy.card), device: "wasm", threads: 1 });
  const query = digitsOf(sizes.prefixTokens, 0);
  const passages = Array.from({ length: sizes.candidates }, (_, at) =>
    digitsOf(sizes.passageTokens, at + 1),
  );
  return async (reusePrefix) => [
    ...(await client.score(query, passages, { strategy: { reusePrefix, batching: "alone" } })),
  ];
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
