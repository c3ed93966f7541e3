import type { FolderRecord } from "../shelf/database.ts";
import type { FileRecord } from "../shelf/record.ts";
import { make, required } from "../../../shared/element.ts";

export interface RailOptions {
  readonly onChoose: (collection: string | undefined) => void;
  readonly onAdd: (name: string) => void;
  readonly onDelete: (name: string) => void;
  readonly onLook: (folder: FolderRecord) => void;
  readonly onForgetFolder: (folder: FolderRecord) => void;
}

export interface RailState {
  readonly records: Iterable<FileRecord>;
  readonly collections: readonly string[];
  readonly folders: readonly FolderRecord[];
  readonly chosen: string | undefined;
}

/** Collections and opened folders, beside the list; behind a button where the window is narrow. */
export class Rail {
  readonly #collections = required("collections", HTMLElement);
  readonly #folders = required("folders", HTMLElement);
  readonly #toggle = required("rail-toggle", HTMLButtonElement);
  readonly #options: RailOptions;
  #shown = "";

  constructor(options: RailOptions) {
    this.#options = options;
    const form = required("new-collection", HTMLFormElement);
    const input = required("new-collection-name", HTMLInputElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = input.value.trim();
      if (name !== "") options.onAdd(name);
      input.value = "";
    });
    this.#toggle.addEventListener("click", () => this.#open(!this.#isOpen));
  }

  /** Rebuilds nothing where nothing has changed, so that a button keeps its focus. */
  show({ records, collections, folders, chosen }: RailState): void {
    const counts = new Map<string, number>();
    let all = 0;
    for (const { state, collections: inside } of records) {
      if (state !== "stored" && state !== "waiting") continue;
      all++;
      for (const name of inside) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const key = JSON.stringify([
      all,
      [...counts],
      collections,
      folders.map(({ id }) => id),
      chosen,
    ]);
    if (key === this.#shown) return;
    this.#shown = key;
    const focused = document.activeElement?.getAttribute("data-key");
    this.#toggle.textContent = chosen ?? "Collections";
    this.#collections.replaceChildren(
      this.#row(undefined, "All documents", all, chosen),
      ...collections.map((name) => this.#row(name, name, counts.get(name) ?? 0, chosen)),
    );
    this.#folders.replaceChildren(...folders.map((folder) => this.#folder(folder)));
    this.#folders.parentElement?.toggleAttribute("hidden", folders.length === 0);
    if (focused) {
      document.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  get #isOpen(): boolean {
    return this.#toggle.getAttribute("aria-expanded") === "true";
  }

  #open(isOpen: boolean): void {
    this.#toggle.setAttribute("aria-expanded", String(isOpen));
    document.body.toggleAttribute("data-rail", isOpen);
  }

  #row(
    name: string | undefined,
    label: string,
    size: number,
    chosen: string | undefined,
  ): HTMLElement {
    const choose = make(
      "button",
      {
        type: "button",
        class: "shelf-button",
        "data-key": `choose ${name ?? ""}`,
        "aria-pressed": String(name === chosen),
        click: () => {
          this.#open(false);
          this.#options.onChoose(name);
        },
      },
      make("span", { class: "shelf-name", dir: "auto" }, label),
      make("span", { class: "number" }, size.toLocaleString("en")),
    );
    if (name === undefined) return make("li", {}, choose);
    const remove = make(
      "button",
      {
        type: "button",
        class: "quiet small",
        "aria-label": `Delete the collection ${name}; its documents stay`,
        title: "Delete this collection; its documents stay",
        click: () => this.#options.onDelete(name),
      },
      "×",
    );
    return make("li", {}, choose, remove);
  }

  #folder(folder: FolderRecord): HTMLElement {
    return make(
      "li",
      {},
      make("span", { class: "shelf-name", dir: "auto" }, folder.name),
      make(
        "button",
        {
          type: "button",
          class: "quiet small",
          "aria-label": `Look into ${folder.name} again for new and changed files`,
          title: "Look for new and changed files",
          click: () => this.#options.onLook(folder),
        },
        "↻",
      ),
      make(
        "button",
        {
          type: "button",
          class: "quiet small",
          "aria-label": `Close ${folder.name}; its documents stay`,
          title: "Close this folder; its documents stay",
          click: () => this.#options.onForgetFolder(folder),
        },
        "×",
      ),
    );
  }
}
