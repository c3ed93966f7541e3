import type { ModelCard } from "@nearfield/core";
import { expect, test } from "vitest";
import { fingerprintOf } from "./fingerprint.ts";

const file = { url: "/m", byteLength: 1, sha256: "0".repeat(64) };
const card: ModelCard = {
  name: "m",
  version: "1",
  licence: "MIT",
  space: "m",
  dimensions: 4,
  matryoshka: [],
  maxTokens: 8,
  pooling: "mean",
  output: "last_hidden_state",
  prompts: { query: "Instruct: {instruction}\nQuery:", document: "" },
  instruction: "find",
  artifacts: { wasm: { graph: file, data: [] } },
  tokenizer: file,
  tokenizerConfig: file,
  knownAnswers: { texts: ["a"], floor: 0.99 },
};

const ofCard = (changes: Partial<ModelCard>) => fingerprintOf({ ...card, ...changes }, 4, "1");

test.for<Partial<ModelCard>>([
  { prompts: { query: "other: ", document: "" } },
  { instruction: "find something else" },
  { queryStep: "thought" },
  { name: "n", licence: "Apache-2.0", languages: ["de"] },
  { attention: "causal", inputs: ["input_ids"], similarity: "dot" },
  { endToken: { text: "</s>", appendedBy: "tokenizer" } },
])(
  "a change that leaves documents' vectors as they are re-encodes nothing: %j",
  async (changes) => {
    expect(await ofCard(changes)).toBe(await ofCard({}));
  },
);

test.for<Partial<ModelCard>>([
  { includePrompt: true },
  { normalize: true },
  { head: [] },
  { pooling: ["mean"] },
])("a default that is written out re-encodes nothing: %j", async (changes) => {
  expect(await ofCard(changes)).toBe(await ofCard({}));
});

const dense = {
  kind: "dense",
  on: "pooled",
  inDimensions: 4,
  outDimensions: 4,
  bias: true,
  activation: "tanh",
  weights: file,
} as const;

test("each change that moves documents' vectors has a fingerprint of its own", async () => {
  const changes: Partial<ModelCard>[] = [
    {},
    { prompts: { ...card.prompts, document: "passage: " } },
    { prompts: { ...card.prompts, document: "{instruction} " } },
    { prompts: { ...card.prompts, document: "{instruction} " }, instruction: "else" },
    { titlePrompt: "title: {title} | text: " },
    { endToken: { text: "</s>", appendedBy: "encoder" } },
    { pooling: "cls" },
    { pooling: ["cls", "mean"] },
    { includePrompt: false },
    { normalize: false },
    { maxTokens: 16 },
    { output: "sentence_embedding" },
    { head: [dense] },
    { head: [{ ...dense, activation: "identity" }] },
    { head: [{ ...dense, weights: { ...file, sha256: "1".repeat(64) } }] },
    { head: [{ kind: "layer-norm", on: "pooled", epsilon: 1e-5 }] },
  ];
  const prints = await Promise.all(changes.map(ofCard));
  expect(new Set(prints).size).toBe(changes.length);
});
