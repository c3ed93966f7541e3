// The page of a benchmark: loads the one engine that it was built with, and times what it is told to.
import { rowAt, type Engine, type StoredSet, type VectorSet } from "../src/engine.ts";
import type { Answers, AskJob, Bench, BuildTimes, OpenTimes } from "../src/protocol.ts";

declare global {
  // `var` is the only declaration that types `globalThis`.
  var bench: Bench;
}

let engine: Engine | undefined;
let queries: VectorSet = { dimensions: 1, count: 0, rows: new Float32Array(), buckets: null };

/** Loads the library too, so that a cold start pays for its code. */
async function loadEngine(): Promise<Engine> {
  const { createEngine } = await import("virtual:engine");
  return createEngine();
}

globalThis.bench = {
  async prepare(set: StoredSet, rowsAddress: string): Promise<void> {
    engine = await loadEngine();
    const rows = await fetchVectors(rowsAddress, set.count * set.dimensions);
    await engine.prepare({ ...set, rows });
  },

  async build(): Promise<BuildTimes> {
    const started = performance.now();
    await opened().build();
    const built = performance.now();
    await opened().persist?.();
    const persisted = performance.now();
    const { usage = null } = await navigator.storage.estimate();
    return {
      buildMs: built - started,
      persistMs: opened().persist ? persisted - built : null,
      storedBytes: usage,
    };
  },

  async fetchQueries(dimensions: number, queriesAddress: string): Promise<void> {
    const rows = await fetchVectors(queriesAddress);
    queries = { dimensions, count: rows.length / dimensions, rows, buckets: null };
  },

  async open(set: StoredSet, limit: number): Promise<OpenTimes> {
    const started = performance.now();
    engine = await loadEngine();
    await engine.open(set);
    const open = performance.now();
    const found = await engine.query(rowAt(queries, 0).slice(), limit);
    return {
      openMs: open - started,
      firstAnswerMs: performance.now() - started,
      found,
      described: engine.describe?.() ?? null,
    };
  },

  async ask({ from, count, limit, buckets }: AskJob): Promise<Answers> {
    const asked = opened();
    const ms: number[] = [];
    const found: (readonly number[])[] = [];
    for (let at = from; at < from + count; at++) {
      const vector = rowAt(queries, at).slice();
      const started = performance.now();
      const answer =
        buckets === null
          ? await asked.query(vector, limit)
          : await asked.queryBucket?.(vector, limit, at % buckets);
      ms.push(performance.now() - started);
      found.push(answer ?? []);
    }
    return { ms, found };
  },
};

function opened(): Engine {
  if (!engine) throw new Error("no engine was opened");
  return engine;
}

/** The first `length` floats at an address; all where that is not said. */
async function fetchVectors(address: string, length?: number): Promise<Float32Array> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: status ${response.status}`);
  const all = new Float32Array(await response.arrayBuffer());
  if (length === undefined || all.length === length) return all;
  if (all.length < length) throw new Error(`${address}: ${all.length} floats, not ${length}`);
  return all.slice(0, length);
}
