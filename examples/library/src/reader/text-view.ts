import { make } from "../../../shared/element.ts";
import type { Passage } from "./passage.ts";
import { bringIntoSight, type View } from "./view.ts";

/** Longer texts are shown around the passage first: laying out all of a long one would make the page stutter. */
const WHOLE_CHARACTERS = 200_000;
const AROUND_CHARACTERS = 60_000;

/** A plain text, to the character. */
export class TextView implements View {
  readonly element: HTMLElement = make("div", { class: "original plain" });
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  show(_: number, passage: Passage | undefined): Promise<boolean> {
    const isThere = passage && this.#text.slice(passage.start, passage.end) === passage.text;
    this.#render(isThere ? passage : undefined, this.#text.length <= WHOLE_CHARACTERS);
    return Promise.resolve(isThere ?? false);
  }

  close(): void {
    this.element.replaceChildren();
  }

  #render(passage: Passage | undefined, isWhole: boolean): void {
    const text = this.#text;
    const { start, end } = passage ?? { start: 0, end: 0 };
    const from = isWhole ? 0 : lineStart(text, start - AROUND_CHARACTERS);
    const to = isWhole ? text.length : Math.min(text.length, end + AROUND_CHARACTERS);
    const mark = make("mark", {}, text.slice(start, end));
    const body = make("pre", { dir: "auto" });
    if (passage) body.append(text.slice(from, start), mark, text.slice(end, to));
    else body.append(text.slice(from, to));
    this.element.replaceChildren(...(isWhole ? [] : [this.#note(passage, to - from)]), body);
    bringIntoSight(passage ? mark : undefined);
  }

  #note(passage: Passage | undefined, characters: number): HTMLElement {
    const share = `${characters.toLocaleString("en")} of ${this.#text.length.toLocaleString("en")} characters`;
    const all = (): void => this.#render(passage, true);
    return make(
      "p",
      { class: "part-note" },
      `A part of a long text: ${share}. `,
      make("button", { type: "button", class: "link", click: all }, "Show all of it"),
    );
  }
}

function lineStart(text: string, at: number): number {
  return at <= 0 ? 0 : text.indexOf("\n", at) + 1;
}
