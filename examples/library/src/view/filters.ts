import { KIND_NAMES, KINDS, type Kind } from "../read/kind.ts";
import { EVERYTHING, type Scope, type SpanName } from "../library/question.ts";
import { make, required } from "../../../shared/element.ts";

const SPANS: Readonly<Record<SpanName, string>> = {
  any: "Any date",
  week: "Past 7 days",
  month: "Past month",
  year: "Past year",
  custom: "Between …",
};

/** Which documents are looked through: by kind and by date here, by collection from the rail. */
export class Filters {
  readonly #kinds = required("kinds", HTMLElement);
  readonly #span = required("span", HTMLSelectElement);
  readonly #days = required("days", HTMLElement);
  readonly #from = required("from", HTMLInputElement);
  readonly #to = required("to", HTMLInputElement);
  readonly #onChange: () => void;
  #scope: Scope = EVERYTHING;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#kinds.replaceChildren(
      this.#chip(undefined, "All kinds"),
      ...KIND_NAMES.map((kind) => this.#chip(kind, KINDS[kind].many)),
    );
    this.#span.replaceChildren(
      ...Object.entries(SPANS).map(([value, label]) => make("option", { value }, label)),
    );
    this.#span.addEventListener("change", () => {
      this.#days.hidden = this.#span.value !== "custom";
      this.#set({ span: this.#span.value as SpanName });
    });
    for (const [name, input] of [
      ["from", this.#from],
      ["to", this.#to],
    ] as const) {
      input.addEventListener("change", () => this.#set({ [name]: input.value }));
    }
  }

  get scope(): Scope {
    return this.#scope;
  }

  /** Whether anything is left out. */
  get isNarrow(): boolean {
    const { kind, span, collection } = this.#scope;
    return kind !== undefined || span !== "any" || collection !== undefined;
  }

  chooseCollection(collection: string | undefined): void {
    this.#set({ collection });
  }

  /** Looks through everything again. */
  clear(): void {
    this.#span.value = "any";
    this.#days.hidden = true;
    this.#set(EVERYTHING);
  }

  #chip(kind: Kind | undefined, label: string): HTMLElement {
    return make(
      "button",
      {
        type: "button",
        class: "chip",
        "data-kind": kind ?? "",
        "aria-pressed": String(kind === undefined),
        click: () => this.#set({ kind }),
      },
      label,
    );
  }

  #set(change: Partial<Scope>): void {
    this.#scope = { ...this.#scope, ...change };
    for (const chip of this.#kinds.querySelectorAll("button")) {
      const isOn = chip.dataset["kind"] === (this.#scope.kind ?? "");
      chip.setAttribute("aria-pressed", String(isOn));
    }
    this.#onChange();
  }
}
