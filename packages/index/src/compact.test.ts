import { expect, it } from "vitest";
import { makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { decodeManifest } from "./manifest.ts";
import { MemoryDatabase, MemoryStore } from "./memory-store.ts";

const QUERY = queryOf(5);

function segmentsOf(database: MemoryDatabase): { rows: number; live: number }[] {
  return decodeManifest(database.manifest!).segments.map(({ rows, bitmap }) => {
    return { rows, live: bitmap?.live ?? rows };
  });
}

it("a compaction leaves full segments and one rest, without deleted rows, and the same answers", async () => {
  const database = new MemoryDatabase();
  const index = makeIndex(new MemoryStore(database));
  let model = new Model();
  const add = async (...entries: Marks[]) => {
    await index.commit(blockOf(...entries));
    model = model.commit(entries);
  };
  for (let at = 0; at < 9; at++) {
    await add(
      ...Array.from({ length: 20 }, (_, i) => ({ id: `${at} ${i}`, version: at, rows: 50 })),
    );
  }
  const gone = Array.from({ length: 9 }, (_, at) => [`${at} 1`, `${at} 7`]).flat();
  await index.remove(gone);
  model = model.remove(gone);
  expect(segmentsOf(database).some(({ rows, live }) => live < rows)).toBe(true);
  const answer = (await index.search(QUERY, 300)).hits;
  expect(answer).toEqual(model.search(QUERY, 300));

  expect(await index.compact()).toMatchObject({ rows: model.rows, degraded: [] });
  const segments = segmentsOf(database);
  expect(segments.every(({ rows, live }) => live === rows)).toBe(true);
  expect(segments).toHaveLength(Math.ceil(model.rows / 4096));
  expect(segments.filter(({ rows }) => rows < 4096)).toHaveLength(1);
  expect(database.tables.bitmaps.size).toBe(0);
  expect(database.tables.segments.size).toBe(segments.length);
  expect((await index.search(QUERY, 300)).hits).toEqual(answer);

  const { generation } = await index.report();
  expect((await index.compact()).generation).toBe(generation); // nothing left to gain
  await index.close();
  const again = makeIndex(new MemoryStore(database));
  expect((await again.search(QUERY, 300)).hits).toEqual(answer);
  await again.close();
});

it("two that compact while others add lose nothing", async () => {
  const database = new MemoryDatabase();
  const indexes = [0, 1, 2].map(() => makeIndex(new MemoryStore(database)));
  const [one, two, adding] = indexes as [
    (typeof indexes)[0],
    (typeof indexes)[0],
    (typeof indexes)[0],
  ];
  let model = new Model();
  for (let at = 0; at < 12; at++) {
    const marks = { id: `${at}`, version: 1, rows: 700 };
    await adding.commit(blockOf(marks));
    model = model.commit([marks]);
  }
  const more = Array.from({ length: 20 }, (_, at) => ({ id: `more ${at}`, version: 1, rows: 3 }));
  const work = async () => {
    for (const marks of more) await adding.commit(blockOf(marks));
  };
  await Promise.all([one.compact(), work(), two.compact()]);
  model = model.commit(more);
  for (const index of indexes) {
    expect((await index.search(QUERY, 300)).hits).toEqual(model.search(QUERY, 300));
    await index.close();
  }
});

it("a damaged record is neither rewritten nor dropped", async () => {
  const database = new MemoryDatabase();
  const index = makeIndex(new MemoryStore(database));
  for (const id of ["a", "b", "c"]) await index.commit(blockOf({ id, version: 1, rows: 9 }));
  const damaged = database.tables.segments.get(2)!;
  damaged[200] = damaged[200]! ^ 4;
  await index.compact();
  const { segments } = decodeManifest(database.manifest!);
  expect(segments.map(({ id }) => id)).toEqual([2, 4]);
  expect(database.tables.segments.get(2)).toEqual(damaged);
  // It is still held, and goes on to be found.
  expect((await index.search(QUERY, 100)).hits.filter(({ id }) => id === "b")).toHaveLength(9);
  await index.close();
});
