// Queries that are thought about before they are encoded, by a function of the app and the model that is shipped.
import { pocketCard } from "@nearfield/pocket";
import type { ThoughtRequest } from "@nearfield/reason";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSearch } from "./open-search.ts";
import type { Search } from "./search.ts";
import type { Stage } from "./stage.ts";

const DOCUMENTS = [
  { id: "refunds", text: "We pay the money back to your card within five working days." },
  { id: "tides", text: "High water comes about fifty minutes later each day." },
  { id: "bread", text: "Let the dough rise for an hour, then fold it." },
];

let think: (request: ThoughtRequest) => string | Promise<string>;
let search: Search;

beforeAll(async () => {
  search = await openSearch({
    name: `reason ${Math.random()}`,
    device: "wasm",
    reason: { provider: (request) => think(request), recipe: "bright" },
  });
  await search.add(DOCUMENTS);
});
afterAll(() => search.destroy());

test("a thought takes the query's place for the meaning, and the words stay the query's", async () => {
  think = () => "At what time is the sea at its highest?";
  const stages: Stage[] = [];
  for await (const stage of search.stream("dough")) stages.push(stage);
  expect(stages.map(({ name }) => name)).toEqual(["lexical", "hybrid"]);
  expect(stages[0]?.hits[0]?.document.id).toBe("bread");
  const { hits, skipped, trace } = stages[1] as Stage;
  const nearest = [...hits].sort((a, b) => (b.parts.dense ?? 0) - (a.parts.dense ?? 0));
  expect(nearest[0]?.document.id).toBe("tides");
  expect(skipped).toEqual([]);
  expect(trace.thoughts).toEqual(["At what time is the sea at its highest?"]);
  expect(search.status()).toMatchObject({ reason: { provider: "function of the app" } });
});

test("a thought that fails leaves the answer to the plain query, which says so", async () => {
  const plain = await search.query("when does the sea rise?", { reason: false });
  expect(plain.skipped).toMatchObject([{ part: "reason" }]);
  think = () => Promise.reject(new Error("503"));
  const { hits, skipped } = await search.query("when does the sea rise?");
  expect(hits).toEqual(plain.hits);
  expect(skipped).toMatchObject([{ part: "reason", failure: { code: "THOUGHT_INVALID" } }]);
  expect(search.status().degraded).toMatchObject([{ code: "THOUGHT_INVALID" }]);
});

test.for<[string, () => unknown, string | undefined]>([
  ["never answers", () => new Promise(() => {}), "TIMEOUT"],
  [
    "throws at once",
    () => {
      throw new TypeError("broken");
    },
    "THOUGHT_INVALID",
  ],
  ["gives an empty thought", () => " \n", "THOUGHT_INVALID"],
  ["gives a page", () => "<!DOCTYPE html><title>502</title>", "THOUGHT_INVALID"],
  ["gives no text", () => ({ answer: 42 }), "THOUGHT_INVALID"],
  ["gives a megabyte", () => "high water ".repeat(100_000), undefined],
])("a provider that %s costs no answer", async ([, given, code]) => {
  think = given as typeof think;
  // A megabyte that is cut must have the time to be encoded.
  const reason = code === "TIMEOUT" ? { timeoutMs: 100 } : true;
  const plain = await search.query("when does the sea rise?", { reason: false });
  const { hits, skipped } = await search.query("when does the sea rise?", { reason });
  expect(skipped).toMatchObject(code ? [{ part: "reason", failure: { code } }] : []);
  if (code) expect(hits).toEqual(plain.hits);
  else expect(hits).toHaveLength(3);
});

test("a template without {query} is told when the search is opened", async () => {
  const recipe = { template: "Think.", use: "instead" } as const;
  const opening = openSearch({ name: "never", reason: { provider: () => "", recipe } });
  await expect(opening).rejects.toMatchObject({ code: "INVALID_OPTION", value: "Think." });
});

test("a model whose vocabulary lacks the token that its card appends is MODEL_INVALID, and words still answer", async () => {
  const endToken = { text: "<emb_token>", appendedBy: "encoder" } as const;
  const lame = await openSearch({
    name: `lame ${Math.random()}`,
    device: "wasm",
    model: { ...pocketCard, endToken },
  });
  await expect(lame.query("dough", { mode: "dense" })).rejects.toMatchObject({
    code: "MODEL_INVALID",
  });
  const stages: Stage[] = [];
  for await (const stage of lame.stream("dough")) stages.push(stage);
  expect(stages.at(-1)?.skipped).toMatchObject([
    { part: "dense", failure: { code: "MODEL_INVALID" } },
  ]);
  await lame.destroy();
});

test("a newer stream tells who thinks for the older one that nobody waits", async () => {
  let signal: AbortSignal | undefined;
  think = (request) => {
    signal = request.signal;
    return new Promise(() => {});
  };
  const older = search.stream("high water");
  await older.next();
  const ending = older.next();
  think = () => "money";
  const newer = search.stream("cash");
  await newer.next();
  expect(await ending).toEqual({ done: true, value: undefined });
  expect(signal?.aborted).toBe(true);
  expect((await newer.next()).value).toMatchObject({
    hits: [{ document: { id: "refunds" } }, {}, {}],
  });
});

test("a query that is being thought about when the search closes is CLOSED", async () => {
  const closing = await openSearch({
    name: `closing ${Math.random()}`,
    device: "wasm",
    reason: { provider: () => new Promise(() => {}), recipe: "hyde-web", timeoutMs: 600_000 },
  });
  const pending = closing.query("anything");
  await closing.close();
  await expect(pending).rejects.toMatchObject({ code: "CLOSED" });
});
