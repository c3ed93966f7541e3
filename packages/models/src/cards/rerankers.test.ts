import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { validateRerankerCard, validateRerankerRepositoryCard } from "../reranker-card.ts";
import { findReranker, QWEN3_RERANKER, RERANKER_CARDS } from "./rerankers.ts";

test("every card is sound", () => {
  for (const card of RERANKER_CARDS.values()) {
    expect(validateRerankerRepositoryCard(card)).toBe(card);
  }
});

test("every card is found by the names of both its repositories", () => {
  for (const card of RERANKER_CARDS.values()) {
    expect([card.name, card.repository].map(findReranker)).toEqual([card, card]);
  }
});

test("a card is found by its own repository or its export's, with or without the owner", () => {
  const wanted = RERANKER_CARDS.get("Qwen/Qwen3-Reranker-0.6B");
  for (const name of [
    "Qwen/Qwen3-Reranker-0.6B",
    "qwen3-reranker-0.6b",
    "onnx-community/Qwen3-Reranker-0.6B-ONNX",
  ]) {
    expect(findReranker(name)).toBe(wanted);
  }
  expect(findReranker("Qwen3-Embedding-0.6B")).toBeUndefined();
});

test("the template of Qwen3-Reranker is the reference's, character by character", async () => {
  const url = new URL("../../../testing/models/toy-qwen3-reranker/scores.json", import.meta.url);
  const { prefix, suffix, separator, instruction } = JSON.parse(await readFile(url, "utf8"));
  const body = `<Instruct>: {instruction}${separator}<Query>: {query}${separator}<Document>: {passage}`;
  expect(QWEN3_RERANKER).toMatchObject({ prefix, suffix, body, instruction });
});

const file = { url: "/f", byteLength: 1, sha256: "0".repeat(64) };
const sound = {
  name: "r",
  version: "1",
  licence: "MIT",
  maxTokens: 512,
  scoring: { kind: "pair", activation: "sigmoid" },
  artifacts: { wasm: { graph: file, data: [] } },
  tokenizer: file,
  tokenizerConfig: file,
};

test.for<[string, object, string]>([
  ["no length", { maxTokens: 0 }, "INVALID_OPTION"],
  ["no files", { artifacts: {} }, "INVALID_OPTION"],
  ["an unknown field", { prompt: "" }, "INVALID_OPTION"],
  ["an unknown way of scoring", { scoring: { kind: "triple" } }, "MODEL_UNSUPPORTED"],
  [
    "a body without a query",
    { scoring: { ...QWEN3_RERANKER, body: "{passage}" } },
    "INVALID_OPTION",
  ],
  [
    "a body in which something follows the passage",
    { scoring: { ...QWEN3_RERANKER, body: "{query}{passage}." } },
    "INVALID_OPTION",
  ],
])("a card with %s is refused", ([, change, code]) => {
  expect(validateRerankerCard(sound)).toBe(sound);
  expect(() => validateRerankerCard({ ...sound, ...change })).toThrow(
    expect.objectContaining({ code }),
  );
});
