import { describe, expect, test } from "vitest";
import { validateRepositoryCard } from "../card.ts";

const dense = {
  kind: "dense",
  on: "pooled",
  inDimensions: 8,
  outDimensions: 4,
  bias: true,
  activation: "tanh",
  weights: { path: "2_Dense/model.safetensors" },
};
const graph = { path: "onnx/model.onnx" };
const card = {
  name: "m",
  licence: "MIT",
  languages: ["en"],
  space: "m",
  repository: "o/m",
  revision: "main",
  dimensions: 4,
  matryoshka: [4, 2],
  matryoshkaRange: { min: 2, max: 4 },
  maxTokens: 64,
  prompts: { query: "{instruction}: ", document: "" },
  instruction: "find",
  titlePrompt: "{title}: ",
  endToken: { text: "</s>", id: 2, appendedBy: "tokenizer" },
  requiredTokens: { before: [{ text: "<s>", id: 0 }], after: [{ text: "</s>" }] },
  inputs: ["input_ids"],
  output: "last_hidden_state",
  hiddenSize: 8,
  attention: "causal",
  pooling: "mean",
  includePrompt: false,
  head: [dense],
  normalize: true,
  similarity: "cosine",
  queryStep: "rewrite",
  dtypeLimits: [{ dtype: "fp16", device: "webgpu", reason: "overflow" }],
  artifacts: [{ dtype: "q8", devices: ["wasm"], graph, data: [] }],
  tokenizer: { path: "tokenizer.json", byteLength: 3, sha256: "0".repeat(64) },
  tokenizerConfig: { path: "tokenizer_config.json" },
  knownAnswers: { texts: ["a"], floor: 0.99 },
  knownScores: { queries: ["q"], documents: ["a", "b"], scores: [[0.5, 0.1]], tolerance: 0.01 },
  network: { parameters: 100 },
};

describe("a card with every field", () => {
  test("that is sound comes back as it is", () => {
    expect(validateRepositoryCard(card)).toBe(card);
  });

  test.for<[string, object, RegExp]>([
    ["a misspelt field", { includePromt: false }, /no such field.*includePromt/],
    ["a repository that leaves its folder", { repository: "o/.." }, /owner\/name/],
    ["a revision that is a path upwards", { revision: "../main" }, /revision/],
    ["a file outside of the repository", { tokenizer: { path: "../t.json" } }, /tokenizer\.path/],
    ["an absolute path", { tokenizer: { path: "/t.json" } }, /tokenizer\.path/],
    [
      "a hash in capitals",
      { tokenizer: { path: "t", sha256: "A".repeat(64) } },
      /tokenizer\.sha256/,
    ],
    ["languages that are no list", { languages: "en" }, /languages must be an array/],
    ["a range beyond its length", { matryoshkaRange: { min: 2, max: 8 } }, /matryoshkaRange\.max/],
    [
      "a range that is upside down",
      { matryoshkaRange: { min: 4, max: 2 } },
      /matryoshkaRange\.min/,
    ],
    [
      "a place for an instruction, and none",
      { instruction: undefined },
      /instruction must be there/,
    ],
    ["a title prompt without the title", { titlePrompt: "title: " }, /titlePrompt/],
    ["an end token that nobody names", { endToken: { id: 2 } }, /endToken\.text/],
    ["a negative id", { endToken: { ...card.endToken, id: -1 } }, /endToken\.id/],
    [
      "a required token that is no object",
      { requiredTokens: { before: ["<s>"], after: [] } },
      /before\[0\]/,
    ],
    ["a flag that is a word", { normalize: "yes" }, /normalize must be true or false/],
    [
      "a head that gives another length",
      { dimensions: 2, matryoshka: [], matryoshkaRange: undefined },
      /dimensions must be 4/,
    ],
    ["a head that takes another length", { hiddenSize: 16 }, /head\[0\]\.inDimensions must be 16/],
    [
      "layers on tokens behind the pooling",
      { head: [dense, { ...dense, on: "tokens" }] },
      /head\[1\]\.on/,
    ],
    [
      "a graph that pools and a pooling without the prompt",
      { pooling: "in-graph" },
      /pooling must be a mode outside/,
    ],
    ["the same pooling twice", { pooling: ["mean", "mean"] }, /pooling must be one mode/],
    ["a limit without a reason", { dtypeLimits: [{ dtype: "fp16" }] }, /dtypeLimits\[0\]\.reason/],
    [
      "scores of another shape",
      { knownScores: { ...card.knownScores, scores: [[1]] } },
      /knownScores\.scores/,
    ],
    ["half a layer", { network: { layers: 1.5 } }, /network\.layers/],
  ])("with %s is refused as INVALID_OPTION", ([, changes, message]) => {
    expect(() => validateRepositoryCard({ ...card, ...changes })).toThrow(message);
    expect(() => validateRepositoryCard({ ...card, ...changes })).toThrow(/^INVALID_OPTION/);
  });

  test.for<[string, object]>([
    ["an activation", { head: [{ ...dense, activation: "mish" }] }],
    ["a layer", { head: [{ kind: "residual" }] }],
    ["a pooling", { pooling: "attention" }],
    ["a number format", { artifacts: [{ dtype: "q3", devices: ["wasm"], graph, data: [] }] }],
    ["a device", { artifacts: [{ dtype: "q8", devices: ["npu"], graph, data: [] }] }],
    ["a step", { queryStep: "dream" }],
  ])("with %s of unknown name is refused as MODEL_UNSUPPORTED", ([, changes]) => {
    expect(() => validateRepositoryCard({ ...card, ...changes })).toThrow(/^MODEL_UNSUPPORTED/);
  });
});
