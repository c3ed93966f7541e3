import type { RowKey } from "@nearfield/core";

/** A row that was found by its vector or by its words, with both of its scores. */
export interface Candidate extends RowKey {
  readonly dense: number;
  readonly lexical: number;
}

/** Rows that each of the two may propose; more change nothing that was measured. */
export const CANDIDATES = 200;

/**
 * What meaning counts for; words count for the rest. Measured best on CISI and the pool of TREC DL 2021, where fusion of
 * scores was better than of ranks (see docs/ranking.md).
 */
const DENSE_SHARE = 0.65;

/**
 * The score of each candidate by meaning and by words, 0 to 1, comparable within one answer only. Either part is a share of the
 * way from the least to the best that this query met; for words the least is 0, to have none of them. So it does not matter how
 * near to one another a model puts all its vectors. Source: Bruch, Gai and Ingber, "An analysis of fusion functions for
 * hybrid retrieval", 2023 (convex combination).
 */
export function fuse(candidates: readonly Candidate[]): number[] {
  let least = Infinity;
  let most = -Infinity;
  let words = 0;
  for (const { dense, lexical } of candidates) {
    least = Math.min(least, dense);
    most = Math.max(most, dense);
    words = Math.max(words, lexical);
  }
  return candidates.map(({ dense, lexical }) => {
    const meant = most > least ? (dense - least) / (most - least) : 1;
    const said = words > 0 ? lexical / words : 0;
    return DENSE_SHARE * meant + (1 - DENSE_SHARE) * said;
  });
}
