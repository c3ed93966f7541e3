import { RetrievalError, type ScanHits, type ScanTarget } from "@nearfield/core";
import { EXACT, isExact, nextEffort, type Effort } from "./effort.ts";

/** What the best known use of a search shows: a first page of hits. */
const DEFAULT_LIMIT = 10;

export interface RecallOptions {
  /** Hits that each query asks for. Default: 10. */
  readonly limit?: number | undefined;
  /** What to search. Default: all rows. Each row is read once where no 8-bit codes are held: some blocks may do. */
  readonly targets?: readonly ScanTarget[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `CompactScanner.measureRecall` found. Plain data: it can be stored and sent. */
export interface RecallReport {
  /** Share of the true hits that were found, from 0 to 1. */
  readonly recall: number;
  /** What it was held against. */
  readonly target: number;
  /** Hits that each query asked for: this is the recall "at" that number. */
  readonly limit: number;
  /** Number of queries in the sample. */
  readonly queries: number;
  /** Half the width of the interval around an estimate, in standard deviations; null where the search became exact. */
  readonly deviations: number | null;
}

/** A search of some effort over some targets. */
export type Search = (effort: Effort, limit: number) => Promise<readonly ScanHits[]>;

/**
 * Raises the effort until `search` finds the share `target` of what the exact search finds, which it does with the greatest.
 *
 * @throws RetrievalError `ABORTED`.
 */
export async function raiseEffort(
  from: Effort,
  target: number,
  { limit = DEFAULT_LIMIT, signal }: RecallOptions,
  search: Search,
): Promise<{ readonly effort: Effort; readonly report: RecallReport }> {
  throwIfAborted(signal);
  const truth = await search(EXACT, limit);
  for (let effort = from; ; effort = nextEffort(effort) ?? EXACT) {
    throwIfAborted(signal);
    // oxlint-disable-next-line no-await-in-loop -- the next effort depends on what this one finds
    const found = isExact(effort) ? truth : await search(effort, limit);
    const recall = shareOf(truth, found, limit);
    if (recall < target && !isExact(effort)) continue;
    const deviations = isExact(effort) ? null : effort.deviations;
    return { effort, report: { recall, target, limit, queries: truth.length, deviations } };
  }
}

/** Share of the `limit` best that was found. A hit counts by its score, which is exact: which of two equal rows it is does not matter. */
function shareOf(truth: readonly ScanHits[], found: readonly ScanHits[], limit: number): number {
  let asked = 0;
  let met = 0;
  for (const [i, { scores }] of truth.entries()) {
    const most = Math.min(limit, scores.length);
    const bar = scores[most - 1] ?? Infinity;
    asked += most;
    met += Math.min(most, found[i]?.scores.filter((score) => score >= bar).length ?? 0);
  }
  return asked === 0 ? 1 : met / asked;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new RetrievalError("ABORTED", "the measurement was aborted", {
    repair: "Measure again when there is time.",
    cause: signal.reason,
  });
}
