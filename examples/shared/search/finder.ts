import type { Hit, Stage } from "nearfield";
import { make, required } from "../element.ts";
import { count, isAbort, type Words } from "../words.ts";
import { HitList } from "./hit-list.ts";

/** A pause in typing after which it is worth asking. */
const DEBOUNCE_MS = 90;

/** Answers in less need no sign that something is going on. */
const PATIENCE_MS = 400;

export interface FinderOptions {
  readonly ask: (text: string, signal: AbortSignal) => AsyncIterable<Stage>;
  readonly originOf: (hit: Hit) => string;
  readonly onOpen: (hit: Hit) => void;
  /** There is a question now, or none any more. */
  readonly onQuestion: (isAsked: boolean) => void;
  /** Why there may be nothing to find, as a sentence. */
  readonly whyEmpty: () => string;
  /** A failure in words. */
  readonly say: (thrown: unknown) => Words;
}

/** The search box and its answers: asks while the person types, and shows the answer to the latest question only. */
export class Finder {
  readonly #input: HTMLInputElement = required("query", HTMLInputElement);
  readonly #summary: HTMLElement = required("summary", HTMLElement);
  readonly #nothing: HTMLElement = required("nothing", HTMLElement);
  readonly #clear: HTMLButtonElement = required("clear", HTMLButtonElement);
  readonly #slash: HTMLElement = required("slash", HTMLElement);
  readonly #hits: HTMLElement = required("hits", HTMLElement);
  readonly #list: HitList;
  readonly #options: FinderOptions;
  #asking = new AbortController();
  #timer: number | undefined;
  /** The question whose answer is shown. */
  #answered = "";

  constructor(options: FinderOptions) {
    this.#options = options;
    const { originOf, onOpen } = options;
    this.#list = new HitList({ input: this.#input, list: this.#hits, originOf, onOpen });
    this.#input.addEventListener("input", () => this.#later());
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    required("search", HTMLFormElement).addEventListener("submit", (event) =>
      event.preventDefault(),
    );
    this.#clear.addEventListener("click", () => this.set(""));
  }

  get text(): string {
    return this.#input.value.trim();
  }

  /** Puts a question into the box and asks it at once. */
  set(text: string): void {
    this.#input.value = text;
    this.#input.focus();
    void this.ask();
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  /** Asks again what was asked: there is more or less to be found now. */
  again(): void {
    if (this.text !== "") void this.ask();
  }

  /** Asks what is in the box. An answer that comes too late for its question is dropped. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    const { text } = this;
    this.#frame(text);
    if (text === "") return this.#show([], text, "");
    const patience = setTimeout(() => {
      if (!signal.aborted) this.#summary.textContent = "Searching…";
    }, PATIENCE_MS);
    try {
      let last: Stage | undefined;
      for await (const stage of this.#options.ask(text, signal)) {
        if (signal.aborted) return;
        last = stage;
        // What the words find is shown while the rest is on its way; that they find nothing says nothing yet.
        if (!stage.isFinal && stage.hits.length > 0) this.#list.show(stage.hits, text);
      }
      if (!last?.isFinal || signal.aborted) return;
      const failure = last.skipped.find((one) => one.failure)?.failure;
      this.#show(last.hits, text, summarize(last));
      if (failure) this.#tellOf(failure);
      else if (last.hits.length === 0) this.#tell("Nothing found", this.#options.whyEmpty());
    } catch (thrown) {
      if (signal.aborted || isAbort(thrown)) return;
      this.#show([], text, "");
      this.#tellOf(thrown);
    } finally {
      clearTimeout(patience);
    }
  }

  #later(): void {
    this.#frame(this.text);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.ask(), DEBOUNCE_MS);
  }

  #onKey(event: KeyboardEvent): void {
    // While an input method is composing, these keys belong to it.
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#list.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      void this.#openFirst();
    } else if (event.key === "Escape" && this.#input.value !== "") {
      this.set("");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Enter right after typing means the answer to what was typed, not to what was there before. */
  async #openFirst(): Promise<void> {
    if (this.#answered !== this.text) await this.ask();
    if (this.#list.length > 0 && this.#answered === this.text) this.#list.open();
  }

  #show(hits: readonly Hit[], text: string, summary: string): void {
    this.#list.show(hits, text);
    this.#hits.dataset["question"] = text;
    this.#answered = text;
    this.#nothing.hidden = true;
    this.#summary.textContent = summary;
  }

  #frame(text: string): void {
    this.#clear.hidden = this.#input.value === "";
    this.#slash.hidden = this.#input.value !== "";
    this.#options.onQuestion(text !== "");
  }

  #tellOf(failure: unknown): void {
    const { title, detail, repair = "" } = this.#options.say(failure);
    this.#tell(title, `${detail} ${repair}`);
  }

  #tell(title: string, words: string): void {
    this.#nothing.replaceChildren(make("h2", {}, title), make("p", {}, words));
    this.#nothing.hidden = false;
  }
}

function summarize({ hits, trace }: Stage): string {
  if (hits.length === 0) return "";
  const ms = Math.max(1, Math.round(trace.totalMs));
  const time = ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
  return `The nearest ${count(hits.length, "passage")}, in ${time}.`;
}
