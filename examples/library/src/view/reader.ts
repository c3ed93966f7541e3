import type { Hit } from "nearfield";
import { titleOf } from "../library/document.ts";
import { FileProblem, sayBytes } from "../read/problem.ts";
import { sectionAt, sectionName } from "../read/section.ts";
import type { View } from "../reader/view.ts";
import type { FileRecord } from "../shelf/record.ts";
import { make, required } from "../../../shared/element.ts";
import { kindTag } from "./file-list.ts";
import { sayDate } from "./words.ts";

export interface ReaderOptions {
  readonly readOriginal: (id: string) => Promise<Blob | undefined>;
  readonly onClose: () => void;
  readonly onCollections: (record: FileRecord) => void;
  readonly onRemove: (record: FileRecord) => void;
}

/** Shows an original, at the place that was found. */
export class Reader {
  readonly #article = required("reader", HTMLElement);
  readonly #options: ReaderOptions;
  #view: View | undefined;
  /** Counts openings, so that one that comes late is dropped. */
  #turn = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return !this.#article.hidden;
  }

  /** Shows the file of `record`, with `hit` at the passage that was found in it, and takes the focus. */
  async open(record: FileRecord, hit?: Hit): Promise<void> {
    const turn = ++this.#turn;
    this.#end();
    const body = make("div", { class: "reader-body" });
    const note = make("p", { class: "part-note", role: "status" }, "Opening…");
    body.append(note);
    this.#article.replaceChildren(this.#head(record, hit), body);
    this.#article.hidden = false;
    this.#article.dataset["state"] = "opening";
    this.#article.focus({ preventScroll: true });
    this.#article.scrollIntoView({ block: "start" });
    try {
      const view = await this.#openView(record);
      if (turn !== this.#turn) return view.close();
      this.#view = view;
      body.append(view.element);
      const isThere = await view.show(...placeOf(hit));
      if (turn !== this.#turn) return;
      if (isThere || !hit) note.remove();
      else
        note.replaceWith(
          quote(hit, "The exact place could not be found in the original. This is the passage:"),
        );
    } catch (thrown) {
      if (turn !== this.#turn) return;
      const words =
        thrown instanceof FileProblem ? thrown.message : "The original can not be shown.";
      note.replaceWith(...(hit ? [quote(hit, `${words} This is what was found:`)] : [words]));
    }
    this.#article.dataset["state"] = "open";
  }

  close(): void {
    this.#turn++;
    this.#end();
    this.#article.hidden = true;
    this.#article.replaceChildren();
  }

  #end(): void {
    this.#view?.close();
    this.#view = undefined;
  }

  async #openView(record: FileRecord): Promise<View> {
    const original = await this.#options.readOriginal(record.id);
    if (!original || !record.kind) {
      throw new FileProblem("The file itself is not kept here. Add it again to see it.");
    }
    // What shows documents is fetched when there is one to be shown.
    const { openView } = await import("../reader/open.ts");
    return openView(record.kind, original);
  }

  #head(record: FileRecord, hit: Hit | undefined): HTMLElement {
    const { section } = hit ? sectionAt(hit.document.text, hit.passage.start) : { section: 0 };
    const place = hit && sectionName(record.kind, section);
    const facts = [place, record.folder, sayDate(record.modified), sayBytes(record.bytes)];
    const act = (label: string, click: () => void, kind = "quiet"): HTMLElement =>
      make("button", { type: "button", class: kind, click }, label);
    return make(
      "header",
      { class: "reader-head" },
      act("← Back", () => this.#options.onClose(), "quiet back"),
      make("h1", { id: "reader-title", dir: "auto" }, titleOf(record)),
      make("p", { class: "origin" }, kindTag(record), " ", facts.filter(Boolean).join(" · ")),
      make(
        "div",
        { class: "acts" },
        act("Collections…", () => this.#options.onCollections(record)),
        act("Save a copy", () => void this.#save(record)),
        act("Remove", () => this.#options.onRemove(record), "quiet danger-text"),
      ),
    );
  }

  async #save(record: FileRecord): Promise<void> {
    const original = await this.#options.readOriginal(record.id);
    if (original) saveAs(original, record.name);
  }
}

/** Hands a file to the person, in whatever way the browser saves files. */
export function saveAs(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  make("a", { href: url, download: name }).click();
  // The browser may begin to read it a little later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The section that a hit is in, and its passage as it stands there. */
function placeOf(hit: Hit | undefined): Parameters<View["show"]> {
  if (!hit) return [0, undefined];
  const { text, start, end } = hit.passage;
  const { section, start: from } = sectionAt(hit.document.text, start);
  return [section, { text, start: start - from, end: end - from }];
}

function quote(hit: Hit, words: string): HTMLElement {
  return make(
    "div",
    { class: "quote" },
    make("p", { class: "part-note" }, words),
    make("blockquote", { dir: "auto" }, make("mark", {}, hit.passage.text)),
  );
}
