/** How a stretch of source looks. `syntax` is what only a parser wants to see: hidden while reading. */
export type RunStyle = "text" | "syntax" | "code" | "strong" | "emphasis";

/** A stretch of the source, `[start, end)`, of one look. */
export interface Run {
  readonly start: number;
  readonly end: number;
  readonly style: RunStyle;
}

/** Longer stretches are shown as they are: searching them for closing marks would take quadratic time. */
const MAX_PARSED = 4_000;

/** Links within emphasis within links: as deep as people nest them. */
const MAX_DEPTH = 4;

const TAG = /<(?:!--[\s\S]*?-->|\/?[a-z][^<>]*>)/iy;
const SHORTCODE = /&(?:nbsp|zwj|emsp|ensp);/y;
const WORD = /[\p{L}\p{N}]/u;

/**
 * Markdown's inline marks in `[start, end)`, as contiguous runs that cover it to the character: nothing is added,
 * dropped or decoded, so that offsets into the source stay valid. Images and tags become `syntax`: nothing is fetched.
 */
export function parseInline(source: string, start: number, end: number): readonly Run[] {
  const runs: Run[] = [];
  if (end - start > MAX_PARSED) push(runs, start, end, "text");
  else scan(source, start, end, "text", 0, runs);
  return runs;
}

/** Adds a run, or makes the last one longer where the look is the same. */
export function push(runs: Run[], start: number, end: number, style: RunStyle): void {
  if (end <= start) return;
  const last = runs.at(-1);
  if (last && last.style === style && last.end === start) {
    runs[runs.length - 1] = { start: last.start, end, style };
  } else runs.push({ start, end, style });
}

function scan(
  source: string,
  start: number,
  end: number,
  style: RunStyle,
  depth: number,
  runs: Run[],
): void {
  let at = start;
  while (at < end) {
    const next = depth < MAX_DEPTH ? mark(source, at, end, style, depth, runs) : at;
    if (next > at) at = next;
    else push(runs, at, ++at, style);
  }
}

/** Takes the mark that begins at `at` and gives the place after it; gives `at` where there is none. */
function mark(
  source: string,
  at: number,
  end: number,
  style: RunStyle,
  depth: number,
  runs: Run[],
): number {
  switch (source.charAt(at)) {
    case "\\":
      if (at + 1 >= end || !/[!-/:-@[-`{-~]/.test(source[at + 1] ?? "")) return at;
      push(runs, at, at + 1, "syntax");
      push(runs, at + 1, at + 2, style);
      return at + 2;
    case "`":
      return codeSpan(source, at, end, runs);
    case "<":
      return tag(source, at, end, style, runs);
    case "&": {
      const found = matchAt(SHORTCODE, source, at, end);
      push(runs, at, found, "syntax");
      return found;
    }
    case "!": {
      const close = source[at + 1] === "[" ? linkEnd(source, at + 1, end) : undefined;
      if (!close) return at;
      push(runs, at, close.end, "syntax");
      return close.end;
    }
    case "[": {
      const close = linkEnd(source, at, end);
      if (!close) return at;
      push(runs, at, at + 1, "syntax");
      scan(source, at + 1, close.text, style, depth + 1, runs);
      push(runs, close.text, close.end, "syntax");
      return close.end;
    }
    case "*":
    case "_":
      return emphasis(source, at, end, depth, runs);
    default:
      return at;
  }
}

function codeSpan(source: string, at: number, end: number, runs: Run[]): number {
  let length = 1;
  while (at + length < end && source[at + length] === "`") length++;
  const fence = "`".repeat(length);
  const close = source.indexOf(fence, at + length);
  if (close < 0 || close + length > end) {
    push(runs, at, at + length, "text");
    return at + length;
  }
  push(runs, at, at + length, "syntax");
  push(runs, at + length, close, "code");
  push(runs, close, close + length, "syntax");
  return close + length;
}

function tag(source: string, at: number, end: number, style: RunStyle, runs: Run[]): number {
  const close = source.indexOf(">", at);
  if (close > 0 && close < end && /^<https?:[^\s<>]*$/.test(source.slice(at, close))) {
    push(runs, at, at + 1, "syntax");
    push(runs, at + 1, close, style);
    push(runs, close, close + 1, "syntax");
    return close + 1;
  }
  const found = matchAt(TAG, source, at, end);
  push(runs, at, found, "syntax");
  return found;
}

/** Where the text of a link ends, and where the link with its address does. Undefined where it is no link. */
function linkEnd(
  source: string,
  at: number,
  end: number,
): { text: number; end: number } | undefined {
  const text = closing(source, at, end, "[", "]");
  if (text < 0) return undefined;
  const opener = source[text + 1];
  if (opener !== "(" && opener !== "[") return undefined;
  const close = closing(source, text + 1, end, opener, opener === "(" ? ")" : "]");
  return close < 0 ? undefined : { text, end: close + 1 };
}

function closing(source: string, at: number, end: number, open: string, close: string): number {
  let depth = 0;
  for (let i = at; i < end; i++) {
    const character = source[i];
    if (character === "\\") i++;
    else if (character === open) depth++;
    else if (character === close && --depth === 0) return i;
  }
  return -1;
}

function emphasis(source: string, at: number, end: number, depth: number, runs: Run[]): number {
  const character = source[at] ?? "";
  const delimiter = source[at + 1] === character ? character + character : character;
  const inner = at + delimiter.length;
  const after = source[inner] ?? " ";
  const isInWord = character === "_" && WORD.test(source[at - 1] ?? "");
  if (inner >= end || /\s/.test(after) || after === character || isInWord) return at;
  let close = source.indexOf(delimiter, inner);
  while (close >= 0 && close < end && /\s/.test(source[close - 1] ?? " ")) {
    close = source.indexOf(delimiter, close + 1);
  }
  if (close < 0 || close + delimiter.length > end) return at;
  if (character === "_" && WORD.test(source[close + delimiter.length] ?? "")) return at;
  push(runs, at, inner, "syntax");
  scan(source, inner, close, delimiter.length === 2 ? "strong" : "emphasis", depth + 1, runs);
  push(runs, close, close + delimiter.length, "syntax");
  return close + delimiter.length;
}

/** The end of what a sticky `pattern` finds at `at`, or `at`. */
function matchAt(pattern: RegExp, source: string, at: number, end: number): number {
  pattern.lastIndex = at;
  const found = pattern.exec(source);
  return found && at + found[0].length <= end ? at + found[0].length : at;
}
