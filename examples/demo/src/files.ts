import { make, required } from "../../shared/element.ts";
import { explain } from "./explain.ts";
import { readFile } from "./file.ts";
import type { Library } from "./library.ts";
import type { OwnFile } from "./memory.ts";

export interface FilesOptions {
  /** The library; a file that comes before it is open waits for it. */
  readonly opened: () => Promise<Library>;
  readonly stored: () => readonly OwnFile[];
  /** There is more or less to be found now. */
  readonly onChange: () => void;
}

interface Trouble {
  readonly name: string;
  readonly words: string;
}

/** The visitor's own files: takes them in by drop or by picker, lists them, and says for each one what went wrong. */
export class FilesView {
  readonly #list: HTMLElement = required("files", HTMLElement);
  readonly #status: HTMLElement = required("files-status", HTMLElement);
  readonly #options: FilesOptions;
  #shown = "";
  #waiting: readonly string[] = [];
  #troubles: readonly Trouble[] = [];
  #queue: Promise<void> = Promise.resolve();

  constructor(options: FilesOptions) {
    this.#options = options;
    const picker = required("picker", HTMLInputElement);
    picker.addEventListener("change", () => {
      this.take([...(picker.files ?? [])]);
      // So that choosing the same file again is a change again.
      picker.value = "";
    });
    this.#listenForDrops(document.body);
  }

  /** Reads and stores files one after the other; one that fails does not stop the next. */
  take(files: readonly File[]): void {
    if (files.length === 0) return;
    const names = new Set(files.map((file) => file.name));
    this.#troubles = this.#troubles.filter(({ name }) => !names.has(name));
    this.#waiting = [...this.#waiting, ...files.map((file) => file.name)];
    this.show();
    for (const file of files) this.#queue = this.#queue.then(() => this.#takeOne(file));
  }

  /** Shows the list as it is now. Rebuilds nothing where nothing has changed, so that a button keeps its focus. */
  show(): void {
    const stored = this.#options.stored();
    const key = JSON.stringify([this.#troubles, this.#waiting, stored]);
    if (key === this.#shown) return;
    this.#shown = key;
    const entries = [
      ...this.#troubles.map((trouble) => this.#renderTrouble(trouble)),
      ...this.#waiting.map((name) =>
        make("li", { class: "file waiting" }, make("b", {}, name), make("span", {}, "reading…")),
      ),
      ...stored.map(({ id, name, characters }) => {
        const size = `${characters.toLocaleString("en")} characters`;
        const remove = make(
          "button",
          {
            type: "button",
            class: "quiet",
            "aria-label": `Remove ${name}`,
            click: () => void this.#remove(id, name),
          },
          "Remove",
        );
        return make("li", { class: "file" }, make("b", {}, name), make("span", {}, size), remove);
      }),
    ];
    this.#list.replaceChildren(...entries);
  }

  async #takeOne(file: File): Promise<void> {
    try {
      const document = await readFile(file);
      await (await this.#options.opened()).addFile(document, file.name);
      this.#status.textContent = `${file.name} can be found now.`;
      this.#options.onChange();
    } catch (thrown) {
      this.#report(file.name, thrown);
    } finally {
      const at = this.#waiting.indexOf(file.name);
      this.#waiting = this.#waiting.filter((_, index) => index !== at);
      this.show();
    }
  }

  async #remove(id: string, name: string): Promise<void> {
    try {
      await (await this.#options.opened()).removeFile(id);
      this.#status.textContent = `${name} was removed.`;
      this.#options.onChange();
    } catch (thrown) {
      this.#report(name, thrown);
    }
    this.show();
    required("picker", HTMLInputElement).focus();
  }

  #report(name: string, thrown: unknown): void {
    const { title, detail, repair = "" } = explain(thrown);
    const words = `${title === "Not taken" ? "" : `${title}. `}${detail} ${repair}`.trim();
    this.#troubles = [
      ...this.#troubles.filter((trouble) => trouble.name !== name),
      { name, words },
    ];
    this.#status.textContent = `${name} was not taken. ${words}`;
  }

  #renderTrouble({ name, words }: Trouble): HTMLElement {
    const dismiss = (): void => {
      this.#troubles = this.#troubles.filter((trouble) => trouble.name !== name);
      this.show();
    };
    return make(
      "li",
      { class: "file trouble" },
      make("b", {}, name),
      make("span", {}, words),
      make(
        "button",
        { type: "button", class: "quiet", "aria-label": `Dismiss ${name}`, click: dismiss },
        "Dismiss",
      ),
    );
  }

  #listenForDrops(target: HTMLElement): void {
    const isFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes("Files") ?? false;
    // Enter and leave come for each child too: what counts is how many are entered and not left.
    let depth = 0;
    target.addEventListener("dragenter", (event) => {
      if (!isFiles(event)) return;
      depth++;
      target.classList.add("dropping");
    });
    target.addEventListener("dragleave", (event) => {
      if (isFiles(event) && --depth === 0) target.classList.remove("dropping");
    });
    target.addEventListener("dragover", (event) => {
      if (isFiles(event)) event.preventDefault();
    });
    target.addEventListener("drop", (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      depth = 0;
      target.classList.remove("dropping");
      this.take([...(event.dataTransfer?.files ?? [])]);
    });
  }
}
