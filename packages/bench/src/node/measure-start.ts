import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SearchBench, SearchStart, StoreTimes } from "../protocol.ts";
import type { SearchStartReport } from "../report.ts";
import { Profile } from "./browser.ts";
import { DATA_PATH, Host } from "./host.ts";
import type { Options } from "./options.ts";
import { LIMIT } from "./phases.ts";
import type { Surroundings } from "./surroundings.ts";
import { collectTexts } from "./texts.ts";

/** As many as a documentation site has sections. */
const DOCUMENTS = 1_000;
const QUERIES = 21;

/** A first visit that stores documents, and later ones, each in a new browser after the one before was killed. */
export async function measureStart(
  options: Options,
  around: Surroundings,
): Promise<SearchStartReport> {
  const texts = collectTexts(options.texts, around.root, DOCUMENTS + QUERIES);
  const queries = texts.slice(DOCUMENTS);
  writeFileSync(join(around.data, "start.texts.json"), JSON.stringify(texts.slice(0, DOCUMENTS)));
  const page = join(around.cache, "pages", "search");
  await around.buildPage({ outDir: page, html: "search.html", aliases: {} });
  const host = await Host.start({ page, data: around.data, headers: around.headers });
  const profile = await Profile.create(around);
  /** Calls an entry point in a new browser, which is killed afterwards. */
  const visit = async <T>(entry: keyof SearchBench, args: readonly unknown[]): Promise<T> => {
    const { page: tab } = await profile.visit(host.port, "/search.html");
    await tab.waitForFunction(() => "searchBench" in globalThis);
    const value = await tab.evaluate(
      async ([name, given]) => {
        const { searchBench } = globalThis as unknown as {
          searchBench: Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
        };
        return searchBench[name]?.(...given);
      },
      [entry, args] as const,
    );
    await profile.kill();
    return value as T;
  };
  try {
    const stored = await visit<StoreTimes>("store", [`${DATA_PATH}start.texts.json`]);
    around.say(`search: ${DOCUMENTS} documents stored in ${stored.allStoredMs.toFixed(0)} ms`);
    const starts: SearchStart[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const start = await visit<SearchStart>("start", [queries, LIMIT]);
      if (start.hits !== LIMIT) throw new Error(`the search found ${start.hits} of ${LIMIT}`);
      around.say(`search: first answer ${start.firstAnswerMs.toFixed(0)} ms`);
      starts.push(start);
    }
    return {
      documents: DOCUMENTS,
      ...stored,
      firstAnswerMs: starts.map(({ firstAnswerMs }) => firstAnswerMs),
      queryMs: starts.flatMap(({ queryMs }) => queryMs),
      described: starts.at(-1)?.described ?? null,
    };
  } finally {
    await profile.remove();
    await host.close();
  }
}
