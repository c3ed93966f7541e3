import { RetrievalError } from "@nearfield/core";
import { describe, expect, test, vi } from "vitest";
import type { Hit } from "./hit.ts";
import { openRerankStage, RerankStage } from "./rerank-stage.ts";
import type { SearchRerankOptions } from "./rerank-options.ts";
import type { Reranker, ScoreOptions } from "./reranker.ts";
import type { FurtherStage, Sources } from "./stage.ts";
import { finalStage } from "./stages.ts";

type Score = (query: string, passages: readonly string[], options: ScoreOptions) => unknown;

function stageOf(score: Score, options: Partial<SearchRerankOptions> = {}): RerankStage {
  const reranker: Reranker = {
    score: async (query, passages, how = {}) => (await score(query, passages, how)) as number[],
    status: () => null,
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  return new RerankStage(reranker, { model: "", ...options });
}

function hitOf(id: string, title?: string): Hit {
  return {
    id: `${id} 0`,
    document: { id, text: id, title, url: undefined, fields: undefined },
    passage: { text: id, start: 0, end: id.length },
    score: 0.5,
    parts: { dense: 0.5 },
  };
}

const HITS = ["a", "b", "c"].map((id) => hitOf(id));
const ask = (stage: RerankStage, signal?: AbortSignal, hits = HITS): Promise<readonly Hit[]> =>
  (stage.stageFor(undefined) as FurtherStage).rank("why?", hits, {
    instruction: undefined,
    signal,
  });
const idsOf = (hits: readonly Hit[]): string => hits.map(({ document }) => document.id).join(" ");

describe("a reranker's stage", () => {
  test("orders the hits by its scores, shows them, and leaves equal ones as they were", async () => {
    const hits = await ask(stageOf(() => [0.1, 0.9, 0.1]));
    expect(idsOf(hits)).toBe("b a c");
    expect(hits.map(({ score, parts }) => [score, parts])).toEqual([
      [0.9, { dense: 0.5, rerank: 0.9 }],
      [0.1, { dense: 0.5, rerank: 0.1 }],
      [0.1, { dense: 0.5, rerank: 0.1 }],
    ]);
  });

  test("reads a passage behind the beginning of its title", async () => {
    const read: string[] = [];
    const stage = stageOf((_, passages) => {
      read.push(...passages);
      return passages.map(() => 0);
    });
    await ask(stage, undefined, [
      hitOf("a"),
      hitOf("b", "Tides"),
      hitOf("c", `${"x".repeat(199)}😀`),
    ]);
    expect(read).toEqual(["a", "Tides b", `${"x".repeat(199)}\ufffd c`]);
  });

  test("gives up with its caller, and with its time, and tells its reranker", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const never: Score = (_, __, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const late = stageOf(never, { timeoutMs: 5 });
    await expect(ask(late)).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(late.degradation).toMatchObject({ code: "TIMEOUT" });
    const stop = new AbortController();
    const left = stageOf(never, { timeoutMs: 60_000 });
    const pending = ask(left, stop.signal);
    stop.abort();
    await expect(pending).rejects.toMatchObject({ code: "ABORTED" });
    expect(left.degradation).toBeUndefined();
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  test("is degraded while it fails, and not any more when it works again", async () => {
    const score = vi.fn<Score>(() => [0, 0, 0]);
    score.mockRejectedValueOnce(new RetrievalError("SCORE_INVALID", "no numbers"));
    const stage = stageOf(score);
    await expect(ask(stage)).rejects.toMatchObject({ code: "SCORE_INVALID" });
    expect(stage.degradation).toMatchObject({
      code: "SCORE_INVALID",
      message: expect.stringContaining("not reranked"),
    });
    await ask(stage);
    expect(stage.degradation).toBeUndefined();
  });

  test.each([
    ["MODEL_INVALID", "the model's vocabulary has no token for yes"],
    ["INPUT_TOO_LARGE", "the query leaves the passages no room"],
    ["MODEL_UNAVAILABLE_OFFLINE", "no network"],
    ["WORKER_UNAVAILABLE", "a policy forbids it"],
  ] as const)(
    "that fails with %s leaves the order, and the answer names the code",
    async (code, said) => {
      const failing = stageOf(() => Promise.reject(new RetrievalError(code, said)));
      const further = [failing.stageFor(true) as FurtherStage];
      const search = async () => ({
        hits: HITS.map(({ document: { id } }) => ({
          id,
          ordinal: 0,
          score: 1,
          parts: {},
          payload: { id, text: id, passages: [{ start: 0, end: 1 }] },
        })),
        report: { generation: 1 },
        trace: { candidates: {} },
      });
      const source = {
        encode: async () => undefined,
        unknownShare: async () => 0,
        queryStep: () => null,
        search,
      };
      const sources = { ask: (work: (one: unknown) => unknown) => work(source), further };
      const answer = await finalStage(sources as unknown as Sources, {
        text: "why?",
        limit: 2,
        filter: undefined,
        mode: "lexical",
        instruction: undefined,
        signal: undefined,
      });
      expect(idsOf(answer.hits)).toBe("a b");
      expect(answer).toMatchObject({
        name: "lexical",
        skipped: [{ part: "rerank", failure: { code } }],
      });
      expect(answer.skipped[0]?.reason).toContain(said);
    },
  );
});

describe("what a query may say of it", () => {
  const stage = stageOf(() => [], { candidates: 7 });

  test("is nothing, yes, no, or how many", () => {
    expect(stage.stageFor(undefined)).toMatchObject({ name: "reranked", candidates: 7 });
    expect(stage.stageFor(true)).toMatchObject({ candidates: 7 });
    expect(stage.stageFor({ candidates: 3 })).toMatchObject({ candidates: 3 });
    expect(stage.stageFor({})).toMatchObject({ candidates: 7 });
    expect(stage.stageFor(false)).toBeUndefined();
    expect(stageOf(() => []).stageFor(true)).toMatchObject({ candidates: 20 });
  });

  test.each([null, "yes", 5, [], { candidates: 0 }, { candidates: 1.5 }, { model: "x" }])(
    "%j is an INVALID_OPTION",
    (wish) => {
      expect(() => stage.stageFor(wish as never)).toThrow(/INVALID_OPTION/);
    },
  );
});

test.each([
  ["nothing", null, /INVALID_OPTION/],
  ["no model", {}, /INVALID_OPTION.*model/],
  ["what can be no name", { model: "some/body/else" }, /INVALID_OPTION.*owner\/name/],
  ["an unknown option", { model: "Qwen3-Reranker-0.6B", top: 3 }, /INVALID_OPTION.*candidates/],
  ["no candidates", { model: "Qwen3-Reranker-0.6B", candidates: 0 }, /INVALID_OPTION/],
  ["no time", { model: "Qwen3-Reranker-0.6B", timeoutMs: 0 }, /INVALID_OPTION.*timeoutMs/],
  [
    "an instruction that is no text",
    { model: "Qwen3-Reranker-0.6B", instruction: 1 },
    /INVALID_OPTION/,
  ],
])("a search with a reranker with %s is refused", (_, rerank, message) => {
  expect(() => openRerankStage(rerank, { name: "a" })).toThrow(message);
});
