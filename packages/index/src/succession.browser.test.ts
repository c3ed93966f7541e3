import { afterEach, beforeEach, expect, it } from "vitest";
import { destroyIndexNamed, IndexClient } from "./client.ts";
import { codeOf } from "./fixtures/flat-index-suite.ts";
import { blockOf, DIMENSIONS, type Marks } from "./fixtures/model.ts";
import {
  beginIndex,
  finishIndex,
  inspectIndex,
  noteIndex,
  retireIndex,
  type StoredIndex,
} from "./succession.ts";

const A: Marks = { id: "a", version: 1, rows: 2 };
const B: Marks = { id: "b", version: 1, rows: 3 };
const SUCCESSOR = { fingerprint: "next", dimensions: DIMENSIONS, note: { model: "next" } };

let name: string;
let clients: IndexClient[];

beforeEach(() => {
  name = `succession ${Math.random()}`;
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await destroyIndexNamed(name);
});

function make(fingerprint = "space"): IndexClient {
  const client = new IndexClient({ name, dimensions: DIMENSIONS, fingerprint });
  clients.push(client);
  return client;
}

const inspect = async () => (await inspectIndex(name)) as StoredIndex;

it("looking at an index that is not there makes none", async () => {
  expect(await inspectIndex(name)).toBeNull();
  const databases = await indexedDB.databases();
  expect(databases.map((one) => one.name)).not.toContain(`nearfield:${name}`);
});

it("an index is seen from outside as it is, with what was noted beside it", async () => {
  const client = make();
  const { lineage, generation } = await client.commit(blockOf(A, B));
  expect(await inspect()).toEqual({
    lineage,
    generation,
    fingerprint: "space",
    dimensions: DIMENSIONS,
    entries: 2,
    isFilling: false,
    isMoved: false,
    note: undefined,
  });
  await noteIndex(name, { model: "m" });
  expect((await inspect()).note).toEqual({ model: "m" });
  expect((await client.commit(blockOf(A))).entries).toBe(2);
});

it("an index that is being filled is one in all but its mark, and goes on when the mark goes", async () => {
  await beginIndex(name, SUCCESSOR);
  expect(await inspect()).toMatchObject({ isFilling: true, entries: 0, note: SUCCESSOR.note });
  const client = make("next");
  const { lineage } = await client.commit(blockOf(A));
  expect(await inspect()).toMatchObject({ isFilling: true, entries: 1 });
  await finishIndex(name, "another");
  expect((await inspect()).isFilling).toBe(true);
  await finishIndex(name, lineage);
  expect(await inspect()).toMatchObject({ isFilling: false, lineage, entries: 1 });
  expect(await client.commit(blockOf(B))).toMatchObject({ entries: 2, degraded: [] });
  expect(await codeOf(beginIndex(name, SUCCESSOR))).toBe("INTERNAL");
  expect((await inspect()).entries).toBe(2);
});

it("an index is retired in the very state that was copied, or not at all", async () => {
  const client = make();
  const before = await client.commit(blockOf(A));
  const after = await client.commit(blockOf(B));
  expect(await retireIndex(name, before)).toBe(false);
  expect((await client.report()).entries).toBe(2);
  expect(await retireIndex(name, after)).toBe(true);
  expect(await inspect()).toMatchObject({ isMoved: true, entries: 0, note: undefined });
  expect(await codeOf(client.commit(blockOf({ ...A, version: 2 })))).toBe("MODEL_MISMATCH");
  expect(await codeOf(client.remove(["a"]))).toBe("MODEL_MISMATCH");
  expect(await codeOf(make().open())).toBe("MODEL_MISMATCH");

  await beginIndex(name, SUCCESSOR);
  expect(await make("next").open()).toMatchObject({ entries: 0, degraded: [] });
});

it("entries are listed in pages of one state, and compared by their hashes", async () => {
  const client = make();
  const { lineage, generation } = await client.commit(blockOf(A, B));
  const [first, second, third] = await Promise.all([0, 1, 2].map((at) => client.contents(at, 1)));
  expect([first, second, third]).toMatchObject([
    { lineage, generation, entries: [{ id: "a" }] },
    { lineage, generation, entries: [{ id: "b" }] },
    { lineage, generation, entries: [] },
  ]);
  const [a] = first!.entries;
  expect(await client.missing([a!, { id: "b", hash: "other" }, { id: "c", hash: "" }])).toEqual([
    "b",
    "c",
  ]);
});
