import { openSearch, type Hit, type Search, type Stage } from "nearfield";
import { INDEX } from "../protocol.ts";
import type { PageRecord } from "../shelf/record.ts";

/** Passages that are asked for, and of those the most that are shown, and the most of one page. */
const ASKED = 40;
const SHOWN = 12;
const OF_ONE_PAGE = 3;

/** Questions to what is remembered. The query worker lives with the panel. */
export class Searcher {
  #opened: Promise<Search> | undefined;
  readonly #records: () => ReadonlyMap<string, PageRecord>;

  constructor(records: () => ReadonlyMap<string, PageRecord>) {
    this.#records = records;
  }

  /** @throws RetrievalError what `openSearch` throws; the next call tries anew */
  open(): Promise<Search> {
    this.#opened ??= openSearch({ name: INDEX }).catch((thrown: unknown) => {
      this.#opened = undefined;
      throw thrown;
    });
    return this.#opened;
  }

  async *ask(text: string, signal: AbortSignal): AsyncGenerator<Stage, void> {
    const search = await this.open();
    for await (const stage of search.stream(text, { limit: ASKED, signal })) {
      yield { ...stage, hits: this.#choose(stage.hits) };
    }
  }

  /** What was forgotten is gone at once, also while it is still being taken out; and no page may crowd out the others. */
  #choose(hits: readonly Hit[]): readonly Hit[] {
    const records = this.#records();
    const taken = new Map<string, number>();
    return hits
      .filter(({ document: { url = "" } }) => {
        const before = taken.get(url) ?? 0;
        taken.set(url, before + 1);
        return records.has(url) && before < OF_ONE_PAGE;
      })
      .slice(0, SHOWN);
  }
}
