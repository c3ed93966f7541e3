import { isRetrievalError } from "@nearfield/core";
import { expect, it } from "vitest";
import { armFault, type FaultKind } from "./fixtures/fault.ts";
import { makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { RUN_ALL } from "@nearfield/testing";
import type { FlatIndex } from "./flat-index.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";
import { MemoryStore } from "./memory-store.ts";

/** Longer than any healthy transaction here; the hanging ones are waited for as long. */
const TIMEOUT_MS = 2000;

interface Step {
  readonly run: (index: FlatIndex) => Promise<unknown>;
  readonly apply: (model: Model) => Model;
}

const commit = (...entries: Marks[]): Step => ({
  run: (index) => index.commit(blockOf(...entries)),
  apply: (model) => model.commit(entries),
});
const remove = (...ids: string[]): Step => ({
  run: (index) => index.remove(ids),
  apply: (model) => model.remove(ids),
});

const IMPORTED: readonly Marks[] = [
  { id: "a", version: 3, rows: 2 },
  { id: "m", version: 1, rows: 3 },
];

/** Of memory, so that no fault meets it. */
async function fileOf(entries: readonly Marks[]): Promise<Blob> {
  const index = makeIndex(new MemoryStore());
  await index.commit(blockOf(...entries));
  return index.export();
}

/** Adds until a tier is merged, replaces, deletes a part and a whole segment, merges again. */
const STEPS: readonly Step[] = [
  ...["a", "b", "c", "d", "e", "f", "g"].map((id) => commit({ id, version: 1, rows: 2 })),
  commit({ id: "h", version: 1, rows: 2 }, { id: "i", version: 1, rows: 1 }),
  commit({ id: "a", version: 2, rows: 3 }),
  remove("b", "unknown"),
  remove("c", "d", "e", "f", "g", "h"),
  commit({ id: "j", version: 1, rows: 5000 }),
  remove("a"),
];

/** What works in many steps, or on a second set of records. */
const LONG_STEPS: readonly Step[] = [
  commit({ id: "a", version: 1, rows: 2 }, { id: "b", version: 1, rows: 1 }),
  commit({ id: "k", version: 1, rows: 2 }),
  { run: (index) => index.compact(), apply: (model) => model },
  { run: (index) => index.repair(), apply: (model) => model },
  {
    run: async (index) => index.import(await fileOf(IMPORTED)),
    apply: () => new Model().commit(IMPORTED),
  },
  commit({ id: "l", version: 1, rows: 1 }),
];

it.each<[FaultKind, string, number, readonly Step[]]>([
  ["throw", "adding and removing", RUN_ALL ? 1 : 4, STEPS],
  ["abort", "adding and removing", RUN_ALL ? 1 : 5, STEPS],
  // Each of these costs a time-out, so that not all are taken.
  ["hang", "adding and removing", RUN_ALL ? 13 : 29, STEPS],
  ["throw", "compacting, repairing and importing", RUN_ALL ? 1 : 12, LONG_STEPS],
  ["abort", "compacting, repairing and importing", RUN_ALL ? 1 : 15, LONG_STEPS],
  ...(RUN_ALL
    ? [
        ["hang", "compacting, repairing and importing", 7, LONG_STEPS] satisfies [
          FaultKind,
          string,
          number,
          readonly Step[],
        ],
      ]
    : []),
])(
  "a fault (%s) at any request of %s leaves the state before or the state after, and heals",
  async (kind, _, stride, steps) => {
    let faults = 0;
    for (let n = 1; ; n += stride) {
      const name = `fault ${kind} ${n} ${Math.random()}`;
      const fault = armFault(n, kind);
      try {
        await runThrough(name, steps);
      } finally {
        fault.disarm();
        await IndexedDbStore.delete(name);
      }
      if (!fault.hasFired()) break;
      faults++;
    }
    expect(faults).toBeGreaterThan(30 / stride);
  },
  300_000,
);

async function runThrough(name: string, steps: readonly Step[]): Promise<void> {
  // Every state that the failures so far allow.
  let possible = [new Model()];
  let index = await openOrRetry(name);
  for (const step of steps) {
    try {
      await step.run(index);
      possible = possible.map(step.apply);
    } catch (thrown) {
      expect(isRetrievalError(thrown), String(thrown)).toBe(true);
      possible = [...possible, ...possible.map(step.apply)];
      // The very object that met the fault goes on, and shows what is stored.
      possible = [await findState(index, possible)];
    }
  }
  await index.close();
  index = await openOrRetry(name);
  await findState(index, possible);
  await index.close();
}

/** Faults may also hit the opening and the looking; what was met once is gone the second time. */
async function openOrRetry(name: string): Promise<FlatIndex> {
  const open = async () => {
    const store = await IndexedDbStore.open(name, { timeoutMs: TIMEOUT_MS });
    const index = makeIndex(store);
    try {
      await index.open();
      return index;
    } catch (thrown) {
      await index.close();
      throw thrown;
    }
  };
  return retryOnce(open);
}

async function findState(index: FlatIndex, possible: readonly Model[]): Promise<Model> {
  const { hits, report } = await retryOnce(() => index.search(queryOf(1), 1e6));
  const state = possible.find(
    (model) => JSON.stringify(model.search(queryOf(1), 1e6)) === JSON.stringify(hits),
  );
  expect(state, `${hits.length} hits fit none of ${possible.length} states`).toBeDefined();
  expect(report.degraded).toEqual([]);
  return state as Model;
}

async function retryOnce<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    expect(isRetrievalError(thrown), String(thrown)).toBe(true);
    return run();
  }
}
