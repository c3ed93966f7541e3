import { expect, test } from "vitest";
import { destroyIndex, destroySearch } from "./destroy.ts";
import { openIndex } from "./open-index.ts";
import { openSearch } from "./open-search.ts";

const databases = async () => (await indexedDB.databases()).map(({ name }) => name ?? "");

test("an index of vectors that is refused for its length can be deleted, and made anew", async () => {
  const name = `refused ${Math.random()}`;
  const index = await openIndex({ name, dimensions: 4 });
  await index.add([{ id: "a", vector: [1, 0, 0, 0] }]);
  await index.close();
  await expect(openIndex({ name, dimensions: 5 })).rejects.toMatchObject({
    code: "MODEL_MISMATCH",
  });
  await destroyIndex(name);
  expect((await databases()).filter((database) => database.includes(name))).toEqual([]);

  const anew = await openIndex({ name, dimensions: 5 });
  expect(anew.status().counts.rows).toBe(0);
  expect(anew.status().degraded).toEqual([]);
  await anew.destroy();
});

test("a search index of a newer version is refused, can be deleted, and made anew", async () => {
  const name = `refused ${Math.random()}`;
  const search = await openSearch({ name, device: "wasm" });
  await search.close();
  await raiseFormat(`nearfield:${name}`);
  await expect(openSearch({ name, device: "wasm" })).rejects.toMatchObject({
    code: "FORMAT_TOO_NEW",
  });
  await destroySearch(name);
  const anew = await openSearch({ name, device: "wasm", dimensions: 64 });
  expect(anew.status().degraded).toEqual([]);
  await anew.destroy();
});

test("a search in memory stores nothing, and leaves a stored index of its name alone, also when it is destroyed", async () => {
  const name = `twice ${Math.random()}`;
  const traces = async () => {
    const all = [...(await databases()), ...Object.entries(localStorage).flat()];
    return new Set(all.filter((trace) => trace.includes(name)));
  };
  // Another length of vectors: were it looked at, it would be encoded anew.
  const stored = await openSearch({ name, device: "wasm", dimensions: 64 });
  await stored.close();
  const before = await traces();
  expect(before.size).toBeGreaterThan(0);

  const search = await openSearch({ name, device: "wasm", storage: "memory" });
  await search.add([{ id: "bread", text: "How to bake bread." }]);
  expect(search.status()).toMatchObject({
    counts: { documents: 1 },
    persistence: "ephemeral",
    change: null,
    degraded: [],
  });
  const { hits } = await search.query("baking", { mode: "lexical" });
  expect(hits.map(({ document }) => document.id)).toEqual(["bread"]);
  expect(await search.ids()).toEqual(["bread"]);
  expect(await traces()).toEqual(before);
  await search.destroy();
  expect(await traces()).toEqual(before);
  await destroySearch(name);
});

test("deleting what is not there is no error; a name that is none is one", async () => {
  await destroySearch(`nothing ${Math.random()}`);
  await expect(destroySearch("")).rejects.toMatchObject({ code: "INVALID_OPTION" });
  await expect(destroyIndex(7 as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

/** Makes a database say that a later build has written it. */
async function raiseFormat(database: string): Promise<void> {
  const settle = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(request.error as DOMException));
    });
  const opened = await settle(indexedDB.open(database));
  const store = opened.transaction("manifest", "readwrite").objectStore("manifest");
  const [key] = await settle(store.getAllKeys());
  await settle(store.put({ ...(await settle(store.get(key!))), format: 1_000 }, key));
  opened.close();
}
