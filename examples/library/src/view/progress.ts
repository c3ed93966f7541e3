import type { IntakeCount } from "../library/intake.ts";
import type { ReadingState } from "../library/reading.ts";
import { make, required } from "../../../shared/element.ts";
import { Pace, sayTimeLeft } from "./pace.ts";
import { count } from "../../../shared/words.ts";

/** Read aloud at these shares only: a screen reader must not talk all the time. */
const SPOKEN_STEPS = 4;

export interface ProgressOptions {
  readonly onStop: () => void;
  readonly onContinue: () => void;
}

/** How far the taking in and the reading are, with a way to stop them and to go on. */
export class Progress {
  readonly #section = required("progress", HTMLElement);
  readonly #title = required("progress-title", HTMLElement);
  readonly #bar = required("progress-bar", HTMLProgressElement);
  readonly #text = required("progress-text", HTMLElement);
  readonly #spoken = required("progress-spoken", HTMLElement);
  readonly #stop: HTMLButtonElement;
  readonly #pace = new Pace();
  #lastStep = "";
  #isGoing = false;

  constructor({ onStop, onContinue }: ProgressOptions) {
    this.#stop = make("button", {
      type: "button",
      click: () => (this.#isGoing ? onStop() : onContinue()),
    });
    required("progress-act", HTMLElement).append(this.#stop);
  }

  /** `waiting`: files that are still to be read. */
  show(intake: IntakeCount | undefined, reading: ReadingState | undefined, waiting: number): void {
    this.#isGoing = intake !== undefined || reading !== undefined;
    this.#section.hidden = !this.#isGoing && waiting === 0;
    this.#stop.textContent = this.#isGoing ? "Stop" : "Continue";
    if (!this.#isGoing) {
      this.#pace.reset();
      return this.#say("Reading has stopped", 0, `${count(waiting, "file waits", "files wait")}.`);
    }
    if (reading?.isHere) return this.#showReading(reading, intake);
    if (intake) {
      const taken = `${count(intake.taken, "file")} put on the shelf`;
      return this.#say("Taking in what you gave", undefined, `${taken}.`);
    }
    const words = `${count(waiting, "file waits", "files wait")} for their turn.`;
    this.#say("Another tab is reading, or the model is waking up", undefined, words);
  }

  #showReading(reading: ReadingState, intake: IntakeCount | undefined): void {
    const { done, total, passages, name } = reading;
    const fraction = total === 0 ? 0 : done / total;
    const left = intake ? undefined : this.#pace.secondsLeft(done, total);
    const facts = [
      `${done.toLocaleString("en")} of ${count(total, "file")}`,
      ...(passages > 0 ? [count(passages, "passage")] : []),
      ...(left === undefined ? [] : [sayTimeLeft(left)]),
      ...(name ? [name] : []),
    ];
    this.#say("Reading", fraction, facts.join(" · "));
  }

  #say(title: string, fraction: number | undefined, words: string): void {
    this.#title.textContent = title;
    this.#text.textContent = words;
    if (fraction === undefined) this.#bar.removeAttribute("value");
    else this.#bar.value = fraction;
    const step = `${title} ${Math.floor((fraction ?? 0) * SPOKEN_STEPS)}`;
    if (step === this.#lastStep) return;
    this.#lastStep = step;
    this.#spoken.textContent = `${title}. ${words}`;
  }
}
