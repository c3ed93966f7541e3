import { make } from "../../shared/element.ts";
import { icon } from "./icon.ts";
import { STYLES } from "./styles.ts";

export interface FindBarEvents {
  readonly onAsk: (text: string) => void;
  readonly onMove: (step: 1 | -1) => void;
  readonly onChoose: (at: number) => void;
  readonly onClose: () => void;
}

/** One line of the list of answers. */
export interface Answer {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** Longest excerpt of a passage in the list. */
const EXCERPT = 160;

/** Pixels between the bar and what it must not cover. */
const BREATH = 12;

/** Keys and what is typed are of no concern to the page; it could not tell them from its own. */
const OURS = ["keydown", "keyup", "keypress", "input", "change", "paste", "copy", "cut"] as const;

const HINT = "Ask in your own words. Page and question stay in this browser.";

/**
 * The bar with the question and its answers. It lives in a shadow tree of its own element, in the top layer: the page's
 * styles do not reach it, and the page's tree has one element more only while it is open.
 */
export class FindBar {
  readonly #host = document.createElement("nearfield-find");
  readonly #bar: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #count: HTMLElement;
  readonly #state: HTMLElement;
  readonly #spoken: HTMLElement;
  readonly #progress: HTMLProgressElement;
  readonly #moves: readonly HTMLButtonElement[];
  readonly #list: HTMLOListElement;
  #answers: readonly Answer[] = [];

  constructor(events: FindBarEvents) {
    const root = this.#host.attachShadow({ mode: "open", delegatesFocus: true });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
    this.#input = make("input", {
      type: "search",
      placeholder: "Ask this page",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: false,
      enterKeyHint: "next",
      "aria-label": "Ask this page",
      "aria-describedby": "keys",
      input: () => events.onAsk(this.#input.value.trim()),
    });
    this.#count = make("span", { class: "count" });
    this.#state = make("p", { class: "state", role: "status" });
    this.#spoken = make("p", { class: "unseen", role: "status" });
    this.#progress = make("progress", { "aria-label": "Reading this page", hidden: true });
    this.#list = make("ol", { "aria-label": "Answers in this page", hidden: true });
    this.#list.addEventListener("click", ({ target }) => {
      const item = target instanceof Element ? target.closest("li") : null;
      if (item) events.onChoose([...this.#list.children].indexOf(item));
    });
    this.#moves = [
      iconButton("Previous answer", "up", () => events.onMove(-1)),
      iconButton("Next answer", "down", () => events.onMove(1)),
    ];
    const keys = "Enter and the arrow keys go from answer to answer in the page, Escape closes.";
    this.#bar = make(
      "search",
      { "aria-label": "Find in this page by meaning" },
      make(
        "div",
        { class: "row" },
        this.#input,
        this.#count,
        ...this.#moves,
        iconButton("Close", "close", () => events.onClose()),
      ),
      this.#progress,
      this.#state,
      this.#list,
      this.#spoken,
      make("p", { id: "keys", class: "unseen" }, keys),
    );
    this.#bar.addEventListener("keydown", (event) => this.#onKey(event, events));
    for (const type of OURS) this.#bar.addEventListener(type, (event) => event.stopPropagation());
    root.append(this.#bar);
    this.#host.popover = "manual";
    this.show([], -1);
    this.say("");
  }

  get isOpen(): boolean {
    return this.#host.isConnected;
  }

  /** Pixels of the window's height that it takes where it is as wide as the window; else 0. */
  get covered(): number {
    const { width, bottom } = this.#host.getBoundingClientRect();
    return width < innerWidth ? 0 : bottom + BREATH;
  }

  open(): void {
    if (!this.isOpen) {
      document.documentElement.append(this.#host);
      this.#host.showPopover();
    }
    this.#input.focus({ preventScroll: true });
    this.#input.select();
  }

  close(): void {
    this.#host.remove();
  }

  /** Shows `answers` with the one at `current` chosen; -1: none is. */
  show(answers: readonly Answer[], current: number): void {
    if (!isSame(answers, this.#answers)) {
      // Who stands on an answer with the keyboard must not fall out of the bar when the list is made anew.
      const hadFocus = this.#list.contains(this.#host.shadowRoot?.activeElement ?? null);
      this.#list.replaceChildren(...answers.map(lineOf));
      if (hadFocus) this.#input.focus({ preventScroll: true });
    }
    this.#answers = answers;
    for (const [at, item] of [...this.#list.children].entries()) {
      item.firstElementChild?.setAttribute("aria-current", String(at === current));
      if (at === current) this.#scrollTo(item);
    }
    const { length } = answers;
    const chosen = answers[current];
    this.#count.textContent = chosen ? `${current + 1} of ${length}` : "";
    const spoken = chosen
      ? `${current + 1} of ${length}. ${chosen.title}. ${excerptOf(chosen)}`
      : "";
    if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
    for (const button of this.#moves) button.disabled = length < 2;
    this.#list.hidden = length === 0;
  }

  /** How much of the page is read, 0 to 1; `null`: that is not known yet; undefined: all of it. */
  showProgress(share: number | null | undefined): void {
    this.#progress.hidden = share === undefined;
    if (typeof share === "number") this.#progress.value = share;
    else this.#progress.removeAttribute("value");
  }

  /** Says which question the answers are those of, when no better ones are coming; "" where they are. */
  settle(text: string): void {
    this.#bar.dataset["answered"] = text;
  }

  /** What is going on, or wrong, in a sentence; "" where there is nothing to say. */
  say(sentence: string, kind: "word" | "trouble" = "word"): void {
    const text = sentence === "" && this.#answers.length === 0 ? HINT : sentence;
    // Read aloud when it changes, and only then.
    if (this.#state.textContent !== text) this.#state.textContent = text;
    this.#state.classList.toggle("trouble", kind === "trouble");
    this.#state.hidden = text === "";
  }

  /** Not `scrollIntoView`, which would scroll the page too. */
  #scrollTo(item: Element): void {
    const [list, line] = [this.#list.getBoundingClientRect(), item.getBoundingClientRect()];
    if (line.top < list.top) this.#list.scrollTop -= list.top - line.top;
    else if (line.bottom > list.bottom) this.#list.scrollTop += line.bottom - list.bottom;
  }

  #onKey(event: KeyboardEvent, events: FindBarEvents): void {
    // While an input method is composing, these keys belong to it.
    if (event.isComposing) return;
    const isField = event.composedPath()[0] === this.#input;
    if (event.key === "Escape") events.onClose();
    else if (event.key === "ArrowDown") events.onMove(1);
    else if (event.key === "ArrowUp") events.onMove(-1);
    else if (event.key === "Enter" && isField) events.onMove(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  }
}

function iconButton(label: string, sign: Parameters<typeof icon>[0], click: () => void) {
  return make(
    "button",
    { type: "button", class: "sign", "aria-label": label, title: label, click },
    icon(sign),
  );
}

function lineOf(answer: Answer): HTMLLIElement {
  const title = answer.title === "" ? [] : [make("span", { class: "title" }, answer.title)];
  const text = make("span", { class: "text" }, excerptOf(answer));
  return make("li", {}, make("button", { type: "button" }, ...title, text));
}

/** Without the heading that the passage begins with: it stands above. */
function excerptOf({ title, text }: Answer): string {
  const heading = title.split(" › ").at(-1) ?? "";
  const rest = text.startsWith(heading) ? text.slice(heading.length).trim() : text;
  const shown = rest === "" ? text : rest;
  if (shown.length <= EXCERPT) return shown;
  const cut = shown.lastIndexOf(" ", EXCERPT);
  return `${shown.slice(0, cut > EXCERPT / 2 ? cut : EXCERPT)}…`;
}

function isSame(a: readonly Answer[], b: readonly Answer[]): boolean {
  return (
    a.length === b.length && a.every(({ id, text }, at) => id === b[at]?.id && text === b[at]?.text)
  );
}
