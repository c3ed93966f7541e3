import { isRetrievalError, type DocumentInput, type ErrorCode, type Search } from "nearfield";
import { announce } from "../news.ts";
import {
  documentId,
  documentIds,
  type PageRecord,
  type Removal,
  type SectionText,
} from "../shelf/record.ts";
import type { Shelf } from "../shelf/shelf.ts";
import { fetchPage } from "./fetch-page.ts";

export interface WorkOptions {
  readonly shelf: () => Promise<Shelf>;
  readonly search: () => Promise<Search>;
}

/** Failures of one page alone: the next one may do well. */
const OF_THE_PAGE: ReadonlySet<ErrorCode> = new Set([
  "INVALID_DOCUMENT",
  "EMPTY_TEXT",
  "INPUT_TOO_LARGE",
  "DUPLICATE_ID",
  "INFERENCE_FAILED",
  "EMBEDDING_INVALID",
  "TIMEOUT",
  "WORKER_LOST",
]);

/** Does what the queue says until there is nothing left, or until something fails that concerns all pages. */
export class Work {
  readonly #options: WorkOptions;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** One run at a time. Never rejects: what fails is announced. */
  async run(): Promise<void> {
    try {
      const shelf = await this.#options.shelf();
      // What was to be forgotten goes first, also between two pages.
      while ((await this.#remove(shelf)) || (await this.#next(shelf)));
    } catch (thrown) {
      const { code, message } = isRetrievalError(thrown)
        ? thrown
        : { code: isQuota(thrown) ? "STORAGE_FULL" : "INTERNAL", message: String(thrown) };
      announce({ type: "halted", code, message });
    }
    announce({ type: "changed" });
  }

  async #remove(shelf: Shelf): Promise<boolean> {
    const removals = await shelf.removals();
    if (removals.length === 0) return false;
    const search = await this.#options.search();
    for (const removal of removals) await remove(search, shelf, removal);
    // What was forgotten must not lie about in half-empty segments.
    await search.compact();
    announce({ type: "changed" });
    return true;
  }

  async #next(shelf: Shelf): Promise<boolean> {
    const next = await shelf.nextWaiting();
    if (!next) return false;
    const { page } = next;
    if (page.state === "failed") return true;
    announce({ type: "progress", url: page.url, sections: 0, of: 0 });
    const sections = next.sections ?? (await this.#fetch(shelf, page));
    if (sections) await this.#index(shelf, page, sections);
    announce({ type: "changed" });
    return true;
  }

  async #fetch(
    shelf: Shelf,
    { url, title }: PageRecord,
  ): Promise<readonly SectionText[] | undefined> {
    const fetched = await fetchPage(url);
    if ("problem" in fetched) {
      await shelf.putProblem(url, title, fetched.problem);
      return undefined;
    }
    return (await shelf.putFetched(url, fetched.page)) ? fetched.page.sections : undefined;
  }

  async #index(shelf: Shelf, page: PageRecord, sections: readonly SectionText[]): Promise<void> {
    const { url } = page;
    if (!(await shelf.claim(url, sections.length))) return;
    const search = await this.#options.search();
    try {
      await search.add(documentsOf(page, sections), {
        onProgress: ({ documents }) =>
          announce({ type: "progress", url, sections: documents, of: sections.length }),
      });
      // The page was longer when it was read last.
      const surplus = documentIds(url, page.sections, sections.length);
      if (surplus.length > 0) await search.remove(surplus);
    } catch (thrown) {
      // Tried again, and given up after some tries.
      if (isRetrievalError(thrown) && OF_THE_PAGE.has(thrown.code)) return;
      await shelf.release(page);
      throw thrown;
    }
    await shelf.finish(page, sections.length);
  }
}

async function remove(search: Search, shelf: Shelf, { id, url, sections }: Removal): Promise<void> {
  await search.remove(documentIds(url, sections));
  if (id !== undefined) await shelf.endRemoval(id);
}

/** The page's title stands above the headings: it says what a short section is about. */
function documentsOf(
  { url, site, title }: PageRecord,
  sections: readonly SectionText[],
): DocumentInput[] {
  return sections.map((section, at) => ({
    id: documentId(url, at),
    title: section.title === "" || section.title === title ? title : `${title} › ${section.title}`,
    text: section.text,
    url,
    fields: { site },
  }));
}

function isQuota(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "QuotaExceededError";
}
