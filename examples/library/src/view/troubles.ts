import type { FileRecord } from "../shelf/record.ts";
import { make, required } from "../../../shared/element.ts";
import { count } from "../../../shared/words.ts";

const AT_ONCE = 50;

export interface TroublesOptions {
  readonly onDismiss: (ids: readonly string[]) => void;
}

/** Files that were not taken, each with its reason. */
export class Troubles {
  readonly #details = required("troubles", HTMLDetailsElement);
  readonly #summary = required("troubles-title", HTMLElement);
  readonly #list = required("troubles-list", HTMLElement);
  readonly #options: TroublesOptions;
  #shown = "";

  constructor(options: TroublesOptions) {
    this.#options = options;
  }

  show(records: readonly FileRecord[]): void {
    const key = records.map(({ id, problem }) => `${id}\n${problem}`).join("\n");
    if (key === this.#shown) return;
    const isNew = records.length > 0 && this.#shown === "";
    this.#shown = key;
    const hadFocus = this.#list.contains(document.activeElement);
    this.#details.hidden = records.length === 0;
    if (isNew) this.#details.open = records.length <= 5;
    this.#summary.textContent = `${count(records.length, "file was", "files were")} not taken`;
    const rows = records.slice(0, AT_ONCE).map((record) => this.#row(record));
    const ids = records.map(({ id }) => id);
    const all = make(
      "button",
      { type: "button", class: "quiet", click: () => this.#options.onDismiss(ids) },
      records.length > AT_ONCE
        ? `Dismiss all ${records.length.toLocaleString("en")}`
        : "Dismiss all",
    );
    this.#list.replaceChildren(...rows, ...(records.length > 1 ? [make("li", {}, all)] : []));
    if (hadFocus) (this.#list.querySelector("button") ?? this.#summary).focus();
  }

  #row({ id, name, problem }: FileRecord): HTMLElement {
    return make(
      "li",
      { class: "trouble", "data-id": id },
      make("b", { dir: "auto" }, name),
      make("span", {}, problem ?? ""),
      make(
        "button",
        {
          type: "button",
          class: "quiet",
          "aria-label": `Dismiss ${name}`,
          click: () => this.#options.onDismiss([id]),
        },
        "Dismiss",
      ),
    );
  }
}
