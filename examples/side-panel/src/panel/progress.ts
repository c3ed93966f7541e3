import { required } from "../../../shared/element.ts";
import { count } from "../../../shared/words.ts";
import type { PageRecord } from "../shelf/record.ts";

/** Read aloud no more often: a screen reader must not be talking all the time. */
const SPEECH_MS = 10_000;

/** How far the background work is. */
export class Progress {
  readonly #section = required("progress", HTMLElement);
  readonly #title = required("progress-title", HTMLElement);
  readonly #bar = required("progress-bar", HTMLProgressElement);
  readonly #text = required("progress-text", HTMLElement);
  readonly #spoken = required("progress-spoken", HTMLElement);
  /** Pages of this piece of work that are done. */
  #done = 0;
  #waiting: ReadonlySet<string> = new Set();
  #titles: ReadonlyMap<string, string> = new Map();
  #share: { readonly url: string; readonly of: number } | undefined;
  #spokenMs = Number.NEGATIVE_INFINITY;

  constructor(onStop: () => void) {
    required("stop", HTMLButtonElement).addEventListener("click", onStop);
  }

  /** The pages as they are now: what waited before and waits no more is done. */
  show(pages: readonly PageRecord[]): void {
    const waiting = new Set(pages.filter(({ state }) => state === "waiting").map(({ url }) => url));
    for (const url of this.#waiting) if (!waiting.has(url)) this.#done++;
    this.#waiting = waiting;
    this.#titles = new Map(pages.map(({ url, title }) => [url, title]));
    if (waiting.size === 0) this.#done = 0;
    if (!waiting.has(this.#share?.url ?? "")) this.#share = undefined;
    this.#draw();
  }

  /** How far one page is. */
  tell(url: string, sections: number, of: number): void {
    this.#share = { url, of: of === 0 ? 0 : sections / of };
    this.#draw();
  }

  #draw(): void {
    const left = this.#waiting.size;
    const wasHidden = this.#section.hidden;
    this.#section.hidden = left === 0;
    if (left === 0) {
      if (!wasHidden) this.#spoken.textContent = "";
      return;
    }
    const all = this.#done + left;
    this.#title.textContent = `Reading ${count(all, "page")}`;
    this.#bar.value = (this.#done + (this.#share?.of ?? 0)) / all;
    const title = this.#titles.get(this.#share?.url ?? "") ?? "Waking up";
    this.#text.textContent = all === 1 ? title : `${this.#done + 1} of ${all}: ${title}`;
    if (performance.now() - this.#spokenMs > SPEECH_MS) {
      this.#spokenMs = performance.now();
      this.#spoken.textContent = `Reading page ${this.#done + 1} of ${all}.`;
    }
  }
}
