// A language model in its worker, on WASM. The toy reranker is one: a causal model with logits and a cache.
import type { GeneratorCard } from "@nearfield/core";
import { readToyReranker } from "@nearfield/testing";
import { beforeAll, expect, test } from "vitest";
import { LocalModel } from "./local-model.ts";

const PROMPT = "How do refunds work, and how long do they take? ".repeat(4);

let card: GeneratorCard;

beforeAll(async () => {
  const { maxTokens, artifacts, tokenizer, tokenizerConfig } = (await readToyReranker()).card;
  const form = { name: "toy", version: "0", licence: "Apache-2.0", markup: "text" } as const;
  const stopTokens = ["<|im_end|>"];
  card = { ...form, maxTokens, stopTokens, artifacts, tokenizer, tokenizerConfig };
});

const ask = (model: LocalModel) =>
  model.write({ template: "{query}", query: PROMPT, maxNewTokens: 6 });

test("a model writes one thought or draws several, and with known ones it is checked when it is loaded", async () => {
  using plain = new LocalModel({ card, device: "wasm", threads: 1 });
  const { thoughtTokens } = await ask(plain);
  expect(thoughtTokens).toHaveLength(6);
  expect(plain.status()).toMatchObject({ state: "ready", check: null });

  const several = { prompt: PROMPT, query: "q", thoughts: 3, maxNewTokens: 6 };
  const { signal } = new AbortController();
  // Without sampling a prompt has one thought.
  expect(await plain.think({ ...several, signal })).toHaveLength(1);

  const known = { prompts: [PROMPT], tokens: [thoughtTokens] };
  using sound = new LocalModel({ card: { ...card, knownThoughts: known }, device: "wasm" });
  expect((await ask(sound)).thoughtTokens).toEqual(thoughtTokens);
  expect(sound.status().check).toEqual({ thoughts: 1, agreement: null });

  const sampling = { temperature: 2, topP: 0.95 };
  using drawing = new LocalModel({ card: { ...card, sampling }, device: "wasm" });
  const thoughts = await drawing.think({ ...several, signal });
  expect(new Set(thoughts.map(({ text }) => text)).size).toBe(3);
  expect(await drawing.think({ ...several, signal })).toEqual(thoughts);
  // One thought is that of the likeliest tokens.
  const [one] = await drawing.think({ ...several, thoughts: 1, signal });
  expect(one?.tokens?.slice(-6)).toEqual(thoughtTokens);

  const [first = 0, ...others] = thoughtTokens;
  const other = { prompts: [PROMPT], tokens: [[first + 1, ...others]] };
  using wrong = new LocalModel({ card: { ...card, knownThoughts: other }, device: "wasm" });
  await expect(ask(wrong)).rejects.toMatchObject({ code: "THOUGHT_INVALID" });
  expect(wrong.status()).toMatchObject({ state: "failed", check: null });
});

test("known thoughts that are not of one form are INVALID_OPTION, and so is a sampling that can not be", () => {
  const open = (knownThoughts: unknown) =>
    new LocalModel({ card: { ...card, knownThoughts } as GeneratorCard });
  const sampling = { temperature: 0, topP: 1 };
  expect(() => new LocalModel({ card: { ...card, sampling } })).toThrow(/temperature/);
  for (const bad of [{ prompts: ["a"], tokens: [] }, { prompts: ["a"], tokens: [[]] }, []]) {
    expect(() => open(bad)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  }
});
