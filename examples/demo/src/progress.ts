import corpus from "virtual:corpus";
import { required } from "../../shared/element.ts";
import { sayTimeLeft } from "./estimate.ts";
import type { Reading } from "./library.ts";

/** Read aloud at these shares only: a screen reader must not talk through the whole minute. */
const SPOKEN_STEPS = 4;

/** The bar and the counts while the library is being read. */
export class ProgressView {
  readonly #section: HTMLElement = required("progress", HTMLElement);
  readonly #bar: HTMLProgressElement = required("progress-bar", HTMLProgressElement);
  readonly #text: HTMLElement = required("progress-text", HTMLElement);
  readonly #spoken: HTMLElement = required("progress-spoken", HTMLElement);
  readonly #field: SVGElement = required("field", SVGElement);
  #lastStep = -1;

  /** @param stored passages in the index, which can be found */
  show(reading: Reading | undefined, stored: number): void {
    this.#section.hidden = reading === undefined;
    this.#field.classList.toggle("busy", reading !== undefined);
    if (!reading) return;
    const { documents, passages, fraction, secondsLeft } = reading;
    this.#bar.value = fraction;
    const counts = `${documents} of ${corpus.documents} documents, ${passages.toLocaleString("en")} passages`;
    const left = secondsLeft === undefined ? "" : ` · ${sayTimeLeft(secondsLeft)}`;
    const hint = stored > 0 ? " You can search already." : "";
    this.#text.textContent = fraction === 0 ? "Waking the model…" : `${counts}${left}.${hint}`;
    const step = Math.floor(fraction * SPOKEN_STEPS);
    if (step === this.#lastStep) return;
    this.#lastStep = step;
    this.#spoken.textContent = step === 0 ? "Reading the library." : `${counts} read.`;
  }
}
