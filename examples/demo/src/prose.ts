import { make } from "../../shared/element.ts";
import type { Run } from "./inline.ts";
import type { Block } from "./source.ts";

/** A stretch of the source to make stand out, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** How {@link renderRuns} makes spans stand out. */
export interface Marking {
  readonly tag: "mark" | "b";
  /** In order, without overlaps. */
  readonly spans: readonly Span[];
}

const BLOCK_TAGS = {
  heading: "h2",
  paragraph: "p",
  code: "pre",
  item: "p",
  quote: "blockquote",
  "table-row": "p",
  rule: "p",
  plain: "p",
} as const satisfies Record<Block["kind"], keyof HTMLElementTagNameMap>;

/**
 * Blocks as elements whose joined text is the source itself, to the character. Text goes in as text nodes only, so that
 * nothing in a document can become markup.
 */
export function renderBlocks(
  source: string,
  blocks: readonly Block[],
  marking: Marking,
): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const block of blocks) {
    const element = make(BLOCK_TAGS[block.kind], { class: `block ${block.kind}`, dir: "auto" });
    if (block.level > 0) element.dataset["level"] = String(block.level);
    const first = block.runs.find((run) => run.style !== "syntax");
    if (block.kind === "item" && /\d/.test(source[first?.start ?? -1] ?? ""))
      element.dataset["numbered"] = "";
    // Badges, comments, blank lines: nothing of them is left to read.
    const isSilent = block.kind !== "rule" && !block.runs.some((run) => isShown(source, run));
    if (isSilent) element.classList.add("silent");
    element.append(renderRuns(source, block.runs, marking));
    fragment.append(element);
  }
  return fragment;
}

/** Runs as text nodes and spans, cut where a mark begins or ends. */
export function renderRuns(
  source: string,
  runs: readonly Run[],
  marking: Marking,
): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const run of runs) {
    for (const piece of cut(run, marking.spans)) {
      const text = source.slice(piece.start, piece.end);
      const inner = run.style === "text" ? text : make("span", { class: run.style }, text);
      fragment.append(piece.isMarked ? make(marking.tag, {}, inner) : inner);
    }
  }
  return fragment;
}

function isShown(source: string, run: Run): boolean {
  return run.style !== "syntax" && source.slice(run.start, run.end).trim() !== "";
}

/** A run in pieces that are wholly inside or wholly outside of the spans. */
function* cut(run: Run, spans: readonly Span[]): Generator<Span & { readonly isMarked: boolean }> {
  let at = run.start;
  for (const span of spans) {
    const start = Math.max(at, span.start);
    const end = Math.min(run.end, span.end);
    if (start >= end) continue;
    if (start > at) yield { start: at, end: start, isMarked: false };
    yield { start, end, isMarked: true };
    at = end;
  }
  if (at < run.end) yield { start: at, end: run.end, isMarked: false };
}
