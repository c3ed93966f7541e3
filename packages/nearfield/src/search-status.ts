import type { Degradation } from "@nearfield/index";
import { precisionOf } from "./precision.ts";
import type { ReasonStage } from "./reason-stage.ts";
import type { RerankStage } from "./rerank-stage.ts";
import type { ChangeStatus, EncoderStatus, SearchStatus } from "./status.ts";
import type { Succession } from "./succession.ts";

/** What a search is made of, as far as its status tells of it. */
export interface DescribedSearch {
  readonly name: string;
  readonly isClosed: boolean;
  readonly isPersistent: boolean;
  readonly succession: Succession;
  readonly rerank: RerankStage | undefined;
  readonly reason: ReasonStage | undefined;
}

/** What is open, on which devices and why, how much is stored and how safely. */
export function describeSearch(search: DescribedSearch): SearchStatus {
  const { succession, rerank, reason, isPersistent } = search;
  const { serving, status: change } = succession;
  const { model, query, document, report } = serving;
  const { entries, rows, generation, persistence, degraded, scanner, scannerReason } = report;
  const stages = [reason?.degradation, rerank?.degradation];
  return {
    name: search.name,
    state: search.isClosed ? "closed" : "open",
    model,
    change,
    devices: { query: query.status(), document: document.status() },
    reason: reason?.status() ?? null,
    rerank: rerank?.status() ?? null,
    scanner,
    scannerReason,
    ...precisionOf(report),
    counts: { documents: entries, passages: rows, generation },
    persistence: persistence === "best-effort" && isPersistent ? "persistent" : persistence,
    degraded: [
      ...degraded,
      ...(change ? degradationsOf(change, query.status()) : []),
      ...stages.filter((one) => one !== undefined),
    ],
  };
}

/** What a change of model means for who asks. */
function degradationsOf(change: ChangeStatus, query: EncoderStatus): readonly Degradation[] {
  const { state, failure, to } = change;
  const stopped = failure && {
    code: failure.code,
    message: `the index could not be encoded anew for ${to?.name ?? "the new model"}: ${failure.message}`,
  };
  const mute = query.failure && {
    code: query.failure.code,
    message: `the model that made the index can not be loaded, so that queries have no answer ${
      state === "failed" ? "" : "until it is encoded anew"
    }: ${query.failure.message}`,
  };
  return [stopped, mute].filter((one) => one !== null);
}
