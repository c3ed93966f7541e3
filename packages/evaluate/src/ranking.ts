import { compareIds } from "@nearfield/core";

/** A document that was found for a query, and its score. */
export interface ScoredDocument {
  readonly id: string;
  readonly score: number;
}

/** What settles the order of equal scores. */
export type TieRule = "trec_eval" | "id";

/**
 * The order in which documents are judged: score descending; equal scores by `ties`. `"trec_eval"` takes the greater id
 * first, compared byte by byte as UTF-8, because trec_eval does so, whatever rank a run file states. `"id"` is the order in
 * which Nearfield answers: the smaller id first, by UTF-16 code unit.
 */
export function rank(documents: readonly ScoredDocument[], ties: TieRule): string[] {
  const compare = ties === "trec_eval" ? (a: string, b: string) => compareBytes(b, a) : compareIds;
  return documents.toSorted((a, b) => b.score - a.score || compare(a.id, b.id)).map(({ id }) => id);
}

/**
 * Documents of passages: each document once, with the score of its best passage, in the order of their first appearance.
 * The usual way to judge a passage index by documents (Dai and Callan, "Deeper text understanding for IR with contextual
 * neural language modeling", SIGIR 2019: MaxP).
 */
export function bestPassages(passages: Iterable<ScoredDocument>): ScoredDocument[] {
  const best = new Map<string, number>();
  for (const { id, score } of passages) best.set(id, Math.max(score, best.get(id) ?? -Infinity));
  return [...best].map(([id, score]) => ({ id, score }));
}

/** Surrogates, 0xD800 to 0xDFFF, are below the last 8,192 characters as code units, and above all others as code points. */
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;
const END = 0x10000;

/** Order of two well-formed strings by the bytes of their UTF-8, which is the order of their code points. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return weigh(one) - weigh(other);
  }
  return a.length - b.length;
}

/** A code unit moved to where its code point belongs: surrogates to the top, what is above them down. */
function weigh(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit;
  if (unit < AFTER_SURROGATES) return unit + (END - AFTER_SURROGATES);
  return unit - (AFTER_SURROGATES - FIRST_SURROGATE);
}
