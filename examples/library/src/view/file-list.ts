import { KINDS } from "../read/kind.ts";
import { sayBytes } from "../read/problem.ts";
import { titleOf } from "../library/document.ts";
import type { FileRecord } from "../shelf/record.ts";
import { make, required } from "../../../shared/element.ts";
import { count } from "../../../shared/words.ts";
import { sayDate } from "./words.ts";

/** Thousands of rows at once would make the page stutter; who looks for one searches. */
const AT_ONCE = 100;

export interface FileListOptions {
  readonly onOpen: (record: FileRecord) => void;
}

/** What is in the library, the newest first, while nothing is asked. */
export class FileList {
  readonly #section = required("shelf", HTMLElement);
  readonly #title = required("shelf-title", HTMLElement);
  readonly #list = required("files", HTMLElement);
  readonly #more = required("more", HTMLButtonElement);
  readonly #options: FileListOptions;
  #records: readonly FileRecord[] = [];
  #limit = AT_ONCE;
  #shown = "";

  constructor(options: FileListOptions) {
    this.#options = options;
    this.#more.addEventListener("click", () => {
      const next = this.#limit;
      this.#limit += AT_ONCE;
      this.#render();
      this.#list.children[next]?.querySelector("button")?.focus();
    });
  }

  /** `heading`: what these are. Rebuilds nothing where nothing has changed, so that a button keeps its focus. */
  show(records: readonly FileRecord[], heading: string, isHidden: boolean): void {
    this.#section.hidden = isHidden;
    this.#title.textContent = `${heading} (${records.length.toLocaleString("en")})`;
    this.#records = records;
    const key = records
      .slice(0, this.#limit)
      .map(({ id, state, modified, title }) => [id, state, modified, title].join())
      .join();
    if (key === this.#shown && this.#more.hidden === records.length <= this.#limit) return;
    this.#shown = key;
    this.#render();
  }

  #render(): void {
    const focused = document.activeElement?.closest("[data-id]")?.getAttribute("data-id");
    const shown = this.#records.slice(0, this.#limit);
    this.#list.replaceChildren(...shown.map((record) => this.#row(record)));
    const left = this.#records.length - shown.length;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show ${count(Math.min(left, AT_ONCE), "more", "more")} of ${left.toLocaleString("en")}`;
    if (focused) {
      this.#list.querySelector<HTMLElement>(`[data-id="${CSS.escape(focused)}"] button`)?.focus();
    }
  }

  #row(record: FileRecord): HTMLElement {
    const facts = [record.folder, sayDate(record.modified), sayBytes(record.bytes)];
    return make(
      "li",
      { "data-id": record.id },
      make(
        "button",
        { type: "button", class: "file", click: () => this.#options.onOpen(record) },
        kindTag(record),
        make("span", { class: "file-title", dir: "auto" }, titleOf(record)),
        make(
          "span",
          { class: "origin" },
          record.state === "waiting" ? "waiting to be read" : facts.filter(Boolean).join(" · "),
        ),
      ),
    );
  }
}

/** A small coloured tag that says of what kind a file is. */
export function kindTag({ kind }: FileRecord): HTMLElement {
  return make("span", { class: "tag", "data-kind": kind ?? "" }, kind ? KINDS[kind].one : "Other");
}
