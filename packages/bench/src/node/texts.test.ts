import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectTexts } from "./texts.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nearfield-texts-"));
  const lines = [
    { text: "The tide comes in twice each day here. The moon is what draws the water up." },
    { text: "The tide comes in twice each day here. A gull waits on the harbour wall for bread." },
    { text: "Too short." },
  ];
  writeFileSync(join(folder, "corpus.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("texts are different sentences, then neighbours together", () => {
  expect(collectTexts([folder], "", 4)).toEqual([
    "The tide comes in twice each day here.",
    "The moon is what draws the water up.",
    "A gull waits on the harbour wall for bread.",
    "The tide comes in twice each day here. The moon is what draws the water up.",
  ]);
});

test("too few texts are refused, not repeated", () => {
  expect(() => collectTexts([folder], "", 100)).toThrow(/too few texts/);
});
