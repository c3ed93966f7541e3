import type { Hit } from "nearfield";
import type { Run } from "./inline.ts";
import { renderRuns, type Span } from "./prose.ts";
import { parseSource, type Block, type SourceFormat } from "./source.ts";
import { make } from "../../shared/element.ts";

/** How much of the rest of its first and its last block is shown with a passage, in UTF-16 code units. */
const BEFORE = 90;
const AFTER = 160;

/** How far around a passage is parsed: enough for its own block to begin in it. */
const REACH = 4_000;

/** Words that say nothing about a passage. */
const COMMON = new Set(
  "the and for are but not you all can had her was one our out has how its who what when where which why with from this that into your use does".split(
    " ",
  ),
);

/** How a document of this page is written. */
export function formatOf(hit: Hit): SourceFormat {
  return hit.document.fields?.["format"] === "markdown" ? "markdown" : "text";
}

/** A passage as the list of hits shows it. */
export interface Excerpt {
  /** The heading under which the passage stands, without its marks; undefined above the first and in plain text. */
  readonly section: string | undefined;
  /** The passage with what stands around it, marks of Markdown left out, the words of the query set off. */
  readonly element: HTMLElement;
}

export function renderExcerpt(hit: Hit, query: string): Excerpt {
  const { text } = hit.document;
  const { start, end } = hit.passage;
  const { blocks, offset } = parseAround(hit);
  const blockAt = (at: number): Block | undefined =>
    blocks.find((block) => block.start + offset <= at && at < block.end + offset);
  const first = (blockAt(start)?.start ?? start - offset) + offset;
  const last = (blockAt(end - 1)?.end ?? end - offset) + offset;
  const from = wordStart(text, Math.max(first, start - BEFORE), start, first);
  const to = wordEnd(text, Math.min(last, end + AFTER), end, last);
  const words = findWords(text, start, end, query);
  // The list names that heading above the excerpt.
  const heading = headingOf(blocks, offset, start);
  const body = blocks.filter((block) => block !== heading);
  const part = (range: Span): DocumentFragment =>
    renderRuns(text, readable(text, body, offset, range), { tag: "b", spans: words });
  const element = make("p", { class: "excerpt", dir: "auto" });
  const around = (...children: readonly (Node | string)[]): HTMLElement =>
    make("span", { class: "around" }, ...children);
  const before = part({ start: from, end: start });
  if (before.textContent?.trim()) element.append(around("… ", before));
  const passage = part({ start, end });
  // Badges alone, say: better their source than nothing.
  element.append(passage.textContent?.trim() ? passage : text.slice(start, end));
  const after = part({ start: end, end: to });
  if (after.textContent?.trim()) element.append(around(after, " …"));
  return { section: heading && wordsOf(text, heading, offset), element };
}

function wordsOf(text: string, block: Block, offset: number): string | undefined {
  const shown = block.runs.filter((run) => run.style !== "syntax");
  const words = shown.map((run) => text.slice(run.start + offset, run.end + offset)).join("");
  return words.replace(/\s+/g, " ").trim() || undefined;
}

function headingOf(blocks: readonly Block[], offset: number, at: number): Block | undefined {
  return blocks.findLast((block) => block.kind === "heading" && block.start + offset <= at);
}

/** The blocks around a passage. Their offsets count from `offset`. */
function parseAround(hit: Hit): { readonly blocks: readonly Block[]; readonly offset: number } {
  const { text } = hit.document;
  const { start, end } = hit.passage;
  const gap = start <= REACH ? 0 : text.indexOf("\n\n", start - REACH);
  const offset = gap > 0 && gap < start ? gap + 2 : Math.max(0, gap === 0 ? 0 : start - REACH);
  return { blocks: parseSource(text.slice(offset, end + REACH), formatOf(hit)), offset };
}

/** What of `range` is meant to be read, in one line of running text. */
function readable(
  text: string,
  blocks: readonly Block[],
  offset: number,
  range: Span,
): readonly Run[] {
  const runs: Run[] = [];
  for (const block of blocks) {
    for (const run of block.runs) {
      const start = Math.max(run.start + offset, range.start);
      const end = Math.min(run.end + offset, range.end);
      if (start >= end) continue;
      const style = block.kind === "heading" && run.style === "text" ? "strong" : run.style;
      if (style !== "syntax") runs.push({ start, end, style });
      else {
        // Hidden marks may hold the only space between two words: keep the line break among them.
        const gap = text.slice(start, end).search(/\s/);
        if (gap >= 0) runs.push({ start: start + gap, end: start + gap + 1, style: "text" });
      }
    }
  }
  return runs;
}

/** Where words of the query stand in `[start, end)`. Compared as words, not by a pattern made of what was typed. */
function findWords(text: string, start: number, end: number, query: string): readonly Span[] {
  const wanted = new Set(
    [...query.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)]
      .map(([word]) => word)
      .filter((word) => word.length > 2 && !COMMON.has(word)),
  );
  if (wanted.size === 0) return [];
  const spans: Span[] = [];
  for (const found of text.slice(start, end).matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!wanted.has(found[0].toLowerCase())) continue;
    spans.push({ start: start + found.index, end: start + found.index + found[0].length });
  }
  return spans;
}

/** `at`, moved to where the next word begins; `first`, where the block begins, is such a place. */
function wordStart(text: string, at: number, limit: number, first: number): number {
  if (at === first) return at;
  const space = text.slice(at, limit).search(/\s/);
  return space < 0 ? limit : at + space + 1;
}

/** `at`, moved back to where a word ends; `last`, where the block ends, is such a place. */
function wordEnd(text: string, at: number, limit: number, last: number): number {
  if (at === last) return at;
  const space = text.slice(limit, at).search(/\s\S*$/);
  return space < 0 ? limit : limit + space;
}
