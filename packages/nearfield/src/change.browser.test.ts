// The change of an index's model, behind the back of who asks it.
import type { RetrievalError } from "@nearfield/core";
import { inspectIndex } from "@nearfield/index";
import { CACHE_NAME } from "@nearfield/models";
import { openStand, RUN_ALL, toyRepository } from "@nearfield/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openSearch } from "./open-search.ts";
import type { SearchOptions } from "./options.ts";
import type { Search } from "./search.ts";
import { placesOf } from "./slots.ts";

const DOCUMENTS = ["bread is baked", "beer is brewed", "the moon is far", "tea is brewed"].map(
  (text, at) => ({ id: `d${at}`, text: `${text}.` }),
);

/** The quick run has one change, and one whose old model is gone. */
const heavy = test.runIf(RUN_ALL);

let name: string;
const opened: Search[] = [];

beforeEach(() => void (name = `change ${Math.random()}`));
afterEach(async () => {
  for (const search of opened.splice(0)) await search.close();
});

async function open(options: Partial<SearchOptions> = {}): Promise<Search> {
  const search = await openSearch({ name, device: "wasm", ...options });
  opened.push(search);
  return search;
}

/** An index with vectors of 64 dimensions. */
async function fill(options: Partial<SearchOptions> = { dimensions: 64 }): Promise<void> {
  const search = await open(options);
  await search.add(DOCUMENTS);
  await search.close();
}

/** Keeps a change from beginning, as another page that is at it does. */
async function hold(): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await new Promise<void>((isHeld) => {
    void navigator.locks.request(`nearfield:${name}:change`, () => {
      isHeld();
      return promise;
    });
  });
  return resolve;
}

const changed = (search: Search) =>
  vi.waitFor(() => expect(search.status().change).toBeNull(), { timeout: 40_000, interval: 50 });

async function find(search: Search, text = "bread"): Promise<string[]> {
  const { hits } = await search.query(text, { limit: 100 });
  return hits.map(({ document }) => document.id);
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: RetrievalError) => thrown,
  );

test("an index answers while its model changes, takes documents, and nothing is lost", async () => {
  await fill();
  const release = await hold();
  const search = await open({ dimensions: 128 });
  const { change, model } = search.status();
  expect(change).toMatchObject({ state: "waiting", documents: 0, of: 4, failure: null });
  expect([model.dimensions, change?.from.dimensions, change?.to?.dimensions]).toEqual([
    64, 64, 128,
  ]);
  expect((await find(search))[0]).toBe("d0");

  await search.add([
    { id: "new", text: "Cakes are baked, too." },
    { ...DOCUMENTS[1]!, text: "Ale." },
  ]);
  expect(await search.remove(["d2"])).toBe(1);
  expect((await find(search)).sort()).toEqual(["d0", "d1", "d3", "new"]);
  release();
  await changed(search);
  expect(search.status()).toMatchObject({ model: { dimensions: 128 }, counts: { documents: 4 } });
  const { hits } = await search.query("cake", { limit: 100 });
  expect(hits.map(({ document }) => document.id).sort()).toEqual(["d0", "d1", "d3", "new"]);
  expect(hits.find(({ document }) => document.id === "d1")?.passage.text).toBe("Ale.");
  expect(await search.add([{ id: "new", text: "Cakes are baked, too." }])).toMatchObject({
    added: 0,
    unchanged: 1,
  });
  await search.close();

  const again = await open({ dimensions: 128 });
  expect(again.status()).toMatchObject({ change: null, counts: { documents: 4 }, degraded: [] });
  const [first, second] = placesOf(name);
  expect(await inspectIndex(first)).toMatchObject({ isMoved: true, entries: 0 });
  expect(await inspectIndex(second)).toMatchObject({ isFilling: false, entries: 4 });
  await again.destroy();
  expect([await inspectIndex(first), await inspectIndex(second)]).toEqual([null, null]);
});

heavy(
  "what two pages with the new model and one with the old one do is in the new index",
  async () => {
    await fill();
    const old = await open({ dimensions: 64 });
    const release = await hold();
    const one = await open({ dimensions: 128 });
    const two = await open({ dimensions: 128 });
    await old.add([{ id: "by old", text: "Milk." }]);
    await one.add([{ id: "by one", text: "Rye." }]);
    await two.remove(["d3"]);
    release();
    await Promise.all([changed(one), changed(two)]);
    const all = ["by old", "by one", "d0", "d1", "d2"];
    expect((await find(one)).sort()).toEqual(all);
    expect((await find(two)).sort()).toEqual(all);
    const refused = await failureOf(old.add([{ id: "late", text: "Oats." }]));
    expect([refused?.code, refused?.repair]).toEqual([
      "MODEL_MISMATCH",
      "Reload this page, and open the index with one model only.",
    ]);
    await one.destroy();
  },
);

heavy("a change that was broken off goes on where it was, and back", async () => {
  await fill();
  for (const documents of [1, 3]) {
    // Killed when so many were done: nothing of the page runs after that.
    const search = await open({ dimensions: 128 });
    await vi.waitFor(
      () => expect(search.status().change?.documents ?? 4).toBeGreaterThanOrEqual(documents),
      { timeout: 40_000, interval: 1 },
    );
    await search.close();
  }
  const search = await open({ dimensions: 128 });
  await changed(search);
  expect((await find(search)).sort()).toEqual(["d0", "d1", "d2", "d3"]);
  await search.close();
  const back = await open({ dimensions: 64 });
  await changed(back);
  expect(back.status()).toMatchObject({ model: { dimensions: 64 }, counts: { documents: 4 } });
  expect((await find(back)).sort()).toEqual(["d0", "d1", "d2", "d3"]);
  await back.destroy();
});

heavy("an old model that is gone answers nothing until the new one does, and says so", async () => {
  const stand = await openStand({ repositories: { "toys/qwen3": toyRepository("qwen3-gqa") } });
  await fill({ model: "toys/qwen3", models: { host: stand.host } });
  await caches.delete(CACHE_NAME);
  await stand.order({ always: { kind: "status", status: 404 } });

  const release = await hold();
  const search = await open();
  expect(search.status().model.name).toBe("toys/qwen3");
  const refused = await failureOf(find(search));
  expect([refused?.code, refused?.repair]).toEqual([
    "MODEL_UNAVAILABLE",
    "Ask again when the change in status() is over.",
  ]);
  expect(search.status().degraded).toMatchObject([{ code: "MODEL_UNAVAILABLE" }]);
  const adding = search.add([{ id: "new", text: "Rye." }]);
  release();
  await changed(search);
  expect(search.status().degraded).toEqual([]);
  expect(await adding).toMatchObject({ added: 1 });
  expect((await find(search)).sort()).toEqual(["d0", "d1", "d2", "d3", "new"]);
  await search.destroy();
});

heavy(
  "a new model that can not be loaded leaves the old one at work, and is tried again",
  async () => {
    await fill();
    await caches.delete(CACHE_NAME);
    const stand = await openStand({ repositories: { "toys/qwen3": toyRepository("qwen3-gqa") } });
    const graph = "onnx/model.onnx";
    const { commit } = toyRepository("qwen3-gqa");
    const path = `toys/qwen3/resolve/${commit}/${graph}`;
    await stand.order({ files: { [path]: { text: "no graph" } } });
    const wanted = { model: "toys/qwen3", models: { host: stand.host } };
    const search = await open(wanted);
    await vi.waitFor(() => expect(search.status().change?.state).toBe("failed"), {
      timeout: 40_000,
    });
    expect(search.status().degraded).toMatchObject([{ code: "MODEL_INTEGRITY" }]);
    expect((await find(search))[0]).toBe("d0");
    await search.add([{ id: "new", text: "Rye." }]);
    await search.close();

    await stand.order({ files: { [path]: { toy: "toy-qwen3-embedding/gqa.onnx" } } });
    const again = await open(wanted);
    await changed(again);
    expect(again.status()).toMatchObject({
      model: { name: "toys/qwen3" },
      counts: { documents: 5 },
    });
    await again.destroy();
  },
);

test("an index that is empty has the new model at once", async () => {
  const search = await open({ dimensions: 64 });
  await search.close();
  const other = await open({ dimensions: 128 });
  expect(other.status()).toMatchObject({ change: null, model: { dimensions: 128 }, degraded: [] });
  await other.destroy();
});
