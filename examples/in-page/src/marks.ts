/** Names in the page's registry of highlights: with a prefix, since they share it with the page. */
const FOUND = "nearfield-found";
const CURRENT = "nearfield-current";

/**
 * Marks passages in the page without changing it: the CSS Custom Highlight API paints ranges, so that no element is
 * added, no selection moved and no script of the page sees a mutation.
 */
export class Marks {
  readonly #sheet = new CSSStyleSheet();

  constructor() {
    // A sheet made by a script is no inline style: no policy of the page on styles forbids it.
    this.#sheet.replaceSync(`
      ::highlight(${FOUND}) { background-color: #ffe58a; color: #1c1a12; }
      ::highlight(${CURRENT}) { background-color: #ff9d2e; color: #1c1a12; }
      @media (forced-colors: active) {
        ::highlight(${FOUND}) { background-color: Mark; color: MarkText; }
        ::highlight(${CURRENT}) { background-color: Highlight; color: HighlightText; }
      }
    `);
  }

  /** Paints `ranges`, and the one at `current` in another colour. Nothing else stays painted. */
  show(ranges: readonly Range[], current: number): void {
    if (!document.adoptedStyleSheets.includes(this.#sheet)) {
      document.adoptedStyleSheets.push(this.#sheet);
    }
    const chosen = ranges[current];
    CSS.highlights.set(FOUND, new Highlight(...ranges.filter((range) => range !== chosen)));
    const above = new Highlight(...(chosen ? [chosen] : []));
    above.priority = 1;
    CSS.highlights.set(CURRENT, above);
  }

  /** Leaves the page as it was. */
  clear(): void {
    CSS.highlights.delete(FOUND);
    CSS.highlights.delete(CURRENT);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter(
      (sheet) => sheet !== this.#sheet,
    );
  }
}

/** Whether this browser can mark text without changing the page. */
export function canMark(): boolean {
  return "highlights" in CSS && typeof Highlight === "function";
}
