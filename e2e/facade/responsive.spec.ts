import { KNOWN_DOCUMENTS, makeDocuments } from "../harness/corpus.ts";
import { EXTENDED, expect, test } from "../harness/fixtures.ts";
import { browserOf, traceMainThreads } from "../harness/main-thread.ts";

/** What a person notices as a stutter, and the Long Tasks specification as a long task. */
const LONG_TASK_MS = 50;

test(
  "while 300 passages are indexed the page has no long task, and queries are answered from what is committed",
  EXTENDED,
  async ({ bare }) => {
    // Everything is started and warm before the watch begins: parsing, compiling and first use are the browser's own.
    await bare.evaluate(
      async ({ known, documents }) => {
        kept.search = await nearfield.openSearch({ name: "responsive", device: "wasm" });
        kept.documents = documents;
        await kept.search.add(known);
        await kept.search.query("warm");
      },
      {
        known: KNOWN_DOCUMENTS,
        documents: makeDocuments(100, { passages: 3, sentences: 5, seed: 5 }),
      },
    );
    const traced = await traceMainThreads(browserOf(bare.context()));
    const seen = await bare.evaluate(async () => {
      const { search, documents } = kept;
      const longTasks: number[] = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longTasks.push(duration);
      }).observe({ type: "longtask" });
      let reports = 0;
      let isDone = false;
      const adding = search
        .add(documents, { onProgress: () => reports++ })
        .finally(() => (isDone = true));
      const queries: {
        ms: number;
        hits: number;
        withinBatch: boolean;
        best: string | undefined;
      }[] = [];
      while (!isDone) {
        const before = reports;
        const started = performance.now();
        const { hits } = await search.query("recipe for baking bread", { limit: 3 });
        queries.push({
          ms: performance.now() - started,
          hits: hits.length,
          withinBatch: before === reports && !isDone,
          best: hits[0]?.document.id,
        });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const sum = await adding;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { sum, reports, queries, longTasks };
    });
    const tasks = await traced();
    const times = seen.queries.map(({ ms }) => ms).toSorted((a, b) => a - b);
    console.log(
      `${seen.sum.passages} passages in ${seen.reports} progress reports; ${times.length} queries meanwhile, ` +
        `median ${times[times.length >> 1]?.toFixed(0)} ms, longest ${times.at(-1)?.toFixed(0)} ms; ` +
        `long tasks by the clock: ${seen.longTasks.join(", ") || "none"}; ` +
        `longest task ${tasks.longestCpuMs.toFixed(0)} ms of processor, ${tasks.longestMs.toFixed(0)} ms by the clock`,
    );
    expect(seen.sum.passages).toBe(300);
    // By the clock a task is also long because other programs had the cores: what the page itself did is the processor's
    // time. The observer's list is printed, and is empty on a quiet machine.
    expect(tasks.tasks).toBeGreaterThan(seen.queries.length);
    expect(tasks.longestCpuMs).toBeLessThan(LONG_TASK_MS);
    expect(seen.queries.length).toBeGreaterThan(2);
    for (const query of seen.queries) expect(query).toMatchObject({ hits: 3, best: "bread" });
    expect(
      seen.queries.some(({ withinBatch }) => withinBatch),
      "a query was asked and answered between two reports of progress",
    ).toBe(true);

    // Both measures must be able to see a long task.
    const tracedAgain = await traceMainThreads(browserOf(bare.context()));
    const observed = await bare.evaluate(async (spinMs) => {
      let count = 0;
      new PerformanceObserver((list) => (count += list.getEntries().length)).observe({
        type: "longtask",
      });
      // From a timer: what the developer tools run is not counted.
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          const end = performance.now() + spinMs;
          while (performance.now() < end);
          resolve();
        });
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      return count;
    }, 10 * LONG_TASK_MS);
    expect(observed).toBeGreaterThan(0);
    expect((await tracedAgain()).longestCpuMs).toBeGreaterThan(LONG_TASK_MS);
  },
);
