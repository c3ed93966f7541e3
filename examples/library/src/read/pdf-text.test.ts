import { expect, it } from "vitest";
import { readItems, type PdfItem } from "./pdf-text.ts";

const line = (str: string, y: number, hasEOL = true): PdfItem => ({
  str,
  hasEOL,
  height: 12,
  transform: [12, 0, 0, 12, 60, y],
});

it("makes sentences of lines, and paragraphs of gaps", () => {
  const items = [
    line("Snow is pressed", 700),
    line("into ice.", 685),
    line("", 670),
    line("A new thought.", 640),
  ];
  expect(readItems(items).text).toBe("Snow is pressed into ice.\n\nA new thought.");
});

it("puts divided words together, and keeps the pieces of a line as they are", () => {
  const items = [line("A ", 700, false), line("gla-", 700), line("cier moves.", 685)];
  expect(readItems(items).text).toBe("A gla-cier moves.");
});

it("knows of each character which item it came from", () => {
  const flow = readItems([line("Snow is pressed", 700), line("into ice.", 685)]);
  const start = flow.text.indexOf("pressed into");
  expect(flow.ranges(start, start + "pressed into".length)).toEqual([
    { source: 0, from: 8, to: 15 },
    { source: 1, from: 0, to: 4 },
  ]);
});
