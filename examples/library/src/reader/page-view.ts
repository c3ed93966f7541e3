import { make } from "../../../shared/element.ts";
import { readTree } from "../read/tree.ts";
import { locate, markNodes, type Passage } from "./passage.ts";
import { sanitize } from "./sanitize.ts";
import { bringIntoSight, type View } from "./view.ts";

/** A web page or a Markdown file: its own structure in the looks of this app. */
export class PageView implements View {
  readonly element: HTMLElement = make("div", { class: "original prose", dir: "auto" });
  readonly #source: Document;

  constructor(source: Document) {
    this.#source = source;
  }

  show(_: number, passage: Passage | undefined): Promise<boolean> {
    return Promise.resolve(showBody(this.element, this.#source.body, passage));
  }

  close(): void {
    this.element.replaceChildren();
  }
}

/** Puts a sanitized body into `element` and marks the passage; false where the passage is not in it. */
export function showBody(
  element: HTMLElement,
  body: Element,
  passage: Passage | undefined,
): boolean {
  const shown = sanitize(body);
  const ranges = passage && locate(readTree(shown), passage);
  const mark = ranges && markNodes(ranges);
  for (const table of shown.querySelectorAll("table, pre")) makeScrollable(table);
  element.replaceChildren(shown);
  bringIntoSight(mark);
  return mark !== undefined;
}

/** What is wider than the page scrolls by itself, by keyboard too. */
function makeScrollable(wide: Element): void {
  const frame = make("div", {
    class: "wide",
    tabIndex: 0,
    role: "group",
    "aria-label": wide.nodeName === "TABLE" ? "Table" : "Preformatted text",
  });
  wide.replaceWith(frame);
  frame.append(wide);
}
