import type { Hit } from "nearfield";
import { make } from "../../shared/element.ts";
import { formatOf } from "./excerpt.ts";
import { renderBlocks, type Span } from "./prose.ts";
import { parseSource } from "./source.ts";

/** Longer documents are shown around the passage first: building all of a long book would make the page stutter. */
const WHOLE_CHARACTERS = 120_000;
const AROUND_CHARACTERS = 40_000;

export interface ReaderOptions {
  readonly article: HTMLElement;
  readonly onClose: () => void;
}

/** Shows a whole document with one passage marked in it. */
export class Reader {
  readonly #article: HTMLElement;
  readonly #onClose: () => void;

  constructor({ article, onClose }: ReaderOptions) {
    this.#article = article;
    this.#onClose = onClose;
  }

  get isOpen(): boolean {
    return !this.#article.hidden;
  }

  /** Shows the document of `hit`, scrolled to its passage, and takes the focus. */
  open(hit: Hit): void {
    this.#render(hit, hit.document.text.length <= WHOLE_CHARACTERS);
    this.#article.hidden = false;
    this.#article.focus({ preventScroll: true });
    this.#article.querySelector("mark")?.scrollIntoView({ block: "center" });
  }

  close(): void {
    this.#article.hidden = true;
    this.#article.replaceChildren();
  }

  #render(hit: Hit, isWhole: boolean): void {
    const { text, title, id } = hit.document;
    const { start, end } = hit.passage;
    const { start: from, end: to } = isWhole
      ? { start: 0, end: text.length }
      : around(text, hit.passage);
    const shown = text.slice(from, to);
    const blocks = parseSource(shown, formatOf(hit));
    const spans = [{ start: start - from, end: end - from }];
    const body = make("div", { class: "prose" });
    body.append(renderBlocks(shown, blocks, { tag: "mark", spans }));
    this.#article.replaceChildren(
      make(
        "header",
        { class: "reader-head" },
        make(
          "button",
          { type: "button", class: "quiet back", click: () => this.#onClose() },
          "← Back",
        ),
        make("h1", { id: "reader-title" }, title ?? id),
        make("p", { class: "reader-origin" }, originOf(hit)),
        this.#sourceToggle(body),
      ),
      ...(isWhole ? [] : [this.#partNote(hit, to - from)]),
      body,
    );
  }

  #sourceToggle(body: HTMLElement): HTMLElement {
    const toggle = make(
      "button",
      { type: "button", class: "quiet source-toggle", "aria-pressed": "false" },
      "Source",
    );
    toggle.addEventListener("click", () => {
      const isSource = body.classList.toggle("as-source");
      toggle.setAttribute("aria-pressed", String(isSource));
      body.querySelector("mark")?.scrollIntoView({ block: "center" });
    });
    return toggle;
  }

  #partNote(hit: Hit, characters: number): HTMLElement {
    const all = hit.document.text.length;
    const share = `${characters.toLocaleString("en")} of ${all.toLocaleString("en")} characters`;
    const more = make("button", { type: "button", class: "link" }, "Show all of it");
    more.addEventListener("click", () => {
      this.#render(hit, true);
      this.#article.querySelector("mark")?.scrollIntoView({ block: "center" });
    });
    return make("p", { class: "part-note" }, `A part of a long document: ${share}. `, more);
  }
}

function originOf(hit: Hit): string {
  const { fields, id } = hit.document;
  if (fields?.["own"]) return "Your file, kept in this browser";
  const { package: name, version, path, licence } = fields ?? {};
  return name ? `${String(name)} ${String(version)} · ${String(path)} · ${String(licence)}` : id;
}

/** The passage with about {@link AROUND_CHARACTERS} on both sides, cut between paragraphs where there are any. */
function around(text: string, { start, end }: Span): Span {
  const near = Math.max(0, start - AROUND_CHARACTERS);
  const gap = near === 0 ? -1 : text.lastIndexOf("\n\n", start);
  const head = gap < near ? near : text.indexOf("\n\n", near) + 2;
  const far = Math.min(text.length, end + AROUND_CHARACTERS);
  const tail = far === text.length ? -1 : text.indexOf("\n\n", far);
  return { start: head, end: tail < 0 || tail > far + AROUND_CHARACTERS ? far : tail + 2 };
}
