import type { Dataset, EvaluationQuery } from "./dataset.ts";
import { ndcgAt, recallAt, reciprocalRankAt } from "./metrics.ts";
import { rank, type ScoredDocument, type TieRule } from "./ranking.ts";

/** Means over all queries that have judgements, each 0 to 1. */
export interface Figures {
  readonly ndcgAt10: number;
  readonly recallAt100: number;
  readonly mrrAt10: number;
}

export interface Evaluation {
  readonly figures: Figures;
  /** Queries with a figure that the other tie rule would change. 0: the order of equal scores does not matter. */
  readonly tieSensitiveQueries: number;
  /** Queries none of whose documents was judged relevant. They count as 0 in each mean, as in trec_eval. */
  readonly queriesWithoutRelevant: number;
  /** Queries for which fewer documents were found than there are, and fewer than the 100 that recall looks at. */
  readonly shortRankings: number;
}

/** How far down the figures look. */
export const DEPTHS = { ndcg: 10, recall: 100, mrr: 10 } as const;

/**
 * Judges what was found. A query's excluded documents are taken out first, as BRIGHT does it.
 * @param found by query id, in any order; a query that is missing counts as one that found nothing
 */
export function evaluate(
  dataset: Dataset,
  found: ReadonlyMap<string, readonly ScoredDocument[]>,
  ties: TieRule,
): Evaluation {
  const other: TieRule = ties === "id" ? "trec_eval" : "id";
  const sum = { ndcgAt10: 0, recallAt100: 0, mrrAt10: 0 };
  const counts = { tieSensitiveQueries: 0, queriesWithoutRelevant: 0, shortRankings: 0 };
  for (const query of dataset.queries) {
    const documents = withoutExcluded(found.get(query.id) ?? [], query);
    const figures = judge(rank(documents, ties), query);
    const otherwise = judge(rank(documents, other), query);
    const keys = Object.keys(sum) as (keyof Figures)[];
    for (const key of keys) sum[key] += figures[key];
    if (keys.some((key) => figures[key] !== otherwise[key])) counts.tieSensitiveQueries++;
    if (![...query.judgements.values()].some((relevance) => relevance > 0)) {
      counts.queriesWithoutRelevant++;
    }
    const findable = dataset.corpus.length - query.excluded.length;
    if (documents.length < Math.min(DEPTHS.recall, findable)) counts.shortRankings++;
  }
  const { length } = dataset.queries;
  const figures = {
    ndcgAt10: sum.ndcgAt10 / length,
    recallAt100: sum.recallAt100 / length,
    mrrAt10: sum.mrrAt10 / length,
  };
  return { figures, ...counts };
}

/** What was found for a query, less what must not be found. */
export function withoutExcluded(
  documents: readonly ScoredDocument[],
  { excluded }: EvaluationQuery,
): readonly ScoredDocument[] {
  if (excluded.length === 0) return documents;
  const barred = new Set(excluded);
  return documents.filter(({ id }) => !barred.has(id));
}

function judge(ranking: readonly string[], { judgements }: EvaluationQuery): Figures {
  return {
    ndcgAt10: ndcgAt(DEPTHS.ndcg, ranking, judgements),
    recallAt100: recallAt(DEPTHS.recall, ranking, judgements),
    mrrAt10: reciprocalRankAt(DEPTHS.mrr, ranking, judgements),
  };
}
