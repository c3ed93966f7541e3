import type { Hit, Stage } from "nearfield";
import { explain, isAbort } from "./explain.ts";
import { make, required } from "../../shared/element.ts";
import { HitList } from "./hit-list.ts";
import { How } from "./how.ts";

/** A pause in typing after which it is worth asking. */
const DEBOUNCE_MS = 90;

/** Answers in less need no sign that something is going on. */
const PATIENCE_MS = 400;
const WAITING = "Searching…";

export interface FinderOptions {
  readonly ask: (text: string, signal: AbortSignal) => AsyncIterable<Stage>;
  readonly onOpen: (hit: Hit) => void;
  /** Whether a document is open: then Escape belongs to it. */
  readonly isReading: () => boolean;
  /** Why there may be nothing to find, as a sentence. */
  readonly whyEmpty: () => string;
}

/** The search box and its answers: asks while the visitor types, and shows the answer to the latest question only. */
export class Finder {
  readonly #input: HTMLInputElement = required("query", HTMLInputElement);
  readonly #summary: HTMLElement = required("summary", HTMLElement);
  readonly #nothing: HTMLElement = required("nothing", HTMLElement);
  readonly #suggestions: HTMLElement = required("suggestions", HTMLElement);
  readonly #clear: HTMLButtonElement = required("clear", HTMLButtonElement);
  readonly #slash: HTMLElement = required("slash", HTMLElement);
  readonly #list: HitList;
  readonly #how = new How();
  readonly #options: FinderOptions;
  #asking = new AbortController();
  #timer: number | undefined;
  /** The question whose answer is shown. */
  #answered = "";

  constructor(options: FinderOptions) {
    this.#options = options;
    this.#list = new HitList({
      input: this.#input,
      list: required("hits", HTMLElement),
      onOpen: options.onOpen,
    });
    this.#input.addEventListener("input", () => this.#later());
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    required("search", HTMLFormElement).addEventListener("submit", (event) =>
      event.preventDefault(),
    );
    this.#clear.addEventListener("click", () => this.set(""));
  }

  /** Puts a question into the box and asks it at once. */
  set(text: string): void {
    this.#input.value = text;
    this.#input.focus();
    void this.askNow();
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  get text(): string {
    return this.#input.value.trim();
  }

  /** Asks again what was asked: there is more to be found now. */
  async again(): Promise<void> {
    if (this.text !== "" && this.#answered === this.text) await this.askNow();
  }

  /** Asks what is in the box. An answer that comes too late for its question is dropped. */
  async askNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    const { text } = this;
    this.#frame(text);
    if (text === "") return this.#show([], text, "");
    const patience = setTimeout(() => {
      if (!signal.aborted) this.#summary.textContent = WAITING;
    }, PATIENCE_MS);
    const stages: Stage[] = [];
    try {
      for await (const stage of this.#options.ask(text, signal)) {
        if (signal.aborted) return;
        stages.push(stage);
        // What the words find is shown while the rest is on its way; that they find nothing says nothing yet.
        if (!stage.isFinal && stage.hits.length > 0) this.#list.show(stage.hits, text, false);
      }
      const last = stages.at(-1);
      // A newer question has taken its place.
      if (!last?.isFinal || signal.aborted) return;
      const { hits, skipped } = last;
      this.#show(hits, text, hits.length === 0 ? "" : summarize(stages));
      this.#how.show(hits.length === 0 ? [] : stages);
      const { failure } = skipped.find((one) => one.failure) ?? {};
      if (failure) this.#sayFailure(failure);
      else if (hits.length === 0) this.#sayNothing(text);
    } catch (thrown) {
      if (signal.aborted || isAbort(thrown)) return;
      this.#show([], text, "");
      this.#sayFailure(thrown);
    } finally {
      clearTimeout(patience);
    }
  }

  #later(): void {
    this.#frame(this.text);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.askNow(), DEBOUNCE_MS);
  }

  #onKey(event: KeyboardEvent): void {
    // While an input method is composing, these keys belong to it.
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#list.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      void this.#openFirst();
    } else if (event.key === "Escape" && this.text !== "" && !this.#options.isReading()) {
      this.set("");
    } else return;
    event.preventDefault();
  }

  /** Enter right after typing means the answer to what was typed, not to what was there before. */
  async #openFirst(): Promise<void> {
    if (this.#answered !== this.text) await this.askNow();
    if (this.#list.length > 0 && this.#answered === this.text) this.#list.open();
  }

  #show(hits: readonly Hit[], text: string, summary: string): void {
    const isNew = this.#list.show(hits, text, true) || this.#answered !== text;
    this.#how.show([]);
    this.#answered = text;
    this.#nothing.hidden = true;
    // Read aloud whenever it changes: the time alone is no news.
    if (isNew || this.#summary.textContent === WAITING) this.#summary.textContent = summary;
  }

  #frame(text: string): void {
    this.#suggestions.hidden = text !== "";
    this.#clear.hidden = this.#input.value === "";
    this.#slash.hidden = this.#input.value !== "";
  }

  #sayFailure(thrown: unknown): void {
    const { title, detail, repair = "" } = explain(thrown);
    this.#nothing.replaceChildren(make("h2", {}, title), make("p", {}, `${detail} ${repair}`));
    this.#nothing.hidden = false;
  }

  #sayNothing(text: string): void {
    this.#nothing.replaceChildren(
      make("h2", {}, "Nothing to find yet"),
      make(
        "p",
        {},
        `No passage is stored that “${text}” could be compared with. ${this.#options.whyEmpty()}`,
      ),
    );
    this.#nothing.hidden = false;
  }
}

/** How many passages, and when they came: by words first, where these found any. */
function summarize(stages: readonly Stage[]): string {
  const last = stages.at(-1);
  const count = last?.hits.length === 1 ? "1 passage" : `${last?.hits.length ?? 0} passages`;
  const first = stages.find(({ isFinal, hits }) => !isFinal && hits.length > 0);
  const early = first ? `, the first by words in ${sayTime(first.trace.totalMs)}` : "";
  return `The nearest ${count}, in ${sayTime(last?.trace.totalMs ?? 0)}${early}.`;
}

function sayTime(exactMs: number): string {
  const ms = Math.max(1, Math.round(exactMs));

  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
