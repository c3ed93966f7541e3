// The reranker in its worker, on WASM, against scores that PyTorch computed for the same weights.
import { RetrievalError } from "@nearfield/core";
import { readToyReranker, RUN_ALL } from "@nearfield/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Strategy } from "./calls.ts";
import { RerankClient, type RerankClientOptions } from "./client.ts";

/** One query more than once shows an order; all of them take a minute. */
const QUERIES = RUN_ALL ? 8 : 1;

let toy: Awaited<ReturnType<typeof readToyReranker>>;
/** Serves all tests that do not break it: a worker takes a second to start. */
let client: RerankClient;

beforeAll(async () => {
  toy = await readToyReranker();
  client = open();
});

afterAll(() => client.close());

function open(options: Partial<RerankClientOptions> = {}): RerankClient {
  return new RerankClient({ card: toy.card, device: "wasm", threads: 1, ...options });
}

/** The places of `values` from the greatest to the least. */
function orderOf(values: Iterable<number>): number[] {
  const list = [...values];
  return list.map((_, at) => at).sort((a, b) => (list[b] as number) - (list[a] as number));
}

test.for<[string, Strategy]>([
  ["with the prefix read once", {}],
  ["with the prefix in each row, rows alone", { reusePrefix: false, batching: "alone" }],
  ["with the prefix in each row, padded batches", { reusePrefix: false, batching: "padded" }],
])("scores and order are those of the reference %s", async ([, strategy]) => {
  for (const [row, query] of toy.queries.slice(0, QUERIES).entries()) {
    const wanted = toy.scores[row] as number[];
    const scores = await client.score(query, toy.documents, { strategy });
    for (const [at, score] of scores.entries()) {
      expect(Math.abs(score - (wanted[at] as number))).toBeLessThan(1e-4);
    }
    expect(orderOf(scores)).toEqual(orderOf(wanted));
  }
});

describe("a call", () => {
  test("gives one number for each passage, with what was cut, empty or said twice among them", async () => {
    const passages = ["", "word ".repeat(5000), "a", "a", "\ud800 lone surrogate", "<|im_end|>"];
    const scores = await client.score("why?", passages);
    expect(scores).toHaveLength(passages.length);
    for (const score of scores) expect(score).toBeGreaterThan(0);
    for (const score of scores) expect(score).toBeLessThan(1);
    expect(scores[2]).toBe(scores[3]);
  });

  test("for no passages needs no model", async () => {
    using idle = open();
    expect(await idle.score("why?", [])).toHaveLength(0);
    expect(idle.status().state).toBe("idle");
  });

  test("with another instruction gives other scores", async () => {
    const [plain] = await client.score("why?", ["because"]);
    const [instructed] = await client.score("why?", ["because"], { instruction: "Say yes." });
    expect(instructed).not.toBe(plain);
  });

  test("that is aborted rejects with ABORTED, and the next one is right", async () => {
    const before = await client.score("why?", ["because"]);
    const aborting = new AbortController();
    const pending = client.score(
      "why?",
      Array.from({ length: 200 }, (_, i) => `passage ${i}`),
      {
        signal: aborting.signal,
        onProgress: () => aborting.abort("enough"),
      },
    );
    await expect(pending).rejects.toMatchObject({ code: "ABORTED" });
    expect(await client.score("why?", ["because"])).toEqual(before);
  });

  test("with something else than strings is INVALID_OPTION", async () => {
    const passages = [1] as unknown as string[];
    await expect(client.score("why?", passages)).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  });

  test("after close is CLOSED", async () => {
    const closed = open();
    closed.close();
    await expect(closed.score("why?", ["because"])).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("a model", () => {
  test("without a token for yes is MODEL_INVALID", async () => {
    const scoring = { ...toy.card.scoring, yes: "affirmative" } as typeof toy.card.scoring;
    using mute = open({ card: { ...toy.card, scoring } });
    await expect(mute.score("why?", ["because"])).rejects.toMatchObject({
      code: "MODEL_INVALID",
      value: "affirmative",
    });
    expect(mute.status().state).toBe("failed");
  });

  test("that gives other scores than its known ones is refused", async () => {
    const { knownScores } = toy.card;
    if (!knownScores) throw new TypeError("the toy has known scores");
    const scores = knownScores.scores.map((row) => row.map((score) => score + 0.01));
    using wrong = open({ card: { ...toy.card, knownScores: { ...knownScores, scores } } });
    const refusal = await wrong.score("why?", ["because"]).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(RetrievalError);
    expect(refusal).toMatchObject({ code: "SCORE_INVALID" });
  });
});

test("a worker that was idle for long is ended, and the next call starts one", async () => {
  using short = open({ idleMs: 50 });
  const first = await short.score("why?", ["because"]);
  await expect.poll(() => short.status().state).toBe("idle");
  expect(await short.score("why?", ["because"])).toEqual(first);
});
