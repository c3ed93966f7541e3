import type { EncoderStatus, SearchStatus } from "nearfield";
import { isInDialog, make, required } from "../../shared/element.ts";

/** How far the page itself is stored for use without its server. */
export type OfflineState = "ready" | "preparing" | "unavailable";

export interface StatusOptions {
  readonly onForget: () => void;
}

const PERSISTENCE: Readonly<Record<SearchStatus["persistence"], { short: string; long: string }>> =
  {
    persistent: {
      short: "kept on this device",
      long: "The browser has promised not to delete the index on its own.",
    },
    "best-effort": {
      short: "kept on this device",
      long: "The browser keeps the index, and may delete it when the device runs out of room. The page would then read again.",
    },
    ephemeral: {
      short: "kept until this tab closes",
      long: "The browser gives this page no lasting storage: a private window, perhaps. The next visit begins anew.",
    },
  };

const OFFLINE: Readonly<Record<OfflineState, string>> = {
  ready: "Yes: the page, the runtime and the model are stored.",
  preparing: "Not yet: the page is still being stored.",
  unavailable: "No: this browser or this address allows no service worker.",
};

const RUNGS: Readonly<Record<EncoderStatus["reasons"][number]["rung"], string>> = {
  webgpu: "WebGPU",
  "webgpu-no-subgroups": "WebGPU without subgroups",
  wasm: "WASM",
};

/** The line at the foot of the page, and what is behind it. */
export class StatusView {
  readonly #details: HTMLDetailsElement = required("status", HTMLDetailsElement);
  readonly #line: HTMLElement = required("status-line", HTMLElement);
  readonly #more: HTMLElement = required("status-more", HTMLElement);
  readonly #onForget: () => void;
  #shown = "";
  /** Builds what is behind the line: only when somebody looks. */
  #build = (): void => {};

  constructor({ onForget }: StatusOptions) {
    this.#onForget = onForget;
    this.#details.addEventListener("toggle", () => this.#build());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#details.open || isInDialog(event)) return;
      this.#details.open = false;
      this.#line.focus();
    });
  }

  /** Shows a snapshot. Rebuilds nothing where nothing has changed, so that a button keeps its focus. */
  show(status: SearchStatus, offline: OfflineState): void {
    const key = JSON.stringify([status, offline]);
    if (key === this.#shown) return;
    this.#shown = key;
    const { model, counts, persistence, devices } = status;
    this.#say(lampOf(status), [
      sayDevice(devices.query),
      `${model.name}, ${model.dimensions} dimensions`,
      sayPassages(counts),
      PERSISTENCE[persistence].short,
    ]);
    this.#build = () => this.#buildMore(status, offline);
    if (this.#details.open) this.#build();
  }

  #buildMore(status: SearchStatus, offline: OfflineState): void {
    const { model, counts, persistence, devices } = status;
    const hadFocus = this.#more.contains(document.activeElement);
    this.#more.replaceChildren(
      make(
        "dl",
        {},
        ...row("Questions", sayDevice(devices.query), ...reasonsOf(devices.query)),
        ...row("Documents", sayDevice(devices.document), ...reasonsOf(devices.document)),
        ...row("Model", `${model.name} ${model.version}, vectors of ${model.dimensions} numbers`),
        ...row(
          "Index",
          `${sayPassages(counts)} of ${counts.documents.toLocaleString("en")} documents, scanner ${status.scanner}`,
        ),
        ...row("Kept", PERSISTENCE[persistence].long),
        ...row("Offline", OFFLINE[offline]),
        ...status.degraded.flatMap(({ code, message }) => row("Trouble", `${message} (${code})`)),
      ),
      make(
        "button",
        { type: "button", class: "danger", click: () => this.#onForget() },
        "Forget everything…",
      ),
    );
    if (hadFocus) this.#more.querySelector("button")?.focus();
  }

  /** Shows a state that has no snapshot. */
  say(lamp: "busy" | "bad", words: string): void {
    this.#shown = "";
    this.#say(lamp, [words]);
    this.#build = () => this.#more.replaceChildren(make("p", {}, words));
    this.#build();
  }

  #say(lamp: string, parts: readonly string[]): void {
    this.#line.replaceChildren(
      make("span", { class: `lamp ${lamp}` }),
      ...parts.map((part) => make("span", {}, part)),
    );
  }
}

function lampOf(status: SearchStatus): "good" | "busy" | "bad" {
  const { state } = status.devices.query;
  if (state === "failed" || status.degraded.length > 0) return "bad";
  return state === "ready" ? "good" : "busy";
}

function sayPassages({ passages }: SearchStatus["counts"]): string {
  return passages === 1 ? "1 passage" : `${passages.toLocaleString("en")} passages`;
}

function sayDevice({ state, device, adapter, threads }: EncoderStatus): string {
  if (state === "starting") return "Waking the model";
  if (state === "failed") return "The model did not start";
  if (state !== "ready") return "At rest: starts when there is something to read";
  if (device === "webgpu")
    return `On the graphics processor (WebGPU${adapter ? `, ${adapter}` : ""})`;
  return `On the processor (WASM, ${threads === 1 ? "1 thread" : `${threads ?? "?"} threads`})`;
}

/** Why this device and not a faster one, how it was proven, and whether it will be there without a network. */
function reasonsOf({ reasons, knownAnswers, timings, notStored }: EncoderStatus): string[] {
  const words = reasons.map(({ rung, message }) => `Not on ${RUNGS[rung]}: ${message}.`);
  if (knownAnswers && timings) {
    const { texts, leastCosine } = knownAnswers;
    const proof = `${texts === 1 ? "1 known answer" : `${texts} known answers`}, cosine ${leastCosine.toFixed(4)} or better`;
    words.push(`Ready in ${(timings.totalMs / 1_000).toFixed(1)} s, proven by ${proof}.`);
  }
  if (notStored) words.push(`The model is not kept for the next visit: ${notStored.message}.`);
  return words;
}

function row(name: string, ...values: readonly string[]): HTMLElement[] {
  return [make("dt", {}, name), ...values.map((value) => make("dd", {}, value))];
}
