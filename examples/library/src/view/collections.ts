import { titleOf } from "../library/document.ts";
import type { FileRecord } from "../shelf/record.ts";
import { make, required } from "../../../shared/element.ts";

export interface CollectionsOptions {
  readonly collections: () => readonly string[];
  readonly onChange: (record: FileRecord, collections: readonly string[]) => void;
}

/** Asks into which collections a document belongs. */
export class CollectionsDialog {
  readonly #dialog = required("belongs", HTMLDialogElement);
  readonly #name = required("belongs-name", HTMLElement);
  readonly #list = required("belongs-list", HTMLElement);
  readonly #fresh = required("belongs-new", HTMLInputElement);
  #record: FileRecord | undefined;

  readonly #options: CollectionsOptions;

  constructor(options: CollectionsOptions) {
    this.#options = options;
    this.#dialog.addEventListener("close", () => {
      if (this.#dialog.returnValue === "keep" && this.#record) {
        options.onChange(this.#record, this.#chosen());
      }
      this.#dialog.returnValue = "";
    });
  }

  open(record: FileRecord): void {
    this.#record = record;
    this.#name.textContent = titleOf(record);
    this.#fresh.value = "";
    this.#list.replaceChildren(
      ...this.#options.collections().map((name) =>
        make(
          "li",
          {},
          make(
            "label",
            {},
            make("input", {
              type: "checkbox",
              value: name,
              checked: record.collections.includes(name),
            }),
            make("span", { dir: "auto" }, name),
          ),
        ),
      ),
    );
    this.#dialog.showModal();
  }

  #chosen(): string[] {
    const boxes = [...this.#list.querySelectorAll("input")];
    const fresh = this.#fresh.value.trim();
    const names = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    return [...new Set(fresh === "" ? names : [...names, fresh])];
  }
}
