import type { EncoderStatus, SearchStatus } from "nearfield";
import { sayBytes } from "../read/problem.ts";
import { make, required } from "../../../shared/element.ts";
import type { OfflineState } from "./offline.ts";
import { count } from "../../../shared/words.ts";

const OFFLINE: Readonly<Record<OfflineState, string>> = {
  ready: "Yes. The app, its runtime and its model are kept in this browser.",
  preparing: "Not yet: the app is still being stored.",
  unavailable: "No: this browser or this address allows no service worker.",
};

export interface StorageOptions {
  readonly onExport: () => void;
  readonly onImport: (file: File) => void;
  readonly onForget: () => void;
}

/** Where everything is kept, how safely, and how to take it along: in plain words. */
export class StorageDialog {
  readonly #dialog = required("storage", HTMLDialogElement);
  readonly #facts = required("storage-facts", HTMLElement);
  readonly #line = required("storage-line", HTMLElement);
  readonly #keep = required("storage-keep", HTMLButtonElement);
  #show: () => void = () => {};

  constructor({ onExport, onImport, onForget }: StorageOptions) {
    required("storage-open", HTMLButtonElement).addEventListener("click", () => {
      this.#show();
      this.#dialog.showModal();
    });
    this.#keep.addEventListener("click", () => void this.#askToKeep());
    required("export", HTMLButtonElement).addEventListener("click", () => {
      this.#dialog.close();
      onExport();
    });
    const file = required("import-file", HTMLInputElement);
    required("import", HTMLButtonElement).addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      file.value = "";
      this.#dialog.close();
      if (chosen) onImport(chosen);
    });
    required("forget-all", HTMLButtonElement).addEventListener("click", () => {
      this.#dialog.close();
      onForget();
    });
  }

  /** `documents`: how many the library has. */
  show(status: SearchStatus, documents: number, offline: OfflineState): void {
    this.#line.replaceChildren(
      make("span", { class: `lamp ${lampOf(status)}` }),
      make("span", {}, lineOf(status, offline)),
    );
    this.#show = () => void this.#fill(status, documents, offline);
    if (this.#dialog.open) this.#show();
  }

  async #fill(status: SearchStatus, documents: number, offline: OfflineState): Promise<void> {
    const { usage, quota } = await estimate();
    const isKept = status.persistence === "persistent" || (await isPersisted());
    this.#keep.hidden = isKept || status.persistence === "ephemeral";
    const { model, counts, devices } = status;
    const rows: [string, string][] = [
      ["Documents", `${count(documents, "document")} in ${count(counts.passages, "passage")}`],
      ["Room", usage === undefined ? "The browser does not say." : sayRoom(usage, quota)],
      ["Safety", sayKept(status.persistence, isKept)],
      ["Without network", OFFLINE[offline]],
      ["Privacy", "Nothing leaves this browser: no file, no question, no count."],
      ["Model", `${model.name} ${model.version}. ${sayDevice(devices.query)}`],
      ...status.degraded.map(({ message }): [string, string] => ["Trouble", message]),
    ];
    this.#facts.replaceChildren(
      ...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
    );
  }

  async #askToKeep(): Promise<void> {
    const isKept = await navigator.storage.persist().catch(() => false);
    this.#keep.textContent = isKept
      ? "The browser has promised"
      : "The browser did not promise. Installing the app or adding a bookmark helps";
  }
}

function sayRoom(usage: number, quota: number | undefined): string {
  const used = `${sayBytes(usage)} are in use, the app and its model included`;
  return quota ? `${used}. The browser allows about ${sayBytes(quota)}.` : `${used}.`;
}

function sayKept(persistence: SearchStatus["persistence"], isKept: boolean): string {
  if (persistence === "ephemeral") {
    return "Kept only until this tab closes: a private window, perhaps. The next visit begins anew.";
  }
  return isKept
    ? "The browser has promised not to delete it on its own."
    : "The browser keeps it, but may delete it when the device runs out of room. Export it now and then.";
}

function sayDevice({ state, device, adapter, threads }: EncoderStatus): string {
  if (state === "starting") return "It is waking up.";
  if (state === "failed") return "It did not start.";
  if (state !== "ready") return "It rests.";
  if (device === "webgpu")
    return `It runs on the graphics processor${adapter ? ` (${adapter})` : ""}.`;
  return `It runs on the processor, on ${count(threads ?? 1, "thread")}.`;
}

function lampOf(status: SearchStatus): "good" | "busy" | "bad" {
  const { state } = status.devices.query;
  if (state === "failed" || status.degraded.length > 0) return "bad";
  return state === "ready" ? "good" : "busy";
}

function lineOf({ devices, persistence }: SearchStatus, offline: OfflineState): string {
  if (devices.query.state === "failed") return "The model did not start";
  if (devices.query.state !== "ready") return "The model is waking up";
  if (persistence === "ephemeral") return "Kept until this tab closes";
  return offline === "ready" ? "Kept here, works offline" : "Kept in this browser";
}

async function estimate(): Promise<StorageEstimate> {
  return navigator.storage?.estimate().catch(() => ({})) ?? {};
}

async function isPersisted(): Promise<boolean> {
  return (await navigator.storage?.persisted().catch(() => false)) ?? false;
}
