/** What people said of a query's documents: relevance by document id. Above 0 is relevant; what is absent was not judged. */
export type Judgements = ReadonlyMap<string, number>;

/**
 * Normalized discounted cumulative gain of the first `depth` documents, 0 to 1: the gain of a document is its relevance
 * itself, divided by log2(rank + 1), and the sum is divided by that of the best possible order. 0 where nothing is relevant.
 *
 * This is `ndcg_cut` of trec_eval 9 (linear gain), after Järvelin and Kekäläinen, "Cumulated gain-based evaluation of
 * IR techniques", ACM TOIS 20 (2002); the exponential gain of other tools (2^relevance - 1) differs where relevance is graded.
 * A relevance below 0 means "in the pool, not judged" there, and counts as 0.
 */
export function ndcgAt(depth: number, ranking: readonly string[], judgements: Judgements): number {
  const ideal = discount([...judgements.values()].toSorted((a, b) => b - a).slice(0, depth));
  if (ideal === 0) return 0;
  return discount(ranking.slice(0, depth).map((id) => judgements.get(id) ?? 0)) / ideal;
}

/** Share of all relevant documents that are among the first `depth`, 0 to 1. 0 where nothing is relevant. */
export function recallAt(
  depth: number,
  ranking: readonly string[],
  judgements: Judgements,
): number {
  const relevant = [...judgements.values()].filter((relevance) => relevance > 0).length;
  if (relevant === 0) return 0;
  return ranking.slice(0, depth).filter((id) => isRelevant(id, judgements)).length / relevant;
}

/** 1 / rank of the first relevant document, where that is among the first `depth`; else 0. Its mean is MRR. */
export function reciprocalRankAt(
  depth: number,
  ranking: readonly string[],
  judgements: Judgements,
): number {
  const at = ranking.slice(0, depth).findIndex((id) => isRelevant(id, judgements));
  return at < 0 ? 0 : 1 / (at + 1);
}

function discount(gains: readonly number[]): number {
  return gains.reduce((sum, gain, at) => sum + Math.max(0, gain) / Math.log2(at + 2), 0);
}

function isRelevant(id: string, judgements: Judgements): boolean {
  return (judgements.get(id) ?? 0) > 0;
}
