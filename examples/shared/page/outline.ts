import { TextMap } from "./text-map.ts";
import { LAID_OUT, type Reading } from "./visibility.ts";

/** What stands between one heading and the next. */
export interface Section {
  /** The headings above it, from the outermost: "Guide › Refunds". */
  readonly title: string;
  readonly map: TextMap;
}

/** Longest section: a longer one is divided between two blocks, so that a change of the page costs little to index. */
const SECTION_UNITS = 3_000;

/** Longest part of one text node in a section: a log or a listing of megabytes is divided between two of its lines. */
const NODE_UNITS = 4 * SECTION_UNITS;

/** Of a title: a heading is a line, and what is longer has been made one for its looks. */
const HEADING_UNITS = 160;

/**
 * Reads the visible page as its headings divide it. Code and tables are marked, so that no passage cuts through them. Gives a
 * section when it is complete, and `undefined` after each element, so that whoever reads can let the page go first.
 * @param reading how it is told what a reader sees; default: by the page's own layout
 */
export function* readPage(
  root: Element,
  onShadow: (root: ShadowRoot) => void = () => {},
  reading: Reading = LAID_OUT,
): Generator<Section | undefined, void> {
  const reader = new Reader(root, onShadow, reading);
  yield* reader.read(root);
  reader.close();
  yield* reader.takeDone();
}

class Reader {
  readonly #onShadow: (root: ShadowRoot) => void;
  readonly #reading: Reading;
  /** One heading of the first level is the title of the page, and above everything: it tells no section from another. */
  readonly #hasOneTitle: boolean;
  readonly #path: { readonly level: number; readonly text: string }[] = [];
  #title = "";
  #done: Section[] = [];
  #map = new TextMap();
  /** Whether the section has anything to be found beside its marks, and anything beside headings. */
  #hasText = false;
  #hasBody = false;
  /** What to put before the next text of the page, if there is one. */
  #pending = "";
  /** What begins and ends the code that is being read; "" outside of code. */
  #fence = "";

  constructor(root: Element, onShadow: (root: ShadowRoot) => void, reading: Reading) {
    this.#hasOneTitle = root.querySelectorAll("h1").length === 1;
    this.#onShadow = onShadow;
    this.#reading = reading;
  }

  *takeDone(): Generator<Section, void> {
    const done = this.#done;
    this.#done = [];
    yield* done;
  }

  *read(element: Element): Generator<Section | undefined, void> {
    yield;
    if (!this.#reading.isRead(element)) return;
    const { tagName } = element;
    const level = levelOf(element);
    if (level > 0) this.#readHeading(element, level);
    else if (tagName === "PRE") this.#readCode(element);
    else if (tagName === "TABLE" && isOfData(element)) yield* this.#readTable(element);
    else if (tagName === "BR") this.#separate("\n");
    else yield* this.#readInside(element);
    yield* this.takeDone();
  }

  /** Ends the section. */
  close(): void {
    if (this.#hasText) {
      const title = this.#path.map(({ text }) => text).join(" › ") || this.#title;
      this.#done.push({ title, map: this.#map });
    }
    this.#map = new TextMap();
    this.#hasText = false;
    this.#hasBody = false;
    this.#pending = "";
  }

  *#readInside(element: Element): Generator<Section | undefined, void> {
    const isBlock = this.#reading.isBlock(element);
    if (isBlock) this.#separate("\n\n");
    if (element.tagName === "LI") this.#mark("- ");
    for (const child of this.#childrenOf(element)) {
      if (child instanceof Text) this.#write(child);
      else if (child instanceof Element) yield* this.read(child);
    }
    if (isBlock) this.#separate("\n\n");
  }

  /** As they are shown: a component shows its shadow tree, and in its slots what the page gave it. */
  #childrenOf(element: Element): readonly Node[] {
    const { shadowRoot } = element;
    if (shadowRoot) this.#onShadow(shadowRoot);
    if (shadowRoot) return [...shadowRoot.childNodes];
    const given = element instanceof HTMLSlotElement ? element.assignedNodes() : [];
    return given.length > 0 ? given : [...element.childNodes];
  }

  /** A heading ends the section before it and is the title of the next. It is text of that section, too: it can be found. */
  #readHeading(element: Element, level: number): void {
    const text = collapse(element.textContent);
    if (text === "") return;
    // A heading that nothing follows but another one says nothing by itself.
    if (this.#hasBody) this.close();
    while ((this.#path.at(-1)?.level ?? 0) >= level) this.#path.pop();
    // What stands above tells what a short section is about; it is found there, too.
    if (!this.#hasText && this.#path.length > 0) {
      this.#map.addMark(`${this.#path.map(({ text: above }) => above).join(", ")}\n\n`);
    }
    const line = text.slice(0, HEADING_UNITS);
    if (level === 1 && this.#hasOneTitle) this.#title = line;
    else this.#path.push({ level, text: line });
    const hadBody = this.#hasBody;
    this.#writeAll(element, false);
    this.#hasBody = hadBody;
    this.#separate("\n\n");
  }

  #readCode(element: Element): void {
    this.#separate("\n\n");
    if (!hasInk(element.textContent)) return;
    // Longer than any fence that the code itself has.
    const longest = Math.max(
      2,
      ...(element.textContent.match(/`+/g) ?? []).map((run) => run.length),
    );
    this.#fence = "`".repeat(longest + 1);
    this.#mark(`${this.#fence}\n`);
    this.#writeAll(element, true);
    this.#pending = "";
    this.#mark(`\n${this.#fence}`);
    this.#fence = "";
    this.#separate("\n\n");
  }

  /** As a Markdown table: the splitter keeps its lines together, and cuts between rows where it must cut. */
  *#readTable(element: Element): Generator<undefined, void> {
    this.#separate("\n\n");
    const { rows } = element as HTMLTableElement;
    let isFirst = true;
    for (const row of rows) {
      yield;
      if (!this.#reading.isRead(row)) continue;
      this.#mark("| ");
      for (const cell of row.cells) {
        this.#writeAll(cell, false);
        this.#pending = "";
        this.#mark(" | ");
      }
      if (isFirst) this.#mark(`\n|${" --- |".repeat(row.cells.length)}`);
      isFirst = false;
      this.#separate("\n");
    }
    this.#separate("\n\n");
  }

  #writeAll(element: Element, keepsLines: boolean): void {
    for (const child of this.#childrenOf(element)) {
      if (child instanceof Text) this.#write(child, keepsLines);
      else if (child instanceof Element && this.#reading.isRead(child))
        this.#writeAll(child, keepsLines);
    }
  }

  #write(node: Text, keepsLines = false): void {
    if (!keepsLines && !hasInk(node.data)) {
      // White space between two words of different elements still divides them.
      if (node.length > 0 && this.#pending === "" && this.#map.length > 0) this.#pending = " ";
      return;
    }
    this.#begin();
    this.#hasText ||= hasInk(node.data);
    this.#hasBody = this.#hasText;
    for (let from = 0; from < node.length;) {
      const to = endOfPart(node.data, from);
      this.#map.addNode(node, keepsLines, from, to);
      if (to < node.length) this.#divide();
      from = to;
    }
  }

  /** Ends the section within a text, and begins the next one with the same kind of text. */
  #divide(): void {
    const fence = this.#fence;
    if (fence !== "") this.#map.addMark(`\n${fence}`);
    this.close();
    if (fence !== "") this.#map.addMark(`${fence}\n`);
    this.#hasText = true;
    this.#hasBody = true;
  }

  #mark(mark: string): void {
    this.#begin();
    this.#map.addMark(mark);
  }

  #begin(): void {
    const isLong = this.#map.length > SECTION_UNITS && this.#pending === "\n\n";
    if (isLong) this.close();
    if (this.#map.length > 0) this.#map.addMark(this.#pending);
    this.#pending = "";
  }

  #separate(mark: "\n" | "\n\n"): void {
    if (mark.length > this.#pending.length || this.#pending === " ") this.#pending = mark;
  }
}

/** 1 to 6 for a heading, by its tag or its role; 0 for anything else. */
function levelOf(element: Element): number {
  const byTag = /^H([1-6])$/.exec(element.tagName)?.[1];
  if (byTag !== undefined) return Number(byTag);
  if (element.getAttribute("role") !== "heading") return 0;
  return Number(element.getAttribute("aria-level") ?? 2) || 2;
}

/** Old pages lay themselves out with tables: what has other tables, headings or one cell to a row is none of data. */
function isOfData(element: Element): boolean {
  if (element.matches("[role='presentation'], [role='none']")) return false;
  if (element.querySelector("table, h1, h2, h3, h4, h5, h6, pre")) return false;
  return [...(element as HTMLTableElement).rows].some(({ cells }) => cells.length > 1);
}

/** Where the part of a text that begins at `from` ends: behind a line break or a space, where there is one in its second half. */
function endOfPart(text: string, from: number): number {
  const limit = from + NODE_UNITS;
  if (text.length <= limit) return text.length;
  const half = from + NODE_UNITS / 2;
  for (const mark of ["\n", " "]) {
    const at = text.lastIndexOf(mark, limit - 1);
    if (at > half) return at + 1;
  }
  return limit;
}

function hasInk(text: string): boolean {
  return /\S/.test(text);
}

/** As a reader sees it: runs of white space are one space. */
export function collapse(text: string | null): string {
  return (text ?? "").replace(/\s+/g, " ").trim();
}
