import fc from "fast-check";
import { expect, test } from "vitest";
import { piecesOf } from "./piece.ts";

const texts = fc
  .array(
    fc.constantFrom("word ", "x".repeat(900), "\n\n \t", "東京は。", "🙂🚲", "a,b", "\ud800"),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join("").repeat(8));

test("the pieces are the text, in order and without loss", () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect([...piecesOf(text)].join("")).toBe(text);
    }),
  );
});

test("no piece is longer than 4,096 code units, and none but that of an empty text is empty", () => {
  fc.assert(
    fc.property(texts, (text) => {
      for (const piece of piecesOf(text)) {
        expect(piece.length).toBeLessThanOrEqual(4_096);
        expect(piece.length > 0 || text === "").toBe(true);
      }
    }),
  );
});

test("a piece ends before white space where there is any", () => {
  const [first] = piecesOf("the tide table, ".repeat(600));
  expect(first).toMatch(/\S$/);
  expect(first?.length).toBeGreaterThan(4_000);
});

test("without white space it ends between a letter and a mark", () => {
  const [first] = piecesOf("東京は日本の首都です。".repeat(1_000));
  expect(first).toMatch(/です$/);
});

test("a surrogate pair stays whole", () => {
  for (const piece of piecesOf("x" + "🙂".repeat(5_000))) expect(piece.isWellFormed()).toBe(true);
});
