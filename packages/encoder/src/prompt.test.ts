import type { ModelCard } from "@nearfield/core";
import { expect, test } from "vitest";
import { promptOf, titlePromptOf } from "./prompt.ts";

const card = {
  prompts: { query: "Instruct: {instruction}\nQuery:", document: "" },
  instruction: "Find passages",
} as unknown as ModelCard;

test("a query's prompt has the caller's instruction, or else the card's", () => {
  expect(promptOf(card, "query")).toBe("Instruct: Find passages\nQuery:");
  expect(promptOf(card, "query", "Find laws")).toBe("Instruct: Find laws\nQuery:");
});

test("what looks like a replacement pattern in an instruction stays what it is", () => {
  expect(promptOf(card, "query", "a $& b $1")).toBe("Instruct: a $& b $1\nQuery:");
});

test("a document's prompt takes no instruction where the card has no place for one", () => {
  expect(promptOf(card, "document", "Find laws")).toBe("");
});

test("a title goes into its place, whatever is in it", () => {
  const titled = { ...card, titlePrompt: "title: {title} | task: {instruction} | text: " };
  expect(titlePromptOf(titled, "a $& b {instruction}")).toBe(
    "title: a $& b {instruction} | task: Find passages | text: ",
  );
  expect(titlePromptOf(card, "a title")).toBeUndefined();
});
