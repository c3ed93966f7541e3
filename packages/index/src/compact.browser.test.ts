import { dot } from "@nearfield/core";
import { seededRandom } from "@nearfield/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { changeRaw } from "./fixtures/raw.ts";
import type { FlatIndex } from "./flat-index.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";
import { openFlatIndex } from "./open.ts";

const DIMENSIONS = 64;
const ROWS = 5000;
const COMMIT_ROWS = 3000;

let name: string;
let opened: FlatIndex[];

beforeEach(() => {
  name = `compact ${Math.random()}`;
  opened = [];
});
afterEach(async () => {
  for (const index of opened) await index.close();
  await IndexedDbStore.delete(name);
});

async function open(precision: "exact" | "compact"): Promise<FlatIndex> {
  const index = await openFlatIndex({ name, dimensions: DIMENSIONS, fingerprint: "f", precision });
  opened.push(index);
  return index;
}

const { normal, integer } = seededRandom(5);
const centres = Array.from({ length: 40 }, () => Float32Array.from({ length: DIMENSIONS }, normal));
const vectors = Array.from({ length: ROWS }, () => {
  const centre = centres[integer(centres.length)]!;
  return centre.map((x) => x + 0.7 * normal());
});
const QUERIES = Array.from({ length: 12 }, () => {
  const near = vectors[integer(ROWS)]!;
  return near.map((x) => x + 0.5 * normal());
});

async function fill(index: FlatIndex): Promise<void> {
  for (let start = 0; start < ROWS; start += COMMIT_ROWS) {
    const own = vectors.slice(start, start + COMMIT_ROWS);
    const flat = new Float32Array(own.length * DIMENSIONS);
    own.forEach((vector, at) => flat.set(vector, at * DIMENSIONS));
    const entries = own.map((_, at) => ({
      id: `r${start + at}`,
      hash: "h",
      rows: 1,
      payload: { fields: { third: (start + at) % 3 } },
    }));
    await index.commit({ entries, vectors: flat, dimensions: DIMENSIONS });
  }
}

/** The best ids by brute force, of the rows that `keeps`. */
function best(query: Float32Array, limit: number, keeps: (row: number) => boolean): string[] {
  return vectors
    .map((vector, row) => ({ row, score: dot(vector, query) }))
    .filter(({ row }) => keeps(row))
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ row }) => `r${row}`);
}

async function recallOf(
  index: FlatIndex,
  keeps: (row: number) => boolean,
  options = {},
): Promise<number> {
  let met = 0;
  for (const query of QUERIES) {
    const { hits } = await index.search(query, 10, options);
    const wanted = best(query, 10, keeps);
    met += hits.filter(({ id }) => wanted.includes(id)).length;
    for (const { id, score } of hits) expect(score).toBe(dot(vectors[Number(id.slice(1))]!, query));
  }
  return met / (QUERIES.length * 10);
}

it("finds nearly all of the nearest rows with their exact scores, and measures what it misses", async () => {
  const index = await open("compact");
  await fill(index);
  expect(await recallOf(index, () => true)).toBeGreaterThanOrEqual(0.98);
  expect(
    await recallOf(index, (row) => row % 3 === 1, { filter: { third: 1 } }),
  ).toBeGreaterThanOrEqual(0.98);
  await index.remove(Array.from({ length: 1000 }, (_, at) => `r${at * 2}`));
  const isLeft = (row: number) => row % 2 === 1 || row >= 2000;
  await index.compact();
  expect(await recallOf(index, isLeft)).toBeGreaterThanOrEqual(0.98);
  await expect.poll(async () => (await index.report()).recall, { timeout: 20_000 }).toBeTruthy();
  const { recall, scanner } = await index.report();
  expect(recall).toMatchObject({ target: 0.99, limit: 10, queries: 24 });
  expect(recall!.recall).toBeGreaterThanOrEqual(0.99);
  expect(scanner).toBe("compact");
  await index.close();
  // What was written for the one can be opened as the other, in both directions.
  const exact = await open("exact");
  expect(await recallOf(exact, isLeft)).toBe(1);
  expect((await exact.report()).recall).toBeUndefined();
});

it("opens what was written as a whole, and sees what others commit", async () => {
  const [writer, reader] = [await open("exact"), await open("compact")];
  await fill(writer);
  expect(await recallOf(reader, () => true)).toBeGreaterThanOrEqual(0.98);
  await writer.remove(Array.from({ length: 3000 }, (_, at) => `r${at}`));
  await writer.compact();
  expect(await recallOf(reader, (row) => row >= 3000)).toBeGreaterThanOrEqual(0.98);
});

it("never answers from rows that are not as they were written", async () => {
  const index = await open("compact");
  await fill(index);
  await index.search(QUERIES[0]!, 10);
  await index.close();
  const again = await open("compact");
  // After it was read and checked, and before rows are read from it.
  await changeRaw<Blob>(name, "segments", 2, (blob) => {
    return new Blob([blob.slice(0, -300_000), new Uint8Array(300_000)]);
  });
  for (const query of QUERIES) {
    const { hits } = await again.search(query, 10);
    for (const { id, score } of hits) expect(score).toBe(dot(vectors[Number(id.slice(1))]!, query));
  }
  const { degraded, rows } = await again.report();
  expect(degraded).toMatchObject([{ code: "STORAGE_CORRUPT" }]);
  expect(rows).toBe(ROWS - degraded[0]!.lostEntries!);
});
