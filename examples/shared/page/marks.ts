/** Names in the page's registry of highlights: with a prefix, since they share it with the page. */
const FOUND = "nearfield-found";
const CURRENT = "nearfield-current";

/**
 * Marks passages in the page without changing it: the CSS Custom Highlight API paints ranges, so that no element is
 * added, no selection moved and no script of the page sees a mutation.
 */
export class Marks {
  readonly #sheet = new CSSStyleSheet();
  readonly #adopters = new Set<DocumentOrShadowRoot>();

  constructor() {
    // A sheet made by a script is no inline style: no policy of the page on styles forbids it. Both colours are set, so that they
    // can be read whatever those of the page are; light or dark goes by the page's own scheme.
    this.#sheet.replaceSync(`
      ::highlight(${FOUND}) { background-color: light-dark(#fff0b3, #4a3d16); color: light-dark(#1c1a12, #fff3d0); }
      ::highlight(${CURRENT}) { background-color: #ffbf47; color: #1c1a12; }
      @media (forced-colors: active) {
        ::highlight(${FOUND}) { background-color: Mark; color: MarkText; }
        ::highlight(${CURRENT}) { background-color: Highlight; color: HighlightText; }
      }
    `);
  }

  /** Paints passages, each being one or more ranges, and the one at `current` in another colour. Nothing else stays painted. */
  show(passages: readonly (readonly Range[])[], current: number): void {
    const chosen = passages[current] ?? [];
    const others = passages.filter((passage) => passage !== chosen).flat();
    this.#adopt([...others, ...chosen]);
    CSS.highlights.set(FOUND, new Highlight(...others));
    const above = new Highlight(...chosen);
    above.priority = 1;
    CSS.highlights.set(CURRENT, above);
  }

  /** Leaves the page as it was. */
  clear(): void {
    CSS.highlights.delete(FOUND);
    CSS.highlights.delete(CURRENT);
    for (const root of this.#adopters) {
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
    }
    this.#adopters.clear();
  }

  /** The colours of a shadow tree come from its own sheets. */
  #adopt(ranges: readonly Range[]): void {
    const roots = new Set(ranges.map(({ startContainer }) => startContainer.getRootNode()));
    for (const root of roots) {
      if (!(root instanceof Document || root instanceof ShadowRoot)) continue;
      if (root.adoptedStyleSheets.includes(this.#sheet)) continue;
      root.adoptedStyleSheets.push(this.#sheet);
      this.#adopters.add(root);
    }
  }
}

/** Whether this browser can mark text without changing the page. */
export function canMark(): boolean {
  return "highlights" in CSS && typeof Highlight === "function";
}
