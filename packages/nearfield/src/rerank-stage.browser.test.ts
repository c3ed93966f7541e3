// A search whose answers are read once more, by a small reranker with random weights and known scores.
import { readToyReranker, RUN_ALL } from "@nearfield/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSearch } from "./open-search.ts";
import type { QueryResult, Search } from "./search.ts";
import type { Stage } from "./stage.ts";

const NAME = `rerank ${Math.random()}`;

let toy: Awaited<ReturnType<typeof readToyReranker>>;
let search: Search;
/** The answer while nothing was stored. */
let empty: QueryResult;

beforeAll(async () => {
  toy = await readToyReranker();
  search = await openSearch({
    name: NAME,
    device: "wasm",
    rerank: { model: toy.card, candidates: 5 },
  });
  empty = await search.query("anything", { mode: "lexical" });
  // Spaces at an end of a text are not in its passage, and the scores are of whole texts.
  const whole = toy.documents.map((text, at) => ({ id: String(at), text }));
  await search.add(whole.filter(({ text }) => text === text.trim()));
});
afterAll(() => search.destroy());

async function collect(stages: AsyncIterable<Stage>): Promise<Stage[]> {
  const all: Stage[] = [];
  for await (const stage of stages) all.push(stage);
  return all;
}

const idsOf = ({ hits }: Pick<Stage, "hits">): string[] => hits.map(({ document }) => document.id);

test("where nothing is stored nothing is reranked, no worker starts, and the answer says so", () => {
  expect(empty.hits).toEqual([]);
  expect(empty.skipped).toEqual([
    { part: "rerank", reason: "no passage was found that could be read again" },
  ]);
  expect(search.status()).toMatchObject({ rerank: null, degraded: [] });
});

test("an answer comes by words, by both, then reranked by the model's own scores, with the ids it had", async () => {
  const row = 0;
  const stages = await collect(search.stream(toy.queries[row] as string, { limit: 4 }));
  expect(stages.map(({ name, isFinal }) => `${name} ${isFinal}`)).toEqual([
    "lexical false",
    "hybrid false",
    "reranked true",
  ]);
  const [, fused, reranked] = stages as [Stage, Stage, Stage];
  expect(reranked.skipped).toEqual([]);
  expect(reranked.trace.candidates.reranked).toBe(5);
  expect(reranked.trace.rerankMs).toBeGreaterThan(0);
  const plain = await search.query(toy.queries[row] as string, { rerank: false, limit: 8 });
  expect(idsOf(plain).slice(0, 4)).toEqual(idsOf(fused));
  const scoreOf = (id: string): number => toy.scores[row]?.[Number(id)] as number;
  const wanted = idsOf(plain)
    .slice(0, 5)
    .sort((a, b) => scoreOf(b) - scoreOf(a));
  expect(idsOf(reranked)).toEqual(wanted.slice(0, 4));
  for (const { id, score, parts, document } of reranked.hits) {
    expect(parts.rerank).toBeCloseTo(scoreOf(document.id), 4);
    expect(score).toBe(parts.rerank);
    expect(parts.dense).toBe(plain.hits.find((hit) => hit.id === id)?.parts.dense);
  }
  expect(search.status()).toMatchObject({ rerank: { state: "ready", device: "wasm" } });
  // More hits than candidates: the others stay behind.
  const long = await search.query(toy.queries[row] as string, { limit: 8 });
  expect(idsOf(long)).toEqual([...wanted, ...idsOf(plain).slice(5)]);
});

test("a query may leave the reranker out, or show it more", async () => {
  const { stages } = await search.query("why?", { rerank: { candidates: 2 }, explain: true });
  expect(stages?.map(({ name }) => name)).toEqual(["lexical", "hybrid", "reranked"]);
  expect(stages?.at(-1)?.trace.candidates.reranked).toBe(2);
  const { hits } = await search.query("why?", { rerank: false });
  expect(hits.every(({ parts }) => parts.rerank === undefined)).toBe(true);
});

test("a newer stream ends the reranking of an older one before its next batch", async () => {
  const older = search.stream("why?", { rerank: { candidates: 8 } });
  await older.next();
  await older.next();
  const ending = older.next();
  const newer = collect(search.stream("when?"));
  expect(await ending).toEqual({ done: true, value: undefined });
  expect((await newer).at(-1)).toMatchObject({ name: "reranked", isFinal: true, skipped: [] });
});

test("keystrokes hang nothing, and the last one is reranked", { timeout: 120_000 }, async () => {
  const typed = toy.queries[1] as string;
  const keys = RUN_ALL ? 200 : 20;
  const endings: Promise<Stage[]>[] = [];
  for (let key = 0; key < keys; key++) {
    endings.push(collect(search.stream(typed.slice(0, 3 + (key % (typed.length - 3))))));
    await new Promise((resolve) => setTimeout(resolve, RUN_ALL ? 50 : 5));
  }
  const last = await collect(search.stream(typed));
  await Promise.all(endings);
  expect(last.at(-1)).toMatchObject({ name: "reranked", isFinal: true, skipped: [] });
  expect(last.at(-1)?.hits).toEqual((await search.query(typed)).hits);
});

test("a reranker without a token for yes leaves the order, and the answer and the status say why", async () => {
  const scoring = { ...toy.card.scoring, yes: "affirmative" } as typeof toy.card.scoring;
  const lame = await openSearch({
    name: NAME,
    device: "wasm",
    rerank: { model: { ...toy.card, scoring } },
  });
  const query = toy.queries[0] as string;
  const plain = await search.query(query, { mode: "lexical", rerank: false });
  const answer = await lame.query(query, { mode: "lexical" });
  expect(plain.hits.length).toBeGreaterThan(0);
  expect(answer.hits).toEqual(plain.hits);
  expect(answer.skipped).toMatchObject([
    { part: "rerank", failure: { code: "MODEL_INVALID", value: "affirmative" } },
  ]);
  expect(lame.status()).toMatchObject({
    rerank: { state: "failed" },
    degraded: [{ code: "MODEL_INVALID" }],
  });
  await lame.close();
});
