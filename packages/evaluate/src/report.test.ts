import { expect, test } from "vitest";
import type { Dataset } from "./dataset.ts";
import type { Outcome } from "./job.ts";
import { formatTable, makeReport, type ReportParts } from "./report.ts";

const dataset: Dataset = {
  name: "made up",
  split: "dev",
  corpus: ["a", "b"].map((id) => ({ id, title: "", text: id })),
  emptyDocuments: 3,
  queries: [
    {
      id: "q",
      text: "q",
      instruction: undefined,
      excluded: [],
      judgements: new Map([
        ["a", 1],
        ["b", 0],
      ]),
    },
  ],
};

const outcome: Outcome = {
  model: { name: "some/model", dimensions: 128 },
  status: { state: "ready" },
  encoded: { documents: 2, seconds: 0.5 },
  resumed: 0,
  passages: 5,
  browser: { userAgent: "a browser", hardwareConcurrency: 2, crossOriginIsolated: true },
};

const parts: ReportParts = {
  dataset,
  mode: "vectors",
  device: "wasm",
  ties: "trec_eval",
  evaluation: {
    figures: { ndcgAt10: 0.94387, recallAt100: 1, mrrAt10: 0.5 },
    tieSensitiveQueries: 0,
    queriesWithoutRelevant: 0,
    shortRankings: 0,
  },
  outcome,
  latencies: [10, 30, 20],
};

test("the table has a line for each figure", () => {
  expect(formatTable(makeReport(parts)).split("\n")).toEqual([
    "data         made up, dev",
    "documents    2, and 3 without a word",
    "queries      1, 2 judgements",
    "model        some/model, 128 dimensions, wasm, vectors",
    "nDCG@10      0.9439",
    "recall@100   1.0000",
    "MRR@10       0.5000",
    "latency      median 20.0 ms, p95 30.0 ms, 3 queries one by one",
    "documents/s  4.00, 2 encoded",
    "ties         trec_eval; another rule would change 0 queries",
  ]);
});

test("a run that had nothing to encode has no speed, and says so", () => {
  const resumed = { ...outcome, encoded: { documents: 0, seconds: 0 }, resumed: 2 };
  const report = makeReport({ ...parts, outcome: resumed, latencies: [] });
  expect(report.encoding.documentsPerSecond).toBeNull();
  expect(formatTable(report)).toContain("documents/s  2 were stored before");
  expect(formatTable(report)).toContain("latency      median not measured");
});

test("passages are counted where there are any, and doubtful queries are pointed out", () => {
  const evaluation = { ...parts.evaluation, queriesWithoutRelevant: 4, shortRankings: 7 };
  const table = formatTable(makeReport({ ...parts, mode: "search", evaluation }));
  expect(table).toContain("documents    2, 5 passages, and 3 without a word");
  expect(table).toContain("note         4 queries have nothing relevant");
  expect(table).toContain("note         7 queries found fewer than 100");
});

test("a search says how its queries were answered, by default as the facade does", () => {
  const search: ReportParts = { ...parts, mode: "search" };
  expect(makeReport(search).retrieval).toBe("hybrid");
  const report = makeReport({ ...search, retrieval: "lexical" });
  expect(report.retrieval).toBe("lexical");
  expect(formatTable(report)).toContain("wasm, search lexical");
  expect(makeReport(parts).retrieval).toBeUndefined();
});
