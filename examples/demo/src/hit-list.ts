import type { Hit } from "nearfield";
import { make } from "../../shared/element.ts";
import { renderExcerpt } from "./excerpt.ts";

export interface HitListOptions {
  readonly input: HTMLInputElement;
  readonly list: HTMLElement;
  readonly onOpen: (hit: Hit) => void;
}

/**
 * The passages that were found: a listbox that the search box drives. The focus stays in the box, so that one can go on
 * typing; `aria-activedescendant` tells which passage is meant.
 */
export class HitList {
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #onOpen: (hit: Hit) => void;
  #hits: readonly Hit[] = [];
  #query = "";
  #active = -1;

  constructor({ input, list, onOpen }: HitListOptions) {
    this.#input = input;
    this.#list = list;
    this.#onOpen = onOpen;
    list.addEventListener("click", (event) => {
      const option =
        event.target instanceof Element ? event.target.closest('[role="option"]') : null;
      if (option) this.open([...list.children].indexOf(option));
    });
  }

  get length(): number {
    return this.#hits.length;
  }

  /**
   * Shows `hits` in place of those before; a passage that was active and is still there stays active. False where they are
   * the same to the same question: then nothing is touched. `isFinal`: no better answer to this question will come.
   */
  show(hits: readonly Hit[], query: string, isFinal: boolean): boolean {
    if (isFinal) this.#list.dataset["question"] = query;
    const isKnown = hits.every((hit, at) => isEqual(hit, this.#hits[at]));
    if (isKnown && hits.length === this.#hits.length && query === this.#query) return false;
    const active = this.#hits[this.#active];
    this.#hits = hits;
    this.#query = query;
    this.#list.replaceChildren(...hits.map((hit, at) => renderHit(hit, at, query)));
    this.#list.hidden = hits.length === 0;
    this.#input.setAttribute("aria-expanded", String(hits.length > 0));
    this.#activate(active ? hits.findIndex((hit) => isSame(hit, active)) : -1, false);
    return true;
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
    this.#onOpen(hit);
  }

  #activate(at: number, scroll: boolean): void {
    this.#list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    const option = this.#list.children[at];
    this.#active = option ? at : -1;
    if (!option) {
      this.#input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.#input.setAttribute("aria-activedescendant", option.id);
    if (scroll) option.scrollIntoView({ block: "nearest" });
  }
}

function renderHit(hit: Hit, at: number, query: string): HTMLElement {
  const { title, id } = hit.document;
  const { section, element: excerpt } = renderExcerpt(hit, query);
  const name = title ?? id;
  return make(
    "li",
    {
      role: "option",
      id: `hit-${at}`,
      "aria-selected": "false",
      "data-document": id,
      "data-start": hit.passage.start,
      "data-end": hit.passage.end,
      class: "hit",
    },
    make(
      "p",
      { class: "hit-head" },
      make("span", { class: "hit-title" }, name),
      ...(section && lettersOf(section) !== lettersOf(name)
        ? [make("span", { class: "hit-section" }, section)]
        : []),
    ),
    excerpt,
    make(
      "p",
      { class: "hit-foot" },
      make("span", {}, originOf(hit)),
      make("span", { class: "score", title: sayParts(hit) }, sayScore(hit.score)),
    ),
  );
}

function sayParts({ parts: { dense, lexical } }: Hit): string {
  const meaning = dense === undefined ? [] : [`meaning ${sayScore(dense)} (cosine)`];
  const words = lexical === undefined ? [] : [`words ${sayScore(lexical)} (BM25)`];
  return [...meaning, ...words].join(", ");
}

/** Two digits, and no minus before a nought. */
function sayScore(score: number): string {
  return (Math.round(score * 100) / 100 || 0).toFixed(2);
}

/** Headings repeat the title in other dress: "🛣️ pathe", "Lightning CSS". */
function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function originOf({ document: { id, fields } }: Hit): string {
  if (fields?.["own"]) return "your file";
  const { package: name, version } = fields ?? {};
  return name ? `${String(name)} ${String(version)}` : id;
}

function isEqual(a: Hit, b: Hit | undefined): boolean {
  return (
    b !== undefined && isSame(a, b) && a.score === b.score && a.document.text === b.document.text
  );
}

/** The same place in the same document. */
function isSame(a: Hit, b: Hit): boolean {
  return a.document.id === b.document.id && a.passage.start === b.passage.start;
}
