import type { VectorSet } from "./engine.ts";
import { rowAt } from "./engine.ts";

/** What each query has to find, by sums in double precision. */
export interface Truth {
  /** For each query the score of its k-th best row: a row that reaches it is right, whichever of equals it is. */
  readonly floors: readonly number[];
  readonly limit: number;
}

/** Scores all rows for all queries. */
export function findTruth(set: VectorSet, queries: readonly Float32Array[], limit: number): Truth {
  const most = Math.min(limit, set.count);
  return { limit: most, floors: queries.map((query) => floorOf(set, query, most)) };
}

function floorOf(set: VectorSet, query: Float32Array, limit: number): number {
  const best = new Float64Array(limit).fill(-Infinity);
  for (let row = 0; row < set.count; row++) {
    const score = scoreOf(set, row, query);
    if (score <= (best[limit - 1] as number)) continue;
    let place = limit - 1;
    for (; place > 0 && (best[place - 1] as number) < score; place--) {
      best[place] = best[place - 1] as number;
    }
    best[place] = score;
  }
  return best[limit - 1] as number;
}

/**
 * Share of the right rows that were found, over all queries. A row that is named twice counts once.
 * @param found rows for each of `queries`
 */
export function recallOf(
  set: VectorSet,
  queries: readonly Float32Array[],
  { floors, limit }: Truth,
  found: readonly (readonly number[])[],
): number {
  let right = 0;
  queries.forEach((query, at) => {
    const rows = [...new Set(found[at])].filter((row) => row >= 0 && row < set.count);
    const good = rows.filter((row) => scoreOf(set, row, query) >= (floors[at] as number));
    right += Math.min(limit, good.length);
  });
  return right / (limit * queries.length);
}

function scoreOf(set: VectorSet, row: number, query: Float32Array): number {
  const { rows, dimensions } = set;
  const offset = row * dimensions;
  let score = 0;
  for (let j = 0; j < dimensions; j++) {
    score += (rows[offset + j] as number) * (query[j] as number);
  }
  return score;
}

/** The queries of a set, one by one. */
export function listRows(set: VectorSet): Float32Array[] {
  return Array.from({ length: set.count }, (_, row) => rowAt(set, row));
}
