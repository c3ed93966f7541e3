import type { ModelCard } from "@nearfield/core";
import { expect, test } from "vitest";
import { checkKnownAnswers } from "./known-answers.ts";

const texts = ["a longer text", "short", "the longest text of all three"];
const card = { dimensions: 2, knownAnswers: { texts, floor: 0.99 } } as unknown as ModelCard;
const expected = Float32Array.from([1, 0, 0, 1, 0.6, 0.8]);
const right = (text: string) =>
  expected.slice(texts.indexOf(text) * 2, texts.indexOf(text) * 2 + 2);
const wrong = Float32Array.from([0.8, -0.6]);

test("every text is encoded alone, and all of them once more in one batch", async () => {
  const batches: (readonly string[])[] = [];
  const report = await checkKnownAnswers({
    card,
    expected,
    trusted: false,
    encodeBatch: async (batch) => (batches.push(batch), batch.map(right)),
  });
  expect(batches).toEqual([...texts.map((text) => [text]), texts]);
  expect(report).toEqual({ texts: 6, leastCosine: expect.closeTo(1, 6) as number });
});

test("a trusted machine encodes the shortest text only", async () => {
  const batches: (readonly string[])[] = [];
  await checkKnownAnswers({
    card,
    expected,
    trusted: true,
    encodeBatch: async (batch) => (batches.push(batch), batch.map(right)),
  });
  expect(batches).toEqual([["short"]]);
});

test("one wrong vector alone is refused", async () => {
  const check = checkKnownAnswers({
    card,
    expected,
    trusted: false,
    encodeBatch: async (batch) =>
      batch.map((text) => (text === texts[2] && batch.length === 1 ? wrong : right(text))),
  });
  await expect(check).rejects.toThrow(/EMBEDDING_INVALID: known answer 2, encoded alone/);
});

test("one that is wrong only in a padded batch is refused", async () => {
  const check = checkKnownAnswers({
    card,
    expected,
    trusted: false,
    encodeBatch: async (batch) =>
      batch.map((text) => (text === "short" && batch.length > 1 ? wrong : right(text))),
  });
  await expect(check).rejects.toThrow(/known answer 1, encoded in a batch of 3/);
});

test("a vector that is not a number is refused", async () => {
  const check = checkKnownAnswers({
    card,
    expected,
    trusted: true,
    encodeBatch: async () => [Float32Array.of(Number.NaN, 0)],
  });
  await expect(check).rejects.toThrow(/EMBEDDING_INVALID/);
});
