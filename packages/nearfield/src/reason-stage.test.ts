import type { RetrievalError } from "@nearfield/core";
import { thoughtsFrom, type ThoughtProvider, type ThoughtRequest } from "@nearfield/reason";
import { describe, expect, test } from "vitest";
import { openReasonStage, ReasonStage } from "./reason-stage.ts";
import type { Question, Source, Sources, Stage } from "./stage.ts";
import { finalStage } from "./stages.ts";

const QUESTION: Question = {
  text: "why?",
  limit: 2,
  filter: undefined,
  mode: "hybrid",
  instruction: undefined,
  signal: undefined,
};
const X = Float32Array.of(1, 0);
const Y = Float32Array.of(0, 1);

/** Answers a question whose vector is X for the query itself and Y for anything else; notes what was encoded and searched. */
async function answer(
  stage: ReasonStage | undefined,
  question: Partial<Question> = {},
  changes: Partial<Source> = {},
): Promise<{ stage: Stage; encoded: unknown[]; vectors: (readonly number[] | undefined)[] }> {
  const encoded: unknown[] = [];
  const vectors: (readonly number[] | undefined)[] = [];
  const source: Source = {
    encode: async (text, { role }) => {
      encoded.push([text, role]);
      return text === "why?" ? X : Y;
    },
    unknownShare: async () => 0,
    queryStep: () => "none",
    search: async (vector) => {
      vectors.push(vector && [...vector]);
      return { hits: [], report: { generation: 1 }, trace: { candidates: {} } } as never;
    },
    ...changes,
  };
  const whole = { ...QUESTION, ...question };
  const think = stage?.thinkFor(whole.reason, async () => "");
  const sources: Sources = { ask: (work) => work(source), think, further: [] };
  return { stage: await finalStage(sources, whole), encoded, vectors };
}

const stageOf = (think: (request: ThoughtRequest) => unknown, recipe: object = {}): ReasonStage =>
  new ReasonStage(thoughtsFrom(think), {
    template: "Think: {query}",
    use: "instead",
    timeoutMs: 200,
    ...recipe,
  });

describe("a search that thinks", () => {
  test("encodes the thought in the query's place, and tells what was thought", async () => {
    const { stage, encoded, vectors } = await answer(stageOf(() => "because"));
    expect(encoded).toEqual([["because", "query"]]);
    expect(vectors).toEqual([[0, 1]]);
    expect(stage).toMatchObject({ skipped: [], trace: { thoughts: ["because"] } });
    expect(stage.trace.reasonMs).toBeGreaterThanOrEqual(0);
  });

  test("combines the query's vector with those of passages that could answer it", async () => {
    const stage = stageOf(() => ["one", "two"], { use: "beside", thoughts: 2 });
    const { encoded, vectors } = await answer(stage);
    expect(encoded).toEqual([
      ["why?", "query"],
      ["one", "document"],
      ["two", "document"],
    ]);
    const [mean] = vectors as [readonly number[]];
    expect(mean[1]! / mean[0]!).toBeCloseTo(2, 5);
    const first = stageOf(() => "one", { use: "beside", combine: "first" });
    expect((await answer(first)).vectors).toEqual([[1, 0]]);
  });

  test("asks of what it encodes whether the model can read it", async () => {
    const asked: string[] = [];
    const unknownShare = async (text: string) => {
      asked.push(text);
      return text.includes("because") ? 0 : 1;
    };
    const { stage } = await answer(
      stageOf(() => "because"),
      {},
      { unknownShare },
    );
    expect(asked).toEqual(["because"]);
    expect(stage.skipped).toEqual([]);
  });

  test("does not think for words alone", async () => {
    const { stage, encoded } = await answer(
      stageOf(() => Promise.reject(new Error("asked"))),
      {
        mode: "lexical",
      },
    );
    expect(encoded).toEqual([]);
    expect(stage.skipped).toEqual([]);
  });

  test("takes tokens from a model with the same vocabulary only, which no function is", async () => {
    const { encoded } = await answer(stageOf(() => ({ text: "because", tokens: [1] })));
    expect(encoded).toEqual([["because", "query"]]);
  });
});

describe("the plain query is searched, and the answer says why, when", () => {
  const never = () => new Promise(() => {});
  test.for<[string, (request: ThoughtRequest) => unknown, string]>([
    ["the provider never answers", never, "TIMEOUT"],
    [
      "it throws",
      () => {
        throw new TypeError("broken");
      },
      "THOUGHT_INVALID",
    ],
    ["it gives an empty thought", () => "", "THOUGHT_INVALID"],
    ["it gives a page of HTML", () => "<!doctype html><title>502</title>", "THOUGHT_INVALID"],
    ["it gives a megabyte of spaces", () => " ".repeat(1e6), "THOUGHT_INVALID"],
  ])("%s", async ([, think, code]) => {
    const stage = stageOf(think, { timeoutMs: 30 });
    const { stage: told, encoded, vectors } = await answer(stage);
    expect(encoded).toEqual([["why?", "query"]]);
    expect(vectors).toEqual([[1, 0]]);
    expect(told).toMatchObject({
      name: "hybrid",
      skipped: [{ part: "reason", failure: { code } }],
    });
    expect(told.skipped[0]?.reason).not.toBe("");
    expect(stage.degradation).toMatchObject({ code });
  });

  test("the browser has no language model", async () => {
    const stage = openReasonStage({ provider: "browser", recipe: "hyde-web" }, { name: "a" });
    expect(stage.status()).toEqual({ provider: "the browser's language model", model: null });
    const { stage: told } = await answer(stage);
    expect(told.skipped).toMatchObject([
      { part: "reason", failure: { code: "MODEL_UNSUPPORTED" } },
    ]);
  });

  test("it was left out, or took longer than this query gives it", async () => {
    const asked: string[] = [];
    const stage = stageOf(({ query }) => {
      asked.push(query);
      return never();
    });
    const out = await answer(stage, { reason: false });
    expect(asked).toEqual([]);
    expect(out.stage.skipped).toEqual([
      { part: "reason", reason: "it was left out of this query" },
    ]);
    const late = await answer(stage, { reason: { timeoutMs: 1 } });
    expect(late.stage.skipped).toMatchObject([{ failure: { code: "TIMEOUT" } }]);
  });

  test("its model expects a thought and nobody thinks", async () => {
    const { stage } = await answer(undefined, {}, { queryStep: () => "thought" });
    expect(stage.skipped).toEqual([
      {
        part: "reason",
        reason: "the model expects a thought with each query, and nobody gives it",
      },
    ]);
  });
});

test("a megabyte of thought is cut, and a thought that came after a failure is no failure", async () => {
  const given = ["", "word ".repeat(200_000)];
  const stage = stageOf(() => given.shift());
  await answer(stage);
  expect(stage.degradation).toMatchObject({ code: "THOUGHT_INVALID" });
  const { encoded } = await answer(stage);
  expect((encoded[0] as [string])[0].length).toBeLessThan(100_000);
  expect(stage.degradation).toBeUndefined();
});

test("who gives up while somebody thinks gets ABORTED", async () => {
  const stop = new AbortController();
  const stage = stageOf(() => {
    stop.abort();
    return new Promise(() => {});
  });
  await expect(answer(stage, { signal: stop.signal })).rejects.toMatchObject({ code: "ABORTED" });
});

test("a ready recipe is asked as its authors published it, with the limits that are given", async () => {
  const asked: ThoughtRequest[] = [];
  const provider = (request: ThoughtRequest) => {
    asked.push(request);
    return "so";
  };
  for (const recipe of ["bright", "hyde-science", { hydeIn: "German" }]) {
    await answer(
      openReasonStage({ provider, recipe, maxNewTokens: 7, thoughts: 2 }, { name: "a" }),
    );
  }
  expect(asked.map(({ prompt }) => prompt)).toEqual([
    expect.stringMatching(/^why\?\n\nInstructions:\n1\. Identify/),
    expect.stringContaining("scientific paper passage to support/refute the claim.\nClaim: why?"),
    expect.stringContaining("passage in German"),
  ]);
  expect(asked[0]).toMatchObject({ maxNewTokens: 7, thoughts: 2 });
});

test("a search tells its provider to end", () => {
  let closed = 0;
  const provider: ThoughtProvider = { name: "p", think: async () => "", close: () => closed++ };
  new ReasonStage(provider, { template: "{query}", use: "instead" }).close();
  expect(closed).toBe(1);
});

const think = () => "";
test.for<[string, unknown, RegExp]>([
  ["nothing", null, /INVALID_OPTION/],
  ["nobody", { recipe: "bright" }, /INVALID_OPTION.*provider/],
  ["an unknown provider", { provider: "cloud", recipe: "bright" }, /INVALID_OPTION.*provider/],
  ["a card that is none", { provider: { name: "x" }, recipe: "bright" }, /INVALID_OPTION/],
  ["no recipe", { provider: think }, /INVALID_OPTION.*recipe/],
  ["an unknown recipe", { provider: think, recipe: "haste" }, /INVALID_OPTION.*hyde-web/],
  [
    "a template without {query}",
    { provider: think, recipe: { template: "Think.", use: "instead" } },
    /INVALID_OPTION.*\{query\}/,
  ],
  ["a language that is none", { provider: think, recipe: { hydeIn: "" } }, /INVALID_OPTION/],
  ["no time", { provider: think, recipe: "bright", timeoutMs: 0 }, /INVALID_OPTION.*timeoutMs/],
  ["an unknown option", { provider: think, recipe: "bright", model: "x" }, /INVALID_OPTION/],
])("a search that thinks with %s is refused", ([, options, message]) => {
  expect(() => openReasonStage(options, { name: "a" })).toThrow(message);
});

test.each([null, "yes", 1, { provider: "browser" }, { timeoutMs: "1" }])(
  "a query with reason %j is an INVALID_OPTION",
  (wish) => {
    const stage = stageOf(think);
    let thrown: unknown;
    try {
      stage.thinkFor(wish as never, async () => "");
    } catch (caught) {
      thrown = caught;
    }
    expect((thrown as RetrievalError).code).toBe("INVALID_OPTION");
  },
);
