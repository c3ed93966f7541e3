import { skipSpace } from "./space.ts";

/**
 * A stretch of whole lines that belong together. Plain text is paragraphs only; the rest is Markdown as people write it,
 * read by lines: enough to find good places to cut, not to render.
 */
export interface Block {
  readonly kind: "heading" | "paragraph" | "item" | "code" | "table";
  /** `[start, end)` in UTF-16 code units; the last line's terminator is outside. */
  readonly start: number;
  readonly end: number;
  /** 1 to 6 for a heading, else 0. */
  readonly level: number;
  /** True where the line before belongs to another block: no blank line stands between. */
  readonly adjacent: boolean;
}

interface Line {
  readonly start: number;
  /** Without the terminator. */
  readonly end: number;
  /** First unit that is no white space; `end` for a blank line. */
  readonly ink: number;
}

/** Gives the blocks of `text` in order, without blank lines. Reads each line a bounded number of times. */
export function* findBlocks(text: string): Generator<Block, void> {
  let open: Line | undefined;
  let openKind: "paragraph" | "item" = "paragraph";
  let openEnd = 0;
  let adjacent = false;
  let openAdjacent = false;
  let line = readLine(text, 0);

  function* close(): Generator<Block, void> {
    if (!open) return;
    yield { kind: openKind, start: open.start, end: openEnd, level: 0, adjacent: openAdjacent };
    open = undefined;
    adjacent = true;
  }

  while (line) {
    const next: Line | undefined = readLine(text, afterLine(text, line.end));
    if (line.ink === line.end) {
      yield* close();
      adjacent = false;
      line = next;
      continue;
    }
    const head = text.slice(line.ink, Math.min(line.end, line.ink + MARKER_LENGTH));
    const fence = FENCE.exec(head)?.[0];
    const level = ATX_HEADING.exec(head)?.[1]?.length ?? 0;
    const underlined = next && !open && !LIST_ITEM.test(head) ? setextLevel(text, next) : 0;
    if (fence) {
      yield* close();
      const last = findFenceEnd(text, line, fence);
      yield { kind: "code", start: line.start, end: last.end, level: 0, adjacent };
      adjacent = true;
      line = readLine(text, afterLine(text, last.end));
    } else if (level > 0) {
      yield* close();
      yield { kind: "heading", start: line.start, end: line.end, level, adjacent };
      adjacent = true;
      line = next;
    } else if (underlined && next) {
      yield { kind: "heading", start: line.start, end: next.end, level: underlined, adjacent };
      adjacent = true;
      line = readLine(text, afterLine(text, next.end));
    } else if (next && isTableHead(text, line, next)) {
      yield* close();
      let last: Line = next;
      let row = readLine(text, afterLine(text, last.end));
      while (row && hasPipe(text, row)) {
        last = row;
        row = readLine(text, afterLine(text, last.end));
      }
      yield { kind: "table", start: line.start, end: last.end, level: 0, adjacent };
      adjacent = true;
      line = row;
    } else {
      const isItem = LIST_ITEM.test(head);
      if (isItem) yield* close();
      if (!open) {
        open = line;
        openKind = isItem ? "item" : "paragraph";
        openAdjacent = adjacent;
      }
      openEnd = line.end;
      line = next;
    }
  }
  yield* close();
}

/** Enough of a line to tell what it is. */
const MARKER_LENGTH = 64;
/** A table row, a delimiter row or an underline longer than this is taken for prose. */
const MAX_ROW_LENGTH = 4096;
const FENCE = /^(?:`{3,}|~{3,})/;
const FENCE_END = /^(?:`+|~+)\s*$/;
const ATX_HEADING = /^(#{1,6})(?:\s|$)/;
const LIST_ITEM = /^(?:[-*+•]|\d{1,9}[.)])\s/;
const SETEXT = /^(?:=+|-{2,})\s*$/;
const DELIMITER_ROW = /^\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** Every line terminator is white space for `trim`, so that no text can fall between two lines. */
const TERMINATOR = /[\n\r\v\f\u2028\u2029]/g;

function readLine(text: string, start: number): Line | undefined {
  if (start >= text.length) return undefined;
  TERMINATOR.lastIndex = start;
  const end = TERMINATOR.exec(text)?.index ?? text.length;
  return { start, end, ink: skipSpace(text, start, end) };
}

function afterLine(text: string, end: number): number {
  return text.startsWith("\r\n", end) ? end + 2 : end + 1;
}

/** Last line of the code that `opening` starts; the last of the text where the fence is never closed. */
function findFenceEnd(text: string, opening: Line, fence: string): Line {
  let last = opening;
  let line = readLine(text, afterLine(text, opening.end));
  while (line) {
    last = line;
    if (text.startsWith(fence, line.ink) && line.end - line.ink <= MARKER_LENGTH) {
      if (FENCE_END.test(text.slice(line.ink, line.end))) return last;
    }
    line = readLine(text, afterLine(text, line.end));
  }
  return last;
}

function setextLevel(text: string, line: Line): number {
  const first = text[line.ink];
  if ((first !== "=" && first !== "-") || line.end - line.ink > MAX_ROW_LENGTH) return 0;
  if (!SETEXT.test(text.slice(line.ink, line.end))) return 0;
  return first === "=" ? 1 : 2;
}

function hasPipe(text: string, line: Line): boolean {
  if (line.ink === line.end || line.end - line.ink > MAX_ROW_LENGTH) return false;
  return text.slice(line.ink, line.end).includes("|");
}

function isTableHead(text: string, line: Line, next: Line): boolean {
  if (!hasPipe(text, next) || !hasPipe(text, line)) return false;
  return DELIMITER_ROW.test(text.slice(next.ink, next.end));
}
