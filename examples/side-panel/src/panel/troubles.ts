import { make, required } from "../../../shared/element.ts";
import { count } from "../../../shared/words.ts";
import type { PageRecord } from "../shelf/record.ts";
import { PROBLEMS } from "./words.ts";

/** Pages that could not be remembered, each with its reason. */
export class Troubles {
  readonly #section = required("troubles", HTMLDetailsElement);
  readonly #title = required("troubles-title", HTMLElement);
  readonly #list = required("troubles-list", HTMLElement);
  #urls: readonly string[] = [];

  constructor(onDismiss: (urls: readonly string[]) => void) {
    required("troubles-dismiss", HTMLButtonElement).addEventListener("click", () =>
      onDismiss(this.#urls),
    );
  }

  show(pages: readonly PageRecord[]): void {
    const failed = pages.filter(({ state }) => state === "failed");
    this.#urls = failed.map(({ url }) => url);
    this.#section.hidden = failed.length === 0;
    this.#title.textContent = `${count(failed.length, "page")} could not be remembered`;
    this.#list.replaceChildren(
      ...failed.map(({ title, problem = "unindexed" }) =>
        make("li", {}, make("b", { dir: "auto" }, title), make("span", {}, PROBLEMS[problem])),
      ),
    );
  }
}
