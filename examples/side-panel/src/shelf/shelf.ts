import { openDB, type DBSchema, type IDBPDatabase, type IDBPObjectStore } from "idb";
import { siteOf } from "./address.ts";
import type { PageRecord, PageText, Problem, Removal, SectionText } from "./record.ts";

interface Schema extends DBSchema {
  pages: { key: string; value: PageRecord; indexes: { state: string } };
  /** What was read of pages that wait; the index has the text of the others. */
  texts: {
    key: string;
    value: { readonly url: string; readonly sections: readonly SectionText[] };
  };
  removals: { key: number; value: Removal };
}

type Table = "pages" | "texts" | "removals";
const ALL: readonly Table[] = ["pages", "texts", "removals"];

/** A page that stopped the work so often is given up. */
const MOST_TRIES = 3;

/**
 * What is remembered, and what is left to do for it: the queue of the background work. Everything is written before it is
 * acknowledged, so that whichever part of the extension ends, and whenever, the next one goes on from here.
 */
export class Shelf {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  static async open(): Promise<Shelf> {
    const database = await openDB<Schema>("nearfield-side-panel", 1, {
      upgrade(made) {
        made.createObjectStore("pages", { keyPath: "url" }).createIndex("state", "state");
        made.createObjectStore("texts", { keyPath: "url" });
        made.createObjectStore("removals", { keyPath: "id", autoIncrement: true });
      },
      // A newer version of the extension wants to upgrade: this one is about to be replaced.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new Shelf(database);
  }

  pages(): Promise<PageRecord[]> {
    return this.#database.getAll("pages");
  }

  /** Puts a page that was read into the queue; one that is known is read anew. */
  async put(url: string, page: PageText): Promise<void> {
    await this.#write(async (tables) => {
      const known = await tables("pages").get(url);
      await tables("texts").put({ url, sections: page.sections });
      await tables("pages").put({
        url,
        site: siteOf(url),
        title: page.title || (known?.title ?? url),
        from: known?.from ?? "tab",
        chosenMs: Date.now(),
        readyMs: known?.readyMs ?? 0,
        state: "waiting",
        units: page.sections.reduce((sum, { text }) => sum + text.length, 0),
        sections: known?.sections ?? 0,
        tries: 0,
      });
    });
  }

  /** Puts bookmarked pages into the queue that are not remembered yet: they are still to be fetched. Gives their number. */
  async putBookmarks(
    bookmarks: readonly { readonly url: string; readonly title: string }[],
  ): Promise<number> {
    let added = 0;
    await this.#write(async (tables) => {
      for (const { url, title } of bookmarks) {
        const known = await tables("pages").get(url);
        if (known && known.state !== "failed") continue;
        added++;
        await tables("pages").put({
          url,
          site: siteOf(url),
          title: title || (known?.title ?? url),
          from: "bookmark",
          chosenMs: Date.now(),
          readyMs: known?.readyMs ?? 0,
          state: "waiting",
          units: 0,
          sections: known?.sections ?? 0,
          tries: 0,
        });
      }
    });
    return added;
  }

  /** Notes that a page could not be read, for the person to see. One that can be found already stays as it is. */
  async putProblem(url: string, title: string, problem: Problem): Promise<void> {
    await this.#write(async (tables) => {
      const known = await tables("pages").get(url);
      if (known?.state === "ready") return;
      await tables("texts").delete(url);
      await tables("pages").put({
        url,
        site: siteOf(url),
        title: title || url,
        from: known?.from ?? "tab",
        chosenMs: known?.chosenMs ?? Date.now(),
        readyMs: known?.readyMs ?? 0,
        state: "failed",
        problem,
        units: 0,
        sections: known?.sections ?? 0,
        tries: 0,
      });
    });
  }

  /** The page that has waited longest, with what was read of it; its try is counted. Undefined where none waits. */
  async nextWaiting(): Promise<
    { page: PageRecord; sections: readonly SectionText[] | undefined } | undefined
  > {
    return this.#write(async (tables) => {
      const waiting = await tables("pages").index("state").getAll("waiting");
      const [oldest] = waiting.toSorted((a, b) => a.tries - b.tries || a.chosenMs - b.chosenMs);
      if (!oldest) return undefined;
      if (oldest.tries >= MOST_TRIES) {
        const failed = { ...oldest, state: "failed", problem: "unindexed" } as const;
        await tables("pages").put(failed);
        return { page: failed, sections: undefined };
      }
      const page = { ...oldest, tries: oldest.tries + 1 };
      await tables("pages").put(page);
      return { page, sections: (await tables("texts").get(page.url))?.sections };
    });
  }

  /** What was fetched of a page that waits. False where it was forgotten meanwhile. */
  async putFetched(url: string, { title, sections }: PageText): Promise<boolean> {
    return this.#write(async (tables) => {
      const page = await tables("pages").get(url);
      if (!page) return false;
      const units = sections.reduce((sum, { text }) => sum + text.length, 0);
      await tables("pages").put({ ...page, title: title || page.title, units });
      await tables("texts").put({ url, sections });
      return true;
    });
  }

  /**
   * Notes how many documents of a page the index may have, before it gets them: whoever forgets the page while it is being indexed
   * must take all of them out. False where it was forgotten already.
   */
  async claim(url: string, sections: number): Promise<boolean> {
    return this.#write(async (tables) => {
      const page = await tables("pages").get(url);
      if (!page) return false;
      await tables("pages").put({ ...page, sections: Math.max(page.sections, sections) });
      return true;
    });
  }

  /** The index has exactly these documents of the page now. Where the person has chosen it anew meanwhile, it goes on waiting. */
  async finish({ url, chosenMs }: PageRecord, sections: number): Promise<void> {
    await this.#write(async (tables) => {
      const page = await tables("pages").get(url);
      if (!page) return void (await tables("removals").add({ url, sections }));
      const isLatest = page.chosenMs === chosenMs;
      await tables("pages").put({
        ...page,
        sections,
        ...(isLatest && { state: "ready", readyMs: Date.now(), tries: 0 }),
      });
      if (isLatest) await tables("texts").delete(url);
    });
  }

  /** Gives a try back: it was not the page that failed. */
  async release({ url }: PageRecord): Promise<void> {
    await this.#write(async (tables) => {
      const page = await tables("pages").get(url);
      if (page) await tables("pages").put({ ...page, tries: Math.max(0, page.tries - 1) });
    });
  }

  /** Forgets pages at once: they are not found any more, and their documents are taken out of the index by the background work. */
  async forget(urls: readonly string[]): Promise<void> {
    await this.#write(async (tables) => {
      for (const url of urls) {
        const page = await tables("pages").get(url);
        await tables("pages").delete(url);
        await tables("texts").delete(url);
        if (page && page.sections > 0) {
          await tables("removals").add({ url, sections: page.sections });
        }
      }
    });
  }

  /** The person has seen that these could not be read. What can be found from an earlier time stays. */
  async dismiss(urls: readonly string[]): Promise<void> {
    const failed = (await this.pages()).filter(({ url }) => urls.includes(url));
    await this.forget(failed.filter(({ readyMs }) => readyMs === 0).map(({ url }) => url));
    await this.#putBack(failed.map(({ url }) => url));
  }

  /** Drops what waits. What can be found from an earlier time stays as it was then. */
  async stop(): Promise<void> {
    const waiting = await this.#database.getAllFromIndex("pages", "state", "waiting");
    await this.forget(waiting.filter(({ readyMs }) => readyMs === 0).map(({ url }) => url));
    await this.#putBack(waiting.map(({ url }) => url));
  }

  removals(): Promise<Removal[]> {
    return this.#database.getAll("removals");
  }

  async endRemoval(id: number): Promise<void> {
    await this.#database.delete("removals", id);
  }

  /** Whether anything is left to do. */
  async hasWork(): Promise<boolean> {
    const waiting = await this.#database.countFromIndex("pages", "state", "waiting");
    return waiting > 0 || (await this.#database.count("removals")) > 0;
  }

  close(): void {
    this.#database.close();
  }

  async #putBack(urls: readonly string[]): Promise<void> {
    await this.#write(async (tables) => {
      for (const url of urls) {
        const page = await tables("pages").get(url);
        if (!page || page.readyMs === 0) continue;
        await tables("texts").delete(url);
        await tables("pages").put({ ...page, state: "ready", problem: undefined, tries: 0 });
      }
    });
  }

  async #write<T>(
    work: (
      tables: <Name extends Table>(
        name: Name,
      ) => IDBPObjectStore<Schema, Table[], Name, "readwrite">,
    ) => Promise<T>,
  ): Promise<T> {
    const transaction = this.#database.transaction([...ALL], "readwrite", { durability: "strict" });
    try {
      const result = await work((name) => transaction.objectStore(name));
      await transaction.done;
      return result;
    } catch (thrown) {
      // Whatever failed: nothing of it is stored.
      try {
        transaction.abort();
      } catch {
        // It has been aborted already, as by a disk that is full.
      }
      await transaction.done.catch(() => {});
      throw thrown;
    }
  }
}
