import type { RetrievalError } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { browserModel, hasBrowserModel } from "./browser-model.ts";
import { combineVectors } from "./combine.ts";
import { BRIGHT_REWRITE, hyde, hydeIn, TONG_SEARCH_THINKING } from "./prompts.ts";
import { thoughtsFrom, type ThoughtRequest } from "./provider.ts";
import { reason } from "./reason.ts";
import { promptOf, validateRecipe, type ReasonRecipe } from "./recipe.ts";

const recipe: ReasonRecipe = { template: "Think: {query}\n", use: "instead", timeoutMs: 200 };
const plain = [{ input: "why?", role: "query" }];
const ask = (think: (request: ThoughtRequest) => unknown, change: Partial<ReasonRecipe> = {}) =>
  reason("why?", { ...recipe, ...change }, thoughtsFrom(think));

describe("a thought", () => {
  test("is asked for with the query in its place, and takes that of the query", async () => {
    const asked: ThoughtRequest[] = [];
    const reasoned = await ask((request) => {
      asked.push(request);
      return "because";
    });
    expect(asked).toMatchObject([{ prompt: "Think: why?\n", query: "why?", thoughts: 1 }]);
    expect(reasoned).toMatchObject({
      inputs: [{ input: "because", role: "query" }],
      thoughts: ["because"],
      skipped: null,
    });
  });

  test("stands behind its prompt, or beside the query, where the recipe says so", async () => {
    const behind = await ask(() => " because", { use: "behind" });
    expect(behind.inputs).toEqual([{ input: "Think: why?\nbecause", role: "query" }]);
    const beside = await ask(() => ["one", "two"], { use: "beside", thoughts: 2 });
    expect(beside.inputs).toEqual([
      ...plain,
      { input: "one", role: "document" },
      { input: "two", role: "document" },
    ]);
  });

  test("in tokens is used in tokens, unless something had to be taken out of it", async () => {
    const whole = await ask(() => ({ text: "because", tokens: [1, 2] }), { use: "behind" });
    expect(whole.inputs).toEqual([{ input: [1, 2], role: "query" }]);
    const parted = await ask(() => ({ text: "<think>a</think>because", tokens: [1, 2] }), {
      use: "behind",
      think: "strip",
    });
    expect(parted.inputs).toEqual([{ input: "Think: why?\nbecause", role: "query" }]);
  });

  test.for<[string, string, Partial<ReasonRecipe>, string]>([
    ["thinking is left out", "<think>hm</think> because", {}, "because"],
    ["thinking that the prompt began is left out", "hm</think>because", {}, "because"],
    ["thinking is kept where it is wanted", "hm</think>so", { think: "keep" }, "hm</think>so"],
    ["only the answer counts", "x<answer>so</answer>y", { answerOnly: true }, "so"],
    ["an answer may be cut off", "<answer>so", { answerOnly: true }, "so"],
  ])("%s", async ([, given, change, wanted]) => {
    expect((await ask(() => given, change)).thoughts).toEqual([wanted]);
  });

  test("more than were asked for are passed over, and empty ones among them", async () => {
    const { thoughts } = await ask(() => ["", "a", "b", "c"], { thoughts: 2 });
    expect(thoughts).toEqual(["a", "b"]);
  });

  test("of a megabyte is cut", async () => {
    const { thoughts, skipped } = await ask(() => "word ".repeat(200_000));
    expect(skipped).toBeNull();
    expect(thoughts[0]?.length).toBeLessThan(100_000);
  });
});

describe("the plain query is encoded, with the reason, when the provider", () => {
  test.for<[string, (request: ThoughtRequest) => unknown, string]>([
    ["never answers", () => new Promise(() => {}), "TIMEOUT"],
    [
      "throws",
      () => {
        throw new TypeError("broken");
      },
      "THOUGHT_INVALID",
    ],
    ["rejects with nothing", () => Promise.reject(new Error()), "THOUGHT_INVALID"],
    ["gives nothing", () => undefined, "THOUGHT_INVALID"],
    ["gives an empty thought", () => " \n", "THOUGHT_INVALID"],
    ["gives no thoughts", () => [], "THOUGHT_INVALID"],
    ["gives a number", () => 7, "THOUGHT_INVALID"],
    ["gives a text that is none", () => ({ text: 7 }), "THOUGHT_INVALID"],
    ["gives a page", () => "<!DOCTYPE html><title>502</title>", "THOUGHT_INVALID"],
    ["only thinks", () => "<think>hm", "THOUGHT_INVALID"],
  ])("%s", async ([, think, code]) => {
    const reasoned = await ask(think);
    expect(reasoned).toMatchObject({ inputs: plain, thoughts: [], skipped: { code } });
    expect(reasoned.skipped?.reason).not.toBe("");
  });
});

test("a provider is told when nobody waits any more", async () => {
  let signal: AbortSignal | undefined;
  await ask((request) => {
    signal = request.signal;
    return new Promise(() => {});
  });
  expect(signal?.aborted).toBe(true);
});

test("an abort by the caller is ABORTED, before and while the provider works", async () => {
  const provider = thoughtsFrom(() => new Promise(() => {}));
  const early = reason("why?", recipe, provider, AbortSignal.abort());
  await expect(early).rejects.toMatchObject({ code: "ABORTED" });
  const leaving = new AbortController();
  const pending = reason("why?", recipe, provider, leaving.signal);
  leaving.abort();
  await expect(pending).rejects.toMatchObject({ code: "ABORTED" });
});

test("without a language model in the browser its provider says so", async () => {
  expect(hasBrowserModel()).toBe(false);
  const reasoned = await reason("why?", recipe, browserModel());
  expect(reasoned.skipped).toMatchObject({ code: "MODEL_UNSUPPORTED" });
});

test.for<[string, unknown]>([
  ["nothing", undefined],
  ["a template without {query}", { template: "Think.", use: "instead" }],
  ["an unknown use", { template: "{query}", use: "around" }],
  ["an unknown field", { ...recipe, prompt: "" }],
  ["no thoughts", { ...recipe, thoughts: 0 }],
  ["a time that is none", { ...recipe, timeoutMs: Infinity }],
])("a recipe with %s is INVALID_OPTION", ([, given]) => {
  const thrown = (() => {
    try {
      validateRecipe(given);
    } catch (caught) {
      return caught as RetrievalError;
    }
    return undefined;
  })();
  expect(thrown).toMatchObject({ code: "INVALID_OPTION", repair: "Correct the recipe." });
});

test("a place's name inside a query stays text, and line breaks become spaces where that is wanted", () => {
  expect(promptOf(recipe, "{query} $&")).toBe("Think: {query} $&\n");
  expect(promptOf(BRIGHT_REWRITE, "one\ntwo")).toMatch(/^one two\n\nInstructions:\n1\. /);
});

test("the ready recipes are sound", () => {
  for (const ready of [
    BRIGHT_REWRITE,
    TONG_SEARCH_THINKING,
    hyde(),
    hyde("news", 3),
    hydeIn("German"),
  ]) {
    expect(validateRecipe(ready)).toBe(ready);
  }
});

test("the mean of several vectors has unit length, and the first may stand for all", () => {
  const [x, y] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
  expect([...(combineVectors([x, y], "mean") ?? [])]).toEqual([
    Math.fround(Math.SQRT1_2),
    Math.fround(Math.SQRT1_2),
  ]);
  expect(combineVectors([x, y], "first")).toBe(x);
  expect(combineVectors([], "mean")).toBeUndefined();
});
