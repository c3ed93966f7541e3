import type { Dataset } from "./dataset.ts";
import type { Evaluation, Figures } from "./evaluation.ts";
import type { EvaluationMode, Job, Outcome } from "./job.ts";
import { median, quantile } from "./quantile.ts";
import type { TieRule } from "./ranking.ts";

/** Everything that an evaluation found, as it is written to JSON. */
export interface Report {
  readonly dataset: { readonly name: string; readonly split: string };
  readonly mode: EvaluationMode;
  /** In `search` mode: how queries were answered. */
  readonly retrieval: Job["retrieval"];
  readonly model: Outcome["model"];
  readonly device: string;
  readonly counts: {
    readonly documents: number;
    readonly emptyDocuments: number;
    readonly passages: number;
    readonly queries: number;
    readonly judgements: number;
    readonly queriesWithoutRelevant: number;
    readonly shortRankings: number;
  };
  readonly figures: Figures;
  readonly ties: { readonly rule: TieRule; readonly sensitiveQueries: number };
  readonly latencyMs: {
    readonly median: number | null;
    readonly p95: number | null;
    readonly queries: number;
  };
  readonly encoding: {
    /** By this run; null where it had nothing to encode. */
    readonly documentsPerSecond: number | null;
    readonly documents: number;
    readonly seconds: number;
    /** Documents that an earlier run had stored. */
    readonly resumed: number;
  };
  readonly status: unknown;
  readonly browser: Outcome["browser"];
}

/** What {@link makeReport} is made from. */
export interface ReportParts {
  readonly dataset: Dataset;
  readonly mode: EvaluationMode;
  readonly retrieval?: Job["retrieval"];
  readonly device: string;
  readonly ties: TieRule;
  readonly evaluation: Evaluation;
  readonly outcome: Outcome;
  /** Times of single queries, in milliseconds. */
  readonly latencies: readonly number[];
}

/** The report of a finished evaluation. */
export function makeReport(parts: ReportParts): Report {
  const { dataset, mode, device, ties, evaluation, outcome, latencies } = parts;
  // What the facade does where nothing is said.
  const retrieval = mode === "search" ? (parts.retrieval ?? "hybrid") : undefined;
  const { documents, seconds } = outcome.encoded;
  return {
    dataset: { name: dataset.name, split: dataset.split },
    mode,
    retrieval,
    model: outcome.model,
    device,
    counts: {
      documents: dataset.corpus.length,
      emptyDocuments: dataset.emptyDocuments,
      passages: outcome.passages,
      queries: dataset.queries.length,
      judgements: dataset.queries.reduce((sum, { judgements }) => sum + judgements.size, 0),
      queriesWithoutRelevant: evaluation.queriesWithoutRelevant,
      shortRankings: evaluation.shortRankings,
    },
    figures: evaluation.figures,
    ties: { rule: ties, sensitiveQueries: evaluation.tieSensitiveQueries },
    latencyMs: {
      median: median(latencies),
      p95: quantile(latencies, 0.95),
      queries: latencies.length,
    },
    encoding: {
      documentsPerSecond: documents > 0 && seconds > 0 ? documents / seconds : null,
      documents,
      seconds,
      resumed: outcome.resumed,
    },
    status: outcome.status,
    browser: outcome.browser,
  };
}

/** A report for people: a line for each figure, names and values in two columns. */
export function formatTable(report: Report): string {
  const { dataset, counts, model, figures, latencyMs, encoding, ties } = report;
  const rows: [string, string][] = [
    ["data", `${dataset.name}, ${dataset.split}`],
    ["documents", countsOf(report)],
    ["queries", `${counts.queries}, ${counts.judgements} judgements`],
    ["model", `${model.name}, ${model.dimensions} dimensions, ${report.device}, ${modeOf(report)}`],
    ["nDCG@10", figures.ndcgAt10.toFixed(4)],
    ["recall@100", figures.recallAt100.toFixed(4)],
    ["MRR@10", figures.mrrAt10.toFixed(4)],
    [
      "latency",
      `median ${milliseconds(latencyMs.median)}, p95 ${milliseconds(latencyMs.p95)}, ${latencyMs.queries} queries one by one`,
    ],
    ["documents/s", speedOf(encoding)],
    ["ties", `${ties.rule}; another rule would change ${ties.sensitiveQueries} queries`],
  ];
  if (counts.queriesWithoutRelevant > 0) {
    rows.push([
      "note",
      `${counts.queriesWithoutRelevant} queries have nothing relevant, and count as 0`,
    ]);
  }
  if (counts.shortRankings > 0) {
    rows.push(["note", `${counts.shortRankings} queries found fewer than 100 of the documents`]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

function countsOf({ counts, mode }: Report): string {
  const passages = mode === "search" ? `, ${counts.passages} passages` : "";
  const empty = counts.emptyDocuments > 0 ? `, and ${counts.emptyDocuments} without a word` : "";
  return `${counts.documents}${passages}${empty}`;
}

function modeOf({ mode, retrieval }: Report): string {
  return retrieval === undefined ? mode : `${mode} ${retrieval}`;
}

function speedOf({ documentsPerSecond, documents, resumed }: Report["encoding"]): string {
  const stored = resumed > 0 ? `${resumed} were stored before` : "";
  if (documentsPerSecond === null) return stored || "nothing to encode";
  return [`${documentsPerSecond.toFixed(2)}, ${documents} encoded`, stored]
    .filter(Boolean)
    .join(", ");
}

function milliseconds(value: number | null): string {
  return value === null ? "not measured" : `${value.toFixed(1)} ms`;
}
