import { Archive } from "./archive.ts";
import { tidyTitle, type Content } from "./page.ts";
import { FileProblem } from "./problem.ts";
import { joinSections } from "./section.ts";
import { readTree } from "./tree.ts";

const CONTAINER = "META-INF/container.xml";
const ENCRYPTION = "META-INF/encryption.xml";

/** More chapters than any book has. */
const MAX_CHAPTERS = 5_000;

/** An opened book (EPUB 2 or 3): its chapters in the order of reading. Call `close` when done. */
export class Book {
  readonly title: string | undefined;
  /** Paths of the chapters in the archive. */
  readonly chapters: readonly string[];
  readonly #archive: Archive;

  private constructor(archive: Archive, title: string | undefined, chapters: readonly string[]) {
    this.#archive = archive;
    this.title = title;
    this.chapters = chapters;
  }

  /** @throws FileProblem for what is no book, broken, locked or far too large */
  static async open(blob: Blob): Promise<Book> {
    const archive = await Archive.open(blob);
    try {
      return await openBook(archive, (title, chapters) => new Book(archive, title, chapters));
    } catch (thrown) {
      await archive.close();
      throw thrown;
    }
  }

  /** A chapter as a document that is not shown anywhere: nothing in it runs or is fetched. */
  async readChapter(at: number): Promise<Document> {
    const source = await this.#archive.text(this.chapters[at] ?? "");
    // As HTML, which forgives what XHTML does not. It knows no empty elements like <title/>, which would swallow the rest.
    const closed = source.replace(
      /<(title|script|style|a|p|div|span)\b([^<>]*)\/>/gi,
      "<$1$2></$1>",
    );
    return new DOMParser().parseFromString(closed, "text/html");
  }

  /** A picture that a chapter names by `href`; undefined where the book has none there. */
  async readPicture(chapter: number, href: string): Promise<Blob | undefined> {
    const path = resolvePath(this.chapters[chapter] ?? "", href);
    const [, extension = ""] = /\.(\w+)$/.exec(path) ?? [];
    const type = PICTURES[extension.toLowerCase()];
    return type && this.#archive.has(path) ? this.#archive.blob(path, type) : undefined;
  }

  close(): Promise<void> {
    return this.#archive.close();
  }
}

/** Drawings are left out: an SVG can hold more than a picture. */
const PICTURES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
};

/** The texts of all chapters. */
export async function readEpub(blob: Blob, signal: AbortSignal): Promise<Content> {
  const book = await Book.open(blob);
  try {
    const sections: string[] = [];
    for (let at = 0; at < book.chapters.length; at++) {
      signal.throwIfAborted();
      sections.push(readTree((await book.readChapter(at)).body).text);
    }
    return { title: book.title, text: joinSections(sections) };
  } finally {
    await book.close();
  }
}

async function openBook<Made>(
  archive: Archive,
  make: (title: string | undefined, chapters: readonly string[]) => Made,
): Promise<Made> {
  if (!archive.has(CONTAINER)) throw new FileProblem("It is an archive, but no book is in it.");
  const container = parseXml(await archive.text(CONTAINER));
  const path = container.querySelector("rootfile")?.getAttribute("full-path") ?? "";
  if (!archive.has(path)) throw new FileProblem("The book in it does not say what it consists of.");
  const contents = parseXml(await archive.text(path));
  const items = new Map(
    [...contents.querySelectorAll("manifest > item")].map((item) => [
      item.getAttribute("id"),
      item,
    ]),
  );
  const chapters = [...contents.querySelectorAll("spine > itemref")]
    .map((reference) => items.get(reference.getAttribute("idref")))
    .filter((item) => /html|xml$/.test(item?.getAttribute("media-type") ?? ""))
    .map((item) => resolvePath(path, item?.getAttribute("href") ?? ""))
    .filter((chapter) => archive.has(chapter));
  if (chapters.length === 0) throw new FileProblem("The book in it has no chapters.");
  if (chapters.length > MAX_CHAPTERS) {
    throw new FileProblem(`It has more than ${MAX_CHAPTERS} chapters, and no book has that many.`);
  }
  if (await isLocked(archive, chapters)) {
    throw new FileProblem(
      "It is protected against copying, so that only its own reader can open it.",
    );
  }
  // A name space stands before the word, and which one differs from book to book.
  const title = contents.getElementsByTagNameNS("*", "title")[0]?.textContent ?? "";
  return make(tidyTitle(title), chapters);
}

/** Fonts are often scrambled, which does no harm; chapters that are can not be read. */
async function isLocked(archive: Archive, chapters: readonly string[]): Promise<boolean> {
  if (!archive.has(ENCRYPTION)) return false;
  const listed = parseXml(await archive.text(ENCRYPTION));
  const paths = [...listed.getElementsByTagNameNS("*", "CipherReference")].map((reference) =>
    decodePath(reference.getAttribute("URI") ?? ""),
  );
  return paths.some((path) => chapters.includes(path));
}

function parseXml(source: string): Document {
  const parsed = new DOMParser().parseFromString(source, "application/xml");
  if (parsed.querySelector("parsererror")) {
    throw new FileProblem("It is broken: its list of contents can not be read.");
  }
  return parsed;
}

/** `href` as it stands in the file at `base`, as a path of the archive. */
function resolvePath(base: string, href: string): string {
  try {
    const { pathname } = new URL(href, new URL(base, "book://book/"));
    return decodePath(pathname.slice(1));
  } catch {
    return "";
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
