import type { ModelCard } from "@nearfield/core";
import { expect, test } from "vitest";
import { checkSupport } from "./support.ts";

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
  prompts: { query: "", document: "" },
  artifacts: { wasm: { graph: file, data: [] } },
  tokenizer: file,
  tokenizerConfig: file,
  knownAnswers: { texts: [], floor: 0.99 },
};

test("a card whose fields stand at their defaults needs nothing more", () => {
  const explicit = { ...card, head: [], includePrompt: true, normalize: true, hiddenSize: 4 };
  expect(checkSupport(explicit)).toBe(explicit);
});

test.for<Partial<ModelCard>>([
  { head: [{ kind: "layer-norm", on: "pooled", epsilon: 1e-5 }] },
  { includePrompt: false },
  { normalize: false },
  { endToken: { text: "</s>", appendedBy: "encoder" } },
  { queryStep: "thought" },
  { hiddenSize: 2, pooling: ["cls", "mean"] },
])("a step that would be left out is refused by its name: %j", (field) => {
  const name = Object.keys(field)[0] as string;
  expect(() => checkSupport({ ...card, ...field })).toThrow(`(${name})`);
  expect(() => checkSupport({ ...card, ...field })).toThrow(/^MODEL_UNSUPPORTED/);
});
