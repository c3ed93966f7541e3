import { make, required } from "../../../shared/element.ts";
import { count } from "../../../shared/words.ts";
import type { PageRecord } from "../shelf/record.ts";
import { sayBytes, sayDate } from "./words.ts";

export interface SiteListOptions {
  readonly onOpen: (page: PageRecord) => void;
  readonly onForgetPage: (page: PageRecord) => void;
  readonly onForgetSite: (site: string, pages: readonly PageRecord[]) => void;
}

/** Pages of one site that are shown at once; a click shows more. */
const PAGES_AT_ONCE = 50;

/** What is remembered, site by site. */
export class SiteList {
  readonly #options: SiteListOptions;
  readonly #list = required("sites", HTMLElement);
  readonly #title = required("shelf-title", HTMLElement);
  readonly #shelf = required("shelf", HTMLElement);
  /** Sites that are unfolded, and how many of their pages are shown. */
  readonly #shown = new Map<string, number>();
  #drawn = "";

  constructor(options: SiteListOptions) {
    this.#options = options;
  }

  show(pages: readonly PageRecord[]): void {
    // A list that is made anew takes the focus from whoever stands in it.
    const drawn = JSON.stringify([pages, [...this.#shown]]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const sites = Map.groupBy(pages, ({ site }) => site);
    this.#shelf.hidden = pages.length === 0;
    this.#title.textContent = `${count(pages.length, "page")} of ${count(sites.size, "site")}`;
    const focused = document.activeElement?.getAttribute("data-key");
    const lines = [...sites]
      .toSorted(([, a], [, b]) => newest(b) - newest(a))
      .map(([site, list]) => this.#renderSite(site, list));
    this.#list.replaceChildren(...lines);
    if (focused) this.#refocus(focused);
  }

  #refocus(key: string): void {
    const again = this.#list.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    (again ?? this.#list.querySelector<HTMLElement>("summary"))?.focus();
  }

  #renderSite(site: string, pages: readonly PageRecord[]): HTMLElement {
    const size = pages.reduce((sum, { units }) => sum + units, 0);
    const summary = make(
      "summary",
      { "data-key": site },
      make("span", { class: "site-name" }, site),
      make(
        "span",
        { class: "number" },
        `${count(pages.length, "page")}${size > 0 ? `, ${sayBytes(size)}` : ""}`,
      ),
    );
    const details = make("details", { class: "site", open: this.#shown.has(site) }, summary);
    details.addEventListener("toggle", () => {
      if (details.open === this.#shown.has(site)) return;
      if (details.open) this.#shown.set(site, PAGES_AT_ONCE);
      else this.#shown.delete(site);
      // Lists that nobody looks at are not made.
      this.#fill(details, site, pages);
    });
    this.#fill(details, site, pages);
    return make("li", {}, details);
  }

  #fill(details: HTMLDetailsElement, site: string, pages: readonly PageRecord[]): void {
    while (details.children.length > 1) details.lastElementChild?.remove();
    const shown = this.#shown.get(site);
    if (shown === undefined) return;
    const { onForgetSite } = this.#options;
    const rest = pages.length - shown;
    details.append(
      make(
        "ul",
        { class: "pages" },
        ...newestFirst(pages)
          .slice(0, shown)
          .map((page) => this.#renderPage(page)),
      ),
      make(
        "div",
        { class: "site-acts" },
        ...(rest > 0
          ? [
              make(
                "button",
                {
                  type: "button",
                  class: "quiet",
                  click: () => {
                    this.#shown.set(site, shown + PAGES_AT_ONCE);
                    this.#fill(details, site, pages);
                  },
                },
                `Show ${rest.toLocaleString("en")} more`,
              ),
            ]
          : []),
        make(
          "button",
          {
            type: "button",
            class: "quiet danger-text",
            "data-key": `forget ${site}`,
            click: () => onForgetSite(site, pages),
          },
          `Forget ${site}…`,
        ),
      ),
    );
  }

  #renderPage(page: PageRecord): HTMLElement {
    const { title, url, readyMs, units, state } = page;
    const { onOpen, onForgetPage } = this.#options;
    const words =
      state === "waiting" && readyMs === 0
        ? "Waits to be read"
        : `${sayDate(readyMs)}, ${sayBytes(units)}`;
    return make(
      "li",
      { class: "page" },
      make(
        "button",
        {
          type: "button",
          class: "page-open",
          title: url,
          "data-key": url,
          click: () => onOpen(page),
        },
        make("span", { class: "page-title", dir: "auto" }, title),
        make("span", { class: "soft" }, words),
      ),
      make(
        "button",
        {
          type: "button",
          class: "quiet small",
          "aria-label": `Forget ${title}`,
          title: "Forget this page",
          "data-key": `forget ${url}`,
          click: () => onForgetPage(page),
        },
        "×",
      ),
    );
  }
}

function newest(pages: readonly PageRecord[]): number {
  return pages.reduce((latest, { chosenMs }) => Math.max(latest, chosenMs), 0);
}

function newestFirst(pages: readonly PageRecord[]): readonly PageRecord[] {
  return pages.toSorted((a, b) => b.chosenMs - a.chosenMs);
}
