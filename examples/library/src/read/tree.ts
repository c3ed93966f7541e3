import { Flow } from "./flow.ts";

/** Not text that anybody reads. */
const SKIPPED = new Set(
  (
    "AUDIO CANVAS DATALIST EMBED FRAMESET HEAD IFRAME MATH NOEMBED NOFRAMES NOSCRIPT OBJECT OPTION PLAINTEXT SCRIPT SELECT " +
    "STYLE SVG TEMPLATE TEXTAREA TITLE VIDEO XMP"
  ).split(" "),
);

/** The same for the view, which takes them out before anything else: index and view must agree. */
export const UNREAD: string = [...SKIPPED].join(",");

/** Ways through a page: shown, but not read. */
const PASSED_OVER = "NAV";

/** What stands apart from what is before and behind it, by an empty line. */
const BLOCKS = new Set(
  (
    "ADDRESS ARTICLE ASIDE BLOCKQUOTE DD DETAILS DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER H1 H2 H3 H4 H5 H6 " +
    "HEADER HR MAIN OL P PRE SECTION SUMMARY TABLE UL"
  ).split(" "),
);

/** What begins on a line of its own. */
const LINES = new Set(["BR", "LI", "TR"]);

/** What stands apart by a space: cells of a table. */
const CELLS = new Set(["TD", "TH"]);

const BREAKS = ["", " ", "\n", "\n\n"] as const;

/** The readable text under `root`, and where each character of it stands. Nothing is run, fetched or laid out for it. */
export function readTree(root: Node): Flow<Text> {
  const flow = new Flow<Text>();
  /** The break that is due before the next character: an index into {@link BREAKS}. */
  let due = 0;
  const owe = (level: number): void => {
    due = Math.max(due, level);
  };
  const settle = (): void => {
    if (flow.length > 0) flow.fill(BREAKS[due] ?? "");
    due = 0;
  };
  for (const step of walk(root)) {
    if (typeof step === "number") owe(step);
    else if (step.isPre) {
      const text = step.node.data;
      if (text.trim() === "") {
        owe(text.includes("\n\n") ? 3 : text.includes("\n") ? 2 : 1);
        continue;
      }
      settle();
      flow.add(step.node, 0, text.replaceAll("\r", "\n"));
    } else {
      for (const found of step.node.data.matchAll(/\s+|\S+/g)) {
        if (/^\s/.test(found[0])) owe(1);
        else {
          settle();
          flow.add(step.node, found.index, found[0]);
        }
      }
    }
  }
  return flow;
}

/** Text nodes in their order, and between them the breaks of their elements. */
function* walk(root: Node): Generator<number | { readonly node: Text; readonly isPre: boolean }> {
  // A stack of our own: nesting of a hundred thousand elements must not overflow the engine's.
  const pending: (Node | number)[] = [root];
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === undefined) return;
    if (typeof next === "number") yield next;
    else if (next.nodeType === Node.TEXT_NODE) {
      yield { node: next as Text, isPre: next.parentElement?.closest("pre") != null };
    } else {
      const tag = next.nodeType === Node.ELEMENT_NODE ? next.nodeName.toUpperCase() : "";
      if (SKIPPED.has(tag) || tag === PASSED_OVER) continue;
      const level = levelOf(tag);
      if (level > 0) yield level;
      if (level > 0) pending.push(level);
      for (let child = next.lastChild; child; child = child.previousSibling) pending.push(child);
    }
  }
}

function levelOf(tag: string): number {
  if (BLOCKS.has(tag)) return 3;
  if (LINES.has(tag)) return 2;
  return CELLS.has(tag) ? 1 : 0;
}
