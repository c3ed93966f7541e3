import { make } from "../../../shared/element.ts";
import { Book } from "../read/epub.ts";
import { showBody } from "./page-view.ts";
import type { Passage } from "./passage.ts";
import type { View } from "./view.ts";

/** More pictures in one chapter than anybody looks at would only fill the memory. */
const MAX_PICTURES = 200;

/** A book, a chapter at a time, with its pictures. */
export class BookView implements View {
  readonly element: HTMLElement = make("div", { class: "book" });
  readonly #page = make("div", { class: "original prose", dir: "auto" });
  readonly #steps = make("nav", { class: "steps", "aria-label": "Chapters" });
  readonly #book: Book;
  #pictures: string[] = [];

  private constructor(book: Book) {
    this.#book = book;
    this.element.append(this.#page, this.#steps);
  }

  /** @throws FileProblem */
  static async open(blob: Blob): Promise<BookView> {
    return new BookView(await Book.open(blob));
  }

  async show(section: number, passage: Passage | undefined): Promise<boolean> {
    const at = Math.max(0, Math.min(section, this.#book.chapters.length - 1));
    const chapter = await this.#book.readChapter(at);
    this.#dropPictures();
    await this.#fetchPictures(chapter, at);
    this.#renderSteps(at);
    return showBody(this.#page, chapter.body, passage);
  }

  close(): void {
    this.#dropPictures();
    this.element.replaceChildren();
    void this.#book.close();
  }

  #renderSteps(at: number): void {
    const count = this.#book.chapters.length;
    const step = (label: string, to: number): HTMLButtonElement =>
      make(
        "button",
        { type: "button", disabled: to < 0 || to >= count, click: () => void this.#go(to) },
        label,
      );
    this.#steps.replaceChildren(
      step("← Before", at - 1),
      make("span", {}, `Part ${at + 1} of ${count}`),
      step("After →", at + 1),
    );
  }

  async #go(to: number): Promise<void> {
    await this.show(to, undefined);
    this.element.scrollIntoView({ block: "start" });
  }

  /** Pictures come out of the book itself, never from anywhere else. */
  async #fetchPictures(chapter: Document, at: number): Promise<void> {
    const images = [...chapter.querySelectorAll("img[src]")].slice(0, MAX_PICTURES);
    for (const image of images) {
      const source = image.getAttribute("src") ?? "";
      const picture = await this.#book.readPicture(at, source).catch(() => undefined);
      if (!picture) continue;
      const url = URL.createObjectURL(picture);
      this.#pictures.push(url);
      image.setAttribute("src", url);
    }
  }

  #dropPictures(): void {
    for (const url of this.#pictures) URL.revokeObjectURL(url);
    this.#pictures = [];
  }
}
