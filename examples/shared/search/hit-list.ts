import type { Hit } from "nearfield";
import { make } from "../element.ts";
import { renderExcerpt } from "./excerpt.ts";

export interface HitListOptions {
  readonly input: HTMLInputElement;
  readonly list: HTMLElement;
  /** A line on where a hit comes from: kind, page, date. */
  readonly originOf: (hit: Hit) => string;
  readonly onOpen: (hit: Hit) => void;
}

/**
 * The passages that were found: a listbox that the search box drives. The focus stays in the box, so that one can go on
 * typing; `aria-activedescendant` tells which passage is meant.
 */
export class HitList {
  readonly #options: HitListOptions;
  #hits: readonly Hit[] = [];
  #query = "";
  #active = -1;

  constructor(options: HitListOptions) {
    this.#options = options;
    const { list } = options;
    list.addEventListener("click", ({ target }) => {
      const option = target instanceof Element ? target.closest('[role="option"]') : null;
      if (option) this.open([...list.children].indexOf(option));
    });
  }

  get length(): number {
    return this.#hits.length;
  }

  /** Shows `hits`; a passage that was active and is still there stays active. */
  show(hits: readonly Hit[], query: string): void {
    const { list, input, originOf } = this.#options;
    const isKnown =
      query === this.#query &&
      hits.length === this.#hits.length &&
      hits.every((hit, at) => isSame(hit, this.#hits[at]));
    if (isKnown) return;
    const active = this.#hits[this.#active]?.id;
    this.#hits = hits;
    this.#query = query;
    list.replaceChildren(...hits.map((hit, at) => renderHit(hit, at, query, originOf(hit))));
    list.hidden = hits.length === 0;
    input.setAttribute("aria-expanded", String(hits.length > 0));
    this.#activate(
      hits.findIndex(({ id }) => id === active),
      false,
    );
  }

  /** One up or down, round the end. */
  move(by: 1 | -1): void {
    const count = this.#hits.length;
    if (count === 0) return;
    const from = this.#active < 0 && by < 0 ? 0 : this.#active;
    this.#activate((from + by + count) % count, true);
  }

  /** Opens the passage at `at`, or the active one, or the first. */
  open(at: number = Math.max(0, this.#active)): void {
    const hit = this.#hits[at];
    if (!hit) return;
    this.#activate(at, false);
    this.#options.onOpen(hit);
  }

  #activate(at: number, scroll: boolean): void {
    const { list, input } = this.#options;
    list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    const option = list.children[at];
    this.#active = option ? at : -1;
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    if (scroll) option.scrollIntoView({ block: "nearest" });
  }
}

function renderHit(hit: Hit, at: number, query: string, origin: string): HTMLElement {
  return make(
    "li",
    { role: "option", id: `hit-${at}`, "aria-selected": "false", class: "hit" },
    make("p", { class: "hit-title", dir: "auto" }, hit.document.title ?? hit.document.id),
    renderExcerpt(hit, query),
    make("p", { class: "origin" }, origin),
  );
}

function isSame(a: Hit, b: Hit | undefined): boolean {
  return b !== undefined && a.id === b.id && a.passage.text === b.passage.text;
}
