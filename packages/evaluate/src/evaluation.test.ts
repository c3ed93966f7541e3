import { expect, test } from "vitest";
import type { Dataset, EvaluationQuery } from "./dataset.ts";
import { evaluate, withoutExcluded } from "./evaluation.ts";

const query = (
  id: string,
  judgements: Record<string, number>,
  excluded: string[] = [],
): EvaluationQuery => ({
  id,
  text: id,
  instruction: undefined,
  excluded,
  judgements: new Map(Object.entries(judgements)),
});

const dataset = (queries: EvaluationQuery[], ids = ["a", "b", "c", "d"]): Dataset => ({
  name: "made up",
  split: "test",
  corpus: ids.map((id) => ({ id, title: "", text: id })),
  emptyDocuments: 0,
  queries,
});

const found = (entries: Record<string, Record<string, number>>) =>
  new Map(
    Object.entries(entries).map(([id, scores]) => [
      id,
      Object.entries(scores).map(([document, score]) => ({ id: document, score })),
    ]),
  );

test("figures are means over all queries that have judgements", () => {
  const data = dataset([query("one", { a: 1 }), query("two", { a: 1, b: 1 })]);
  const { figures } = evaluate(
    data,
    found({ one: { a: 0.9, b: 0.1, c: 0, d: 0 }, two: { c: 0.9, a: 0.8, d: 0.7 } }),
    "trec_eval",
  );
  // One: all at rank 1. Two: a at rank 2, b not found.
  expect(figures.ndcgAt10).toBeCloseTo((1 + 0.6309298 / 1.6309298) / 2, 6);
  expect(figures.recallAt100).toBe((1 + 0.5) / 2);
  expect(figures.mrrAt10).toBe((1 + 0.5) / 2);
});

test("a query that found nothing, and one that has nothing relevant, count as 0", () => {
  const data = dataset([query("lost", { a: 1 }), query("vain", { a: 0 }), query("well", { a: 1 })]);
  const result = evaluate(data, found({ vain: { a: 1 }, well: { a: 1 } }), "trec_eval");
  expect(result.figures).toEqual({ ndcgAt10: 1 / 3, recallAt100: 1 / 3, mrrAt10: 1 / 3 });
  expect(result.queriesWithoutRelevant).toBe(1);
});

test("excluded documents are taken out before ranks are counted", () => {
  const one = query("one", { b: 1 }, ["a"]);
  const scores = found({ one: { a: 0.9, b: 0.8, c: 0.1, d: 0 } });
  expect(evaluate(dataset([one]), scores, "trec_eval").figures.mrrAt10).toBe(1);
  expect(evaluate(dataset([query("one", { b: 1 })]), scores, "trec_eval").figures.mrrAt10).toBe(
    0.5,
  );
  expect(withoutExcluded(scores.get("one") ?? [], one).map(({ id }) => id)).toEqual([
    "b",
    "c",
    "d",
  ]);
});

test("queries whose figures hang on the order of equal scores are counted", () => {
  const data = dataset([query("tied", { a: 1 }), query("apart", { a: 1 })]);
  const scores = found({
    tied: { a: 0.5, b: 0.5, c: 0.2, d: 0.1 },
    apart: { a: 0.5, b: 0.4, c: 0.2, d: 0.2 },
  });
  const trecEval = evaluate(data, scores, "trec_eval");
  expect(trecEval.tieSensitiveQueries).toBe(1);
  expect(trecEval.figures.mrrAt10).toBe((0.5 + 1) / 2);
  expect(evaluate(data, scores, "id").figures.mrrAt10).toBe(1);
});

test("queries that found less than there is are counted, up to the depth that figures look at", () => {
  const ids = Array.from({ length: 150 }, (_, at) => `d${at}`);
  const scoresOf = (count: number) =>
    Object.fromEntries(ids.slice(0, count).map((id, at) => [id, 1 - at / 1000]));
  const short = (count: number) =>
    evaluate(dataset([query("one", { d0: 1 })], ids), found({ one: scoresOf(count) }), "id")
      .shortRankings;
  expect([short(99), short(100)]).toEqual([1, 0]);
  const all = dataset([query("one", { a: 1 }, ["d"])]);
  expect(evaluate(all, found({ one: { a: 1, b: 0, c: 0 } }), "id").shortRankings).toBe(0);
});
