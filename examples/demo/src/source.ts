import { parseInline, push, type Run } from "./inline.ts";

/** How a document is written: Markdown, or plain text that is shown as it is. */
export type SourceFormat = "markdown" | "text";

/** A block of a document: what stands on lines of its own. */
export interface Block {
  readonly kind:
    | "heading"
    | "paragraph"
    | "code"
    | "item"
    | "quote"
    | "table-row"
    | "rule"
    | "plain";
  /** Of a heading 1 to 6; of a list item its depth from 0; of what belongs to an item without being one, 1. */
  readonly level: number;
  readonly start: number;
  readonly end: number;
  /** Contiguous, from `start` to `end`. */
  readonly runs: readonly Run[];
}

const FENCE = /^\s*(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+/;
const RULE = /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+/;
const QUOTE = /^\s*>\s?/;
const UNDERLINE = /^ {0,3}(=+|-{2,})\s*$/;
const TABLE_LINE = /^\s*\|/;
const TABLE_RULE = /^[\s|:-]+$/;
const DEFINITION = /^ {0,3}\[[^\]]+\]:\s*\S+/;

/**
 * The blocks of a source text, contiguous and covering it to the character: joined, their runs are the source. It is no
 * full Markdown parser. What it does not know it shows as text, and nothing in a document can become markup.
 */
export function parseSource(source: string, format: SourceFormat): readonly Block[] {
  return format === "markdown" ? new Parser(source).parse() : parsePlain(source);
}

/** Paragraphs of a plain text, each with the blank lines behind it. */
function parsePlain(source: string): readonly Block[] {
  const blocks: Block[] = [];
  let start = 0;
  while (start < source.length) {
    const gap = source.indexOf("\n\n", start);
    let end = gap < 0 ? source.length : gap + 2;
    while (source[end] === "\n") end++;
    const runs: Run[] = [];
    push(runs, start, end, "text");
    blocks.push({ kind: "plain", level: 0, start, end, runs });
    start = end;
  }
  return blocks;
}

interface Line {
  readonly start: number;
  /** Without the line break. */
  readonly stop: number;
  /** With it. */
  readonly end: number;
  readonly text: string;
}

class Parser {
  readonly #source: string;
  readonly #lines: Line[] = [];
  readonly #blocks: Block[] = [];
  /** Indented lines below an item are more of its text, and elsewhere code. */
  #isInList = false;

  constructor(source: string) {
    this.#source = source;
    for (let start = 0; start < source.length;) {
      const at = source.indexOf("\n", start);
      const stop = at < 0 ? source.length : at;
      const end = at < 0 ? stop : stop + 1;
      this.#lines.push({ start, stop, end, text: source.slice(start, stop) });
      start = end;
    }
  }

  parse(): readonly Block[] {
    let at = 0;
    while (at < this.#lines.length) at = this.#block(at);
    return this.#blocks;
  }

  /** Takes the block that begins in line `at`; gives the line after it and the blank lines behind it. */
  #block(at: number): number {
    const line = this.#line(at);
    const { text } = line;
    if (!isBlank(text)) this.#isInList = ITEM.test(text) || (this.#isInList && /^\s/.test(text));
    if (isBlank(text)) return this.#close("paragraph", 0, at, at + 1, [hidden(line)]);
    if (FENCE.test(text)) return this.#fence(at);
    if (text.trimStart().startsWith("<!--")) return this.#comment(at);
    const heading = HEADING.exec(text);
    if (heading) {
      const runs: Run[] = [];
      this.#inline(runs, line, heading[0].length);
      return this.#close("heading", heading[1]?.length ?? 1, at, at + 1, runs);
    }
    if (RULE.test(text)) return this.#close("rule", 0, at, at + 1, [hidden(line)]);
    if (TABLE_LINE.test(text)) return this.#tableRow(at);
    if (DEFINITION.test(text)) return this.#close("paragraph", 0, at, at + 1, [hidden(line)]);
    const item = ITEM.exec(text);
    if (item) return this.#item(at, item);
    if (QUOTE.test(text)) return this.#quote(at);
    if (/^(?: {4}|\t)/.test(text) && !this.#isInList) return this.#indented(at);
    return this.#paragraph(at);
  }

  #fence(at: number): number {
    const [opening = "", fence = "```"] = FENCE.exec(this.#line(at).text) ?? [];
    const indent = opening.length - fence.length;
    const closes = new RegExp(`^\\s*${fence[0] === "~" ? "~" : "`"}{${fence.length},}\\s*$`);
    const runs: Run[] = [hidden(this.#line(at))];
    let next = at + 1;
    for (; next < this.#lines.length; next++) {
      const line = this.#line(next);
      if (closes.test(line.text)) {
        push(runs, line.start, line.end, "syntax");
        return this.#close("code", 0, at, next + 1, runs);
      }
      const code = line.start + Math.min(indent, line.text.length - line.text.trimStart().length);
      push(runs, line.start, code, "syntax");
      push(runs, code, line.end, "code");
    }
    return this.#close("code", 0, at, next, runs);
  }

  #comment(at: number): number {
    const runs: Run[] = [];
    let next = at;
    while (next < this.#lines.length) {
      const line = this.#line(next++);
      push(runs, line.start, line.end, "syntax");
      if (line.text.includes("-->")) break;
    }
    return this.#close("paragraph", 0, at, next, runs);
  }

  #tableRow(at: number): number {
    const line = this.#line(at);
    const runs: Run[] = [];
    if (TABLE_RULE.test(line.text)) runs.push(hidden(line));
    else this.#inline(runs, line, 0);
    return this.#close("table-row", 0, at, at + 1, runs);
  }

  #item(at: number, item: RegExpExecArray): number {
    const [marker = "", indent = "", bullet = ""] = item;
    const line = this.#line(at);
    const runs: Run[] = [];
    // A number says something, a bullet is drawn by the style sheet.
    const shown = /\d/.test(bullet) ? indent.length : marker.length;
    push(runs, line.start, line.start + shown, "syntax");
    push(runs, line.start + shown, line.start + marker.length, "text");
    const next = this.#flow(runs, at, marker.length);
    return this.#close("item", Math.min(3, Math.floor(indent.length / 2)), at, next, runs);
  }

  #quote(at: number): number {
    const runs: Run[] = [];
    let next = at;
    while (next < this.#lines.length) {
      const line = this.#line(next);
      const sign = QUOTE.exec(line.text);
      if (!sign) break;
      this.#inline(runs, line, sign[0].length);
      next++;
    }
    return this.#close("quote", 0, at, next, runs);
  }

  #indented(at: number): number {
    const runs: Run[] = [];
    let next = at;
    while (next < this.#lines.length && /^(?: {4}|\t)/.test(this.#line(next).text)) {
      const line = this.#line(next++);
      push(runs, line.start, line.end, "code");
    }
    return this.#close("code", 0, at, next, runs);
  }

  #paragraph(at: number): number {
    const runs: Run[] = [];
    const { text } = this.#line(at);
    const tag = /^\s*<h([1-6])\b/i.exec(text);
    const indent = text.length - text.trimStart().length;
    push(runs, this.#line(at).start, this.#line(at).start + indent, "syntax");
    const next = this.#flow(runs, at, indent);
    const under = next < this.#lines.length ? this.#line(next) : undefined;
    const underline = under && UNDERLINE.exec(under.text);
    if (under && underline) {
      push(runs, under.start, under.end, "syntax");
      const level = underline[1]?.startsWith("=") ? 1 : 2;
      return this.#close("heading", level, at, next + 1, runs);
    }
    if (tag) return this.#close("heading", Number(tag[1]), at, next, runs);
    return this.#close("paragraph", this.#isInList ? 1 : 0, at, next, runs);
  }

  /** Lines of running text from `at` on, the first from column `skip`. Gives the line that ends them. */
  #flow(runs: Run[], at: number, skip: number): number {
    let next = at + 1;
    while (next < this.#lines.length && !this.#interrupts(this.#line(next).text)) next++;
    const from = this.#line(at).start + skip;
    const last = this.#line(next - 1);
    for (const run of parseInline(this.#source, from, last.stop)) {
      push(runs, run.start, run.end, run.style);
    }
    push(runs, last.stop, last.end, "syntax");
    return next;
  }

  #interrupts(text: string): boolean {
    return (
      isBlank(text) ||
      [FENCE, HEADING, RULE, ITEM, QUOTE, UNDERLINE, TABLE_LINE, DEFINITION].some((sign) =>
        sign.test(text),
      ) ||
      /^\s*<(?:!--|h[1-6]\b)/i.test(text)
    );
  }

  #inline(runs: Run[], line: Line, skip: number): void {
    push(runs, line.start, line.start + skip, "syntax");
    for (const run of parseInline(this.#source, line.start + skip, line.stop)) {
      push(runs, run.start, run.end, run.style);
    }
    push(runs, line.stop, line.end, "syntax");
  }

  /** Ends a block: the blank lines behind it belong to it, as `syntax`. */
  #close(kind: Block["kind"], level: number, from: number, to: number, runs: Run[]): number {
    let next = to;
    while (next < this.#lines.length && isBlank(this.#line(next).text)) {
      const line = this.#line(next++);
      push(runs, line.start, line.end, "syntax");
    }
    const start = this.#line(from).start;
    this.#blocks.push({ kind, level, start, end: this.#line(next - 1).end, runs });
    return next;
  }

  #line(at: number): Line {
    const line = this.#lines[at];
    if (!line) throw new RangeError(`no line ${at}`);
    return line;
  }
}

function hidden(line: Line): Run {
  return { start: line.start, end: line.end, style: "syntax" };
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}
