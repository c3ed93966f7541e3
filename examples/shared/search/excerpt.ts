import type { Hit } from "nearfield";
import { make } from "../element.ts";

/** How much of what stands around a passage is shown with it, in UTF-16 code units. */
const BEFORE = 60;
const AFTER = 120;

/** Of a long passage so much, from a little before the first word of the question. */
const LENGTH = 420;
const LEAD = 80;

/** Words that say nothing about a passage. */
const COMMON = new Set(
  "the and for are but not you all can her was one our out has how its who what when where which why with from this that into your use does".split(
    " ",
  ),
);

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A passage with a little of what stands around it, the words of the question set off. Text only: nothing becomes markup. */
export function renderExcerpt(hit: Hit, query: string): HTMLElement {
  const { text } = hit.document;
  const passage = withoutTitle(hit);
  const words = wordsIn(text, passage, query);
  const { start, end } = cut(passage, words[0]);
  const element = make("p", { class: "excerpt", dir: "auto" });
  // At the beginning of a passage nothing is missing.
  const isWhole = start === passage.start && passage.start !== hit.passage.start;
  const before = isWhole ? "" : squeeze(text.slice(wordEdge(text, start - BEFORE, 1), start));
  const after = squeeze(text.slice(end, wordEdge(text, end + AFTER, -1)));
  if (before) element.append(make("span", { class: "around" }, `… ${before} `));
  let at = start;
  for (const word of words) {
    if (word.start < at || word.end > end) continue;
    element.append(squeeze(text.slice(at, word.start), false));
    element.append(make("b", {}, text.slice(word.start, word.end)));
    at = word.end;
  }
  element.append(squeeze(text.slice(at, end), false));
  if (after) element.append(make("span", { class: "around" }, ` ${after} …`));
  return element;
}

/** A first passage begins with the title, or the headings that the title is made of; the list shows them above it. */
function withoutTitle({ document: { text, title = "" }, passage }: Hit): Span {
  const { start, end } = passage;
  let at = start;
  for (;;) {
    const line = /^[^\n]*/.exec(text.slice(at, end))?.[0].trim() ?? "";
    if (line === "" || !isIn(title, line)) break;
    const rest = at + text.slice(at, end).indexOf(line) + line.length;
    const gap = text.slice(rest, end).search(/\S/);
    if (gap < 0) return { start, end };
    at = rest + gap;
  }
  return { start: at, end };
}

/** Headings stand above one another in a title as "A › B", and in a text as "A, B". */
function isIn(title: string, line: string): boolean {
  return title.includes(line) || line.split(", ").every((part) => title.includes(part));
}

function cut(passage: Span, first: Span | undefined): Span {
  if (passage.end - passage.start <= LENGTH) return passage;
  const lead = first ? Math.max(passage.start, first.start - LEAD) : passage.start;
  const start = Math.min(lead, passage.end - LENGTH);
  return { start, end: start + LENGTH };
}

/** Compared as words, not by a pattern made of what was typed. */
function wordsIn(text: string, { start, end }: Span, query: string): readonly Span[] {
  const wanted = new Set(
    [...query.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)]
      .map(([word]) => word)
      .filter((word) => word.length > 2 && !COMMON.has(word)),
  );
  if (wanted.size === 0) return [];
  return [...text.slice(start, end).matchAll(/[\p{L}\p{N}]+/gu)]
    .filter(([word]) => wanted.has(word.toLowerCase()))
    .map(({ 0: word, index }) => ({ start: start + index, end: start + index + word.length }));
}

/** The nearest place inwards where a word begins or ends. */
function wordEdge(text: string, at: number, step: 1 | -1): number {
  let edge = Math.max(0, Math.min(text.length, at));
  for (let moved = 0; moved < 20 && edge > 0 && edge < text.length; moved++, edge += step) {
    if (/\s/.test(text[step > 0 ? edge - 1 : edge] ?? " ")) break;
  }
  return edge;
}

function squeeze(text: string, trim = true): string {
  const line = text.replace(/\s+/g, " ");
  return trim ? line.trim() : line;
}
