import type { EntryBlock } from "@nearfield/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { codeOf, makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, DIMENSIONS, Model, queryOf, type Marks } from "./fixtures/model.ts";
import type { FlatIndex } from "./flat-index.ts";
import { MemoryStore } from "./memory-store.ts";

const A: Marks = { id: "a", version: 1, rows: 2 };

let index: FlatIndex;

beforeEach(async () => {
  index = makeIndex(new MemoryStore());
  await index.open();
});
afterEach(() => index.close());

function withVectors(vectors: Iterable<number>): EntryBlock {
  return { ...blockOf(A), vectors: Float32Array.from(vectors) };
}

it.each<[string, EntryBlock, string]>([
  ["a component that is no number", withVectors([1, 2, 3, 4, 5, Number.NaN]), "INVALID_VECTOR"],
  ["an infinite component", withVectors([1, 2, 3, 4, 5, -Infinity]), "INVALID_VECTOR"],
  ["a component beyond 32 bits", withVectors([1, 2, 3, 4, 5, 1e39]), "INVALID_VECTOR"],
  ["too few numbers", withVectors([1, 2, 3]), "INVALID_VECTOR"],
  ["no numbers", withVectors([]), "INVALID_VECTOR"],
  ["other dimensions", { ...blockOf(A), dimensions: 4 }, "INVALID_VECTOR"],
  [
    "an array of numbers",
    { ...blockOf(A), vectors: [1, 2, 3, 4, 5, 6] as unknown as Float32Array },
    "INVALID_VECTOR",
  ],
  ["an entry without rows", blockOf({ ...A, rows: 0 }), "INVALID_VECTOR"],
  ["an empty id", blockOf({ ...A, id: "" }), "INVALID_DOCUMENT"],
  ["a number as id", blockOf({ ...A, id: 1 as unknown as string }), "INVALID_DOCUMENT"],
  ["an id that is too long", blockOf({ ...A, id: "x".repeat(1025) }), "INPUT_TOO_LARGE"],
  ["an id twice", blockOf(A, A), "DUPLICATE_ID"],
  ["more rows than one transaction bears", blockOf({ ...A, rows: 70_000 }), "INPUT_TOO_LARGE"],
])("a commit with %s is refused, and nothing of it is stored", async (_, block, code) => {
  const good = { ...A, id: "good" };
  await index.commit(blockOf(good));
  expect(await codeOf(index.commit(block))).toBe(code);
  expect(await index.report()).toMatchObject({ generation: 1, entries: 1 });
});

it("a commit with one payload that can not be kept stores none of its entries", async () => {
  const block = blockOf(A, { ...A, id: "b" });
  const [first, second] = block.entries;
  const entries = [first!, { ...second!, payload: new Map() }];
  expect(await codeOf(index.commit({ ...block, entries }))).toBe("INVALID_DOCUMENT");
  expect(await index.list()).toEqual([]);
});

it.each<[string, unknown, unknown, string]>([
  ["too short a vector", new Float32Array(2), 1, "INVALID_VECTOR"],
  [
    "a vector that is no number",
    new Float32Array(DIMENSIONS).fill(Number.NaN),
    1,
    "INVALID_VECTOR",
  ],
  ["an array", [1, 2, 3], 1, "INVALID_VECTOR"],
  ["limit 0", new Float32Array(DIMENSIONS), 0, "INVALID_OPTION"],
  ["limit -1", new Float32Array(DIMENSIONS), -1, "INVALID_OPTION"],
  ["limit 1.5", new Float32Array(DIMENSIONS), 1.5, "INVALID_OPTION"],
  ["limit NaN", new Float32Array(DIMENSIONS), Number.NaN, "INVALID_OPTION"],
  ["limit '3'", new Float32Array(DIMENSIONS), "3", "INVALID_OPTION"],
])("a search with %s is refused", async (_, vector, limit, code) => {
  expect(await codeOf(index.search(vector as Float32Array, limit as number))).toBe(code);
});

it("an empty index answers with nothing, and a limit beyond all rows with all of them", async () => {
  expect((await index.search(queryOf(1), 1e9)).hits).toEqual([]);
  await index.commit(blockOf(A));
  expect((await index.search(queryOf(1), 1e9)).hits).toHaveLength(2);
});

it("ids are opaque: no name is special and none is normalized", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const ids = [
    "__proto__",
    "constructor",
    "toString",
    "\ud800",
    "\udc00\ud800",
    "\0",
    "é",
    "e\u0301",
    "x".repeat(1024),
  ];
  const entries = ids.map((id, version) => ({ id, version, rows: 1 }));
  await index.commit(blockOf(...entries));
  expect(await index.list()).toEqual([...ids].sort());
  const model = new Model().commit(entries);
  expect((await index.search(queryOf(1), 99)).hits).toEqual(model.search(queryOf(1), 99));
  expect((await index.remove(["é"])).removed).toBe(1);
  expect(await index.get(["é", "e\u0301"])).toMatchObject([null, { id: "e\u0301" }]);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
});

it("an entry that is stored with the same hash is not written again", async () => {
  await index.commit(blockOf(A));
  expect((await index.commit(blockOf(A))).generation).toBe(1);
  expect((await index.commit(blockOf({ ...A, version: 2 }))).generation).toBe(2);
});

it("a list of ids with one that can not be an id removes nothing", async () => {
  await index.commit(blockOf(A));
  expect(await codeOf(index.remove(["a", ""]))).toBe("INVALID_DOCUMENT");
  expect(await index.list()).toEqual(["a"]);
});
