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

test("a model with known thoughts is checked when it is loaded, and refused where it writes something else", async () => {
  using plain = new LocalModel({ card, device: "wasm", threads: 1 });
  const { thoughtTokens } = await ask(plain);
  expect(thoughtTokens).toHaveLength(6);
  expect(plain.status()).toMatchObject({ state: "ready", check: null });

  const known = { prompts: [PROMPT], tokens: [thoughtTokens] };
  using sound = new LocalModel({ card: { ...card, knownThoughts: known }, device: "wasm" });
  expect((await ask(sound)).thoughtTokens).toEqual(thoughtTokens);
  expect(sound.status().check).toEqual({ thoughts: 1, agreement: null });

  const [first = 0, ...others] = thoughtTokens;
  const other = { prompts: [PROMPT], tokens: [[first + 1, ...others]] };
  using wrong = new LocalModel({ card: { ...card, knownThoughts: other }, device: "wasm" });
  await expect(ask(wrong)).rejects.toMatchObject({ code: "THOUGHT_INVALID" });
  expect(wrong.status()).toMatchObject({ state: "failed", check: null });
});

test("known thoughts that are not of one form are INVALID_OPTION", () => {
  const open = (knownThoughts: unknown) =>
    new LocalModel({ card: { ...card, knownThoughts } as GeneratorCard });
  for (const bad of [{ prompts: ["a"], tokens: [] }, { prompts: ["a"], tokens: [[]] }, []]) {
    expect(() => open(bad)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  }
});
