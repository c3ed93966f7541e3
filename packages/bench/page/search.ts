// The whole way, as a visitor meets it: texts in, and from a new page to an answer. On WASM, as nothing else is measured here.
import type { SearchBench, SearchStart, StoreTimes } from "../src/protocol.ts";

declare global {
  // `var` is the only declaration that types `globalThis`.
  var searchBench: SearchBench;
}

/** Loads the library too, so that a cold start pays for its code. */
async function open() {
  const { openSearch } = await import("nearfield");
  return openSearch({ name: "bench", device: "wasm" });
}

globalThis.searchBench = {
  async store(textsAddress: string): Promise<StoreTimes> {
    const texts = (await (await fetch(textsAddress)).json()) as string[];
    const documents = texts.map((text, at) => ({ id: String(at), text }));
    const started = performance.now();
    const search = await open();
    await search.add(documents.slice(0, 1));
    const first = performance.now();
    await search.add(documents.slice(1));
    const all = performance.now();
    return {
      firstStoredMs: first - started,
      allStoredMs: all - started,
      passages: search.status().counts.passages,
    };
  },

  async start(queries: readonly string[], limit: number): Promise<SearchStart> {
    const started = performance.now();
    const search = await open();
    const { hits } = await search.query(queries[0] ?? "", { limit });
    const firstAnswerMs = performance.now() - started;
    const queryMs: number[] = [];
    for (const query of queries.slice(1)) {
      const asked = performance.now();
      await search.query(query, { limit });
      queryMs.push(performance.now() - asked);
    }
    return { firstAnswerMs, queryMs, hits: hits.length, described: search.status() };
  },
};
