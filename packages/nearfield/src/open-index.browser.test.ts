import { compareScored, dot, isRetrievalError, type Fields } from "@nearfield/core";
import type { Filter } from "@nearfield/index";
import { RUN_ALL, seededRandom } from "@nearfield/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { IndexOptions, IndexQueryOptions } from "./index-options.ts";
import { openIndex } from "./open-index.ts";
import type { RowHit, VectorIndex } from "./vector-index.ts";
import type { Row } from "./vector-index/rows.ts";

const DIMENSIONS = 6;

let name: string;
let opened: VectorIndex[];

beforeEach(() => {
  name = `vectors ${Math.random()}`;
  opened = [];
});
afterEach(async () => {
  for (const index of opened) await index.close();
  const names = (await indexedDB.databases()).map((database) => database.name ?? "");
  for (const left of names) if (left.endsWith(name)) indexedDB.deleteDatabase(left);
});

async function open(options: Partial<IndexOptions> = {}): Promise<VectorIndex> {
  const index = await openIndex({ name, dimensions: DIMENSIONS, ...options });
  opened.push(index);
  return index;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "fulfilled";
  } catch (thrown) {
    return isRetrievalError(thrown) ? thrown.code : `not ours: ${String(thrown)}`;
  }
}

interface TestRow extends Row {
  readonly vector: Float32Array;
  readonly fields: Fields & { readonly group: number };
}

/** Rows of small whole numbers, so that many tie, some of them zero; every hundredth row is in group 0. */
function makeRows(count: number, seed = 1): TestRow[] {
  const { integer } = seededRandom(seed);
  return Array.from({ length: count }, (_, at) => ({
    id: `row ${integer(1_000_000)} ${at}`,
    vector: new Float32Array(DIMENSIONS).map(() => integer(5) - 2),
    fields: { group: at % 100, tags: [`t${at % 7}`, `u${at % 3}`], isOld: at % 2 === 0 },
  }));
}

function bruteForce(
  rows: readonly TestRow[],
  query: Float32Array,
  limit: number,
  keeps: (row: TestRow) => boolean,
): RowHit[] {
  return rows
    .filter(keeps)
    .map(({ id, vector, fields }) => ({ id, ordinal: 0, score: dot(vector, query), fields }))
    .sort(compareScored)
    .slice(0, limit)
    .map(({ id, score, fields }) => ({ id, score, fields }));
}

const CASES: readonly (readonly [Filter | undefined, (row: TestRow) => boolean])[] = [
  [undefined, () => true],
  [{}, () => true],
  [{ group: 0 }, ({ fields }) => fields.group === 0],
  [{ group: { gte: 50 } }, ({ fields }) => fields.group >= 50],
  [{ group: 3, isOld: true }, () => false],
  [{ tags: { in: ["t1", "u2"] } }, ({ fields: { tags } }) => /t1|u2/.test(String(tags))],
  [{ tags: { ne: "t1" } }, ({ fields: { tags } }) => !String(tags).includes("t1")],
  [{ unknown: { exists: false } }, () => true],
  [{ unknown: "x" }, () => false],
];

it("rows in memory are found and never stored, and their destroy leaves the stored ones of that name alone", async () => {
  const stored = await open();
  await stored.add(makeRows(3));
  const inMemory = await open({ dimensions: 2, storage: "memory" });
  await inMemory.add([{ id: "a", vector: [1, 0] }]);
  expect(inMemory.status()).toMatchObject({
    counts: { rows: 1 },
    persistence: "ephemeral",
    degraded: [],
  });
  expect((await inMemory.query([1, 0])).hits).toEqual([{ id: "a", score: 1, fields: undefined }]);
  await inMemory.destroy();
  await stored.close();
  expect((await open()).status()).toMatchObject({ counts: { rows: 3 }, degraded: [] });
});

/** Ten queries each, before the index is closed and after it is opened again. */
const TURNS = RUN_ALL ? 50 : 10;

it(`${2 * 10 * TURNS} queries, with filters and without, answer as a float64 brute force does, ties included, also after a reopening`, async () => {
  const rows = makeRows(6_000);
  const index = await open();
  expect(await index.add(rows)).toEqual({ added: 6_000 });
  expect(index.status()).toMatchObject({ counts: { rows: 6_000, generation: 1 }, degraded: [] });
  const { integer } = seededRandom(2);
  const ask = async (queried: VectorIndex): Promise<void> => {
    const query = new Float32Array(DIMENSIONS).map(() => integer(7) - 3);
    const [filter, keeps] = CASES[integer(CASES.length)]!;
    const limit = 1 + integer(25);
    const { hits } = await queried.query(query, { limit, filter });
    expect(hits).toEqual(bruteForce(rows, query, limit, keeps));
  };
  for (let turn = 0; turn < TURNS; turn++) {
    await Promise.all(Array.from({ length: 10 }, () => ask(index)));
  }
  await index.close();
  const again = await open();
  for (let turn = 0; turn < TURNS; turn++) {
    await Promise.all(Array.from({ length: 10 }, () => ask(again)));
  }
}, 300_000);

it("a batch of queries answers as one after the other does, with filters and without", async () => {
  const index = await open();
  const rows = makeRows(900);
  await index.add(rows);
  const queries = rows.slice(0, 40).map(({ vector }) => vector);
  for (const filter of [undefined, { isOld: true }, { group: { lt: 3 } }, { group: -1 }]) {
    const options: IndexQueryOptions = { limit: 25, filter };
    const answers = await index.queryAll(queries, options);
    expect(answers).toHaveLength(queries.length);
    for (const [at, answer] of answers.entries()) {
      expect(answer).toEqual(await index.query(queries[at]!, options));
    }
  }
  const [all] = await index.queryAll([queries[0]!], { limit: 10_000 });
  expect(all!.hits).toHaveLength(900);
  expect(await index.queryAll([])).toEqual([]);
  expect(await codeOf(index.queryAll([queries[0]!, [1, 2]]))).toBe("INVALID_VECTOR");
  expect(await codeOf(index.queryAll(7 as never))).toBe("INVALID_OPTION");
  const many = Array.from({ length: 1001 }, () => queries[0]!);
  expect(await codeOf(index.queryAll(many))).toBe("INPUT_TOO_LARGE");
});

it("real-valued vectors keep their order and their scores in double precision", async () => {
  const random = seededRandom(3);
  const vector = () => Array.from({ length: DIMENSIONS }, () => random.integer(1e6) / 1e6 - 0.5);
  const rows = Array.from({ length: 500 }, (_, at) => ({ id: `${at}`, vector: vector() }));
  const index = await open();
  await index.add(rows.values());
  for (let turn = 0; turn < 20; turn++) {
    const query = vector();
    const expected = rows
      .map((row) => ({
        id: row.id,
        ordinal: 0,
        score: dot(Float32Array.from(row.vector), Float32Array.from(query)),
      }))
      .sort(compareScored)
      .map(({ id, score }) => ({ id, score, fields: undefined }));
    expect((await index.query(query, { limit: 500 })).hits).toEqual(expected);
  }
});

it("an empty index has no hits, a limit above the rows gives all, zero vectors score 0", async () => {
  const index = await open();
  expect((await index.query(new Float32Array(DIMENSIONS))).hits).toEqual([]);
  await index.add([]);
  expect(index.status().counts).toEqual({ rows: 0, generation: 0 });
  const one = [1, 0, 0, 0, 0, 0];
  await index.add([
    { id: "zero", vector: new Float32Array(DIMENSIONS) },
    { id: "one", vector: one, fields: {} },
  ]);
  expect((await index.query(one, { limit: 10_000 })).hits).toEqual([
    { id: "one", score: 1, fields: {} },
    { id: "zero", score: 0, fields: undefined },
  ]);
});

it("the same id replaces the row and its fields, and remove takes rows out", async () => {
  const index = await open();
  const axis = (at: number) => new Float32Array(DIMENSIONS).fill(1, at, at + 1);
  await index.add([
    { id: "a", vector: axis(0), fields: { state: "old" } },
    { id: "b", vector: axis(1) },
  ]);
  await index.add([{ id: "a", vector: axis(1), fields: { state: "new" } }]);
  const ids = async (filter?: Filter) =>
    (await index.query(axis(1), { filter })).hits.map(({ id, score }) => [id, score]);
  expect(await ids()).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
  expect(await ids({ state: "old" })).toEqual([]);
  expect(await ids({ state: "new" })).toEqual([["a", 1]]);
  expect(await index.remove(["a", "unknown", "a"])).toBe(1);
  expect(await ids()).toEqual([["b", 1]]);
  expect(index.status().counts.rows).toBe(1);
});

it("what the caller changes after the call is not stored, and one buffer may serve all rows", async () => {
  const index = await open();
  const buffer = new Float32Array(DIMENSIONS);
  function* rows(): Generator<Row> {
    for (const id of ["a", "b"]) {
      buffer.fill(id === "a" ? 1 : 2);
      yield { id, vector: buffer };
    }
  }
  const added = index.add(rows());
  buffer.fill(9);
  await added;
  const { hits } = await index.query([1, 0, 0, 0, 0, 0]);
  expect(hits.map(({ score }) => score)).toEqual([2, 1]);
  expect(buffer).toHaveLength(DIMENSIONS);
});

const GOOD = new Float32Array(DIMENSIONS).fill(1);

it.each<[string, unknown, string]>([
  ["NaN", { id: "x", vector: GOOD.with(3, Number.NaN) }, "INVALID_VECTOR"],
  ["Infinity", { id: "x", vector: [1, 2, 3, 4, 5, -Infinity] }, "INVALID_VECTOR"],
  ["a number beyond float32", { id: "x", vector: [1, 2, 3, 4, 5, 1e39] }, "INVALID_VECTOR"],
  ["a dimension too few", { id: "x", vector: GOOD.slice(1) }, "INVALID_VECTOR"],
  ["no dimension", { id: "x", vector: [] }, "INVALID_VECTOR"],
  ["numbers as text", { id: "x", vector: ["1", "2", "3", "4", "5", "6"] }, "INVALID_VECTOR"],
  ["undefined in it", { id: "x", vector: Array.from({ length: 6 }) }, "INVALID_VECTOR"],
  ["whole numbers of 8 bits", { id: "x", vector: new Int8Array(DIMENSIONS) }, "INVALID_VECTOR"],
  ["no vector", { id: "x" }, "INVALID_VECTOR"],
  ["no id", { vector: GOOD }, "INVALID_DOCUMENT"],
  ["a number as id", { id: 7, vector: GOOD }, "INVALID_DOCUMENT"],
  ["an id of a million characters", { id: "x".repeat(1e6), vector: GOOD }, "INPUT_TOO_LARGE"],
  ["an id that another row has", { id: "row", vector: GOOD }, "DUPLICATE_ID"],
  [
    "a date in its fields",
    { id: "x", vector: GOOD, fields: { d: new Date() } },
    "INVALID_DOCUMENT",
  ],
  ["an array as fields", { id: "x", vector: GOOD, fields: ["a"] }, "INVALID_DOCUMENT"],
  ["a property too many", { id: "x", vector: GOOD, text: "x" }, "INVALID_DOCUMENT"],
  ["a text in its place", "x", "INVALID_DOCUMENT"],
])("a row with %s at the end of a call stores nothing of it", async (_, bad, code) => {
  const index = await open();
  const rows = [...makeRows(4_200), { id: "row", vector: GOOD }, bad] as Row[];
  expect(await codeOf(index.add(rows))).toBe(code);
  expect((await index.query(GOOD)).hits).toEqual([]);
  expect(index.status().counts).toEqual({ rows: 0, generation: 0 });
});

it("rows that are no iterable, and an iterable that throws, are refused", async () => {
  const index = await open();
  const cause = new Error("no more");
  function* broken(): Generator<Row> {
    yield { id: "a", vector: GOOD };
    throw cause;
  }
  expect(await codeOf(index.add({ id: "a", vector: GOOD } as never))).toBe("INVALID_OPTION");
  await expect(index.add(broken())).rejects.toMatchObject({ code: "SOURCE_FAILED", cause });
  expect((await index.query(GOOD)).hits).toEqual([]);
});

it.each<[string, unknown, unknown, string]>([
  ["NaN", [1, 2, 3, 4, 5, Number.NaN], {}, "INVALID_VECTOR"],
  ["a dimension too many", new Float32Array(DIMENSIONS + 1), {}, "INVALID_VECTOR"],
  ["a text", "what is near?", {}, "INVALID_VECTOR"],
  ["a limit of 0", GOOD, { limit: 0 }, "INVALID_OPTION"],
  ["a limit that is no number", GOOD, { limit: Number.NaN }, "INVALID_OPTION"],
  ["an unknown operator", GOOD, { filter: { lang: { like: "e" } } }, "INVALID_FILTER"],
  ["a filter of another kind", GOOD, { filter: "lang = en" }, "INVALID_FILTER"],
  ["an unknown option", GOOD, { filters: {} }, "INVALID_OPTION"],
  ["a signal that is none", GOOD, { signal: {} }, "INVALID_OPTION"],
])("a query with %s is refused, and the next one answers", async (_, vector, options, code) => {
  const index = await open();
  await index.add([{ id: "a", vector: GOOD }]);
  expect(await codeOf(index.query(vector as never, options as IndexQueryOptions))).toBe(code);
  expect((await index.query(GOOD)).hits).toHaveLength(1);
});

it.each<[string, unknown]>([
  ["no name", { dimensions: 3 }],
  ["no dimensions", { name: "a" }],
  ["dimensions of 0", { name: "a", dimensions: 0 }],
  ["too many dimensions", { name: "a", dimensions: 4_097 }],
  ["a precision that there is not", { name: "a", dimensions: 3, precision: "coarse" }],
  ["an unknown option", { name: "a", dimensions: 3, model: "pocket" }],
  ["a worker of another role", { name: "a", dimensions: 3, workers: { query: () => {} } }],
])("opening with %s is an INVALID_OPTION", async (_, options) => {
  expect(await codeOf(openIndex(options as IndexOptions))).toBe("INVALID_OPTION");
});

it("an index of other dimensions is refused by name and keeps what it has", async () => {
  const index = await open();
  await index.add([{ id: "a", vector: GOOD }]);
  await index.close();
  expect(await codeOf(open({ dimensions: DIMENSIONS + 1 }))).toBe("MODEL_MISMATCH");
  expect((await (await open()).query(GOOD)).hits).toHaveLength(1);
});

it("an abort settles the call by name, and the index goes on", async () => {
  const index = await open();
  const stop = new AbortController();
  const adding = codeOf(index.add(makeRows(9_000), { signal: stop.signal }));
  stop.abort();
  expect(await adding).toBe("ABORTED");
  await index.add([{ id: "a", vector: GOOD }]);
  expect((await index.query(GOOD, { filter: { group: { exists: false } } })).hits).toHaveLength(1);
  const late = index.query(GOOD, { signal: AbortSignal.abort() });
  expect(await codeOf(late)).toBe("ABORTED");
});

it("a closed index refuses by name; a destroyed one leaves nothing behind", async () => {
  const index = await open();
  await index.add([{ id: "a", vector: GOOD }]);
  const pending = codeOf(index.query(GOOD));
  await index.close();
  await index.close();
  expect(await pending).toBe("CLOSED");
  expect(await codeOf(index.add([]))).toBe("CLOSED");
  expect(index.status().state).toBe("closed");
  const again = await open();
  await again.destroy();
  expect(await codeOf(again.query(GOOD))).toBe("CLOSED");
  const names = (await indexedDB.databases()).map((database) => database.name ?? "");
  expect(names.filter((left) => left.includes(name))).toEqual([]);
});
