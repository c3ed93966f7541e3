import { make, required } from "../../shared/element.ts";
import { endOffline } from "./offline.ts";

export interface ForgetOptions {
  /** Deletes what the search has stored. */
  readonly forget: () => Promise<void>;
  /** All is gone, and the page with it. */
  readonly onForgotten: () => void;
  readonly onFailure: (thrown: unknown) => void;
}

/** Asks before everything is deleted, deletes it, and leaves a page that only offers to begin anew. */
export class ForgetDialog {
  readonly #dialog: HTMLDialogElement = required("forget", HTMLDialogElement);
  readonly #options: ForgetOptions;

  constructor(options: ForgetOptions) {
    this.#options = options;
    this.#dialog.addEventListener("close", () => {
      if (this.#dialog.returnValue === "forget") void this.#forget();
      // Escape closes the dialog too, and leaves the value of the last time.
      this.#dialog.returnValue = "";
    });
  }

  open(): void {
    this.#dialog.showModal();
  }

  async #forget(): Promise<void> {
    try {
      await this.#options.forget();
      await endOffline();
    } catch (thrown) {
      return this.#options.onFailure(thrown);
    }
    const again = make("button", { type: "button", click: () => location.reload() }, "Start again");
    const words =
      "The index, your files and the stored copy of this page are gone from this browser.";
    document
      .querySelector("main")
      ?.replaceChildren(
        make(
          "section",
          { class: "farewell" },
          make("h1", {}, "Everything is forgotten."),
          make("p", {}, words),
          again,
        ),
      );
    again.focus();
    this.#options.onForgotten();
  }
}
