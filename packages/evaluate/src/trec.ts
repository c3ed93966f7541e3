import { RetrievalError } from "@nearfield/core";
import type { ScoredDocument } from "./ranking.ts";

/**
 * One query of a run in the form that trec_eval reads: query, `Q0`, document, rank, score, name of the run. trec_eval ignores
 * the rank and sorts by score, so the score is written with all its digits.
 * @throws RetrievalError `INVALID_OPTION` for an id with white space, which the form has no way to write
 */
export function formatRun(
  queryId: string,
  documents: readonly ScoredDocument[],
  run: string,
): string {
  const spaced = [queryId, run, ...documents.map(({ id }) => id)].find((one) => /\s/.test(one));
  if (spaced !== undefined) {
    throw new RetrievalError("INVALID_OPTION", "a run file can not hold an id with white space", {
      value: spaced,
      repair: "Leave out the run file.",
    });
  }
  return documents
    .map(({ id, score }, at) => `${queryId} Q0 ${id} ${at + 1} ${score} ${run}\n`)
    .join("");
}
