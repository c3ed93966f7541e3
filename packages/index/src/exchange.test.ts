import { RUN_ALL, seededRandom } from "@nearfield/testing";
import { expect, it } from "vitest";
import { codeOf, makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, isBare, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { mutate, mutateSealed } from "./fixtures/mutate.ts";
import { MemoryDatabase, MemoryStore } from "./memory-store.ts";

const MUTATIONS = RUN_ALL ? 10_000 : 100;
const SEED = 7;
const QUERY = queryOf(3);
const STORED: readonly Marks[] = [
  ...Array.from({ length: 30 }, (_, at) => ({ id: `e${at}`, version: at % 4, rows: 1 + (at % 5) })),
  { id: "\ud800", version: 2, rows: 4200 },
  { id: "__proto__", version: 3, rows: 2 },
];
const OTHERS: readonly Marks[] = [
  { id: "other", version: 1, rows: 4 },
  { id: "e3", version: 9, rows: 1 },
];

/** An index with deleted and replaced rows, and an entry that lies in two segments. */
async function fill(database = new MemoryDatabase()) {
  const index = makeIndex(new MemoryStore(database));
  await index.commit(blockOf(...STORED.map((marks) => ({ ...marks, version: 7 }))));
  await index.commit(blockOf(...STORED, { id: "gone", version: 1, rows: 3 }));
  await index.remove(["gone"]);
  return index;
}

async function bytesOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.arrayBuffer());
}

it("a file puts all of an index into another, in place of what was there", async () => {
  const index = await fill();
  const file = await index.export();
  expect(file.type).toBe("application/vnd.nearfield.index");
  const database = new MemoryDatabase();
  const [other, reader] = [0, 1].map(() => makeIndex(new MemoryStore(database))) as [
    typeof index,
    typeof index,
  ];
  await other.commit(blockOf(...OTHERS));
  await reader.open();
  const { lineage, generation } = await other.report();
  const model = new Model(STORED.map((marks) => [marks.id, marks]));
  expect(await other.import(file)).toMatchObject({
    lineage,
    generation: generation + 1,
    entries: STORED.length,
    rows: model.rows,
    degraded: [],
  });
  for (const each of [other, reader]) {
    expect((await each.search(QUERY, 1e6)).hits).toEqual(model.search(QUERY, 1e6));
    const filter = { version: { gte: 2 }, even: true };
    const { hits } = await each.search(QUERY, 50, { filter });
    expect(hits).toEqual(model.search(QUERY, 50, filter));
  }
  await other.commit(blockOf(...OTHERS));
  const after = model.commit(OTHERS);
  expect((await reader.search(QUERY, 1e6)).hits).toEqual(after.search(QUERY, 1e6));
  const recorded = [...after.entries.values()].filter((marks) => !isBare(marks));
  const keys = [...database.tables.entries.keys()].filter((key) => typeof key === "string");
  expect(keys.sort()).toEqual(recorded.map(({ id }) => id).sort());
  for (const each of [index, other, reader]) await each.close();
});

it("the file of a file is the same file", async () => {
  const [one, two] = [await fill(), makeIndex(new MemoryStore())];
  await one.compact();
  const file = await one.export();
  await two.import(file);
  expect(await bytesOf(await two.export())).toEqual(await bytesOf(file));
  await one.close();
  await two.close();
});

it("an empty index goes into a file and comes back", async () => {
  const [one, two] = [makeIndex(new MemoryStore()), await fill()];
  expect(await two.import(await one.export())).toMatchObject({ entries: 0, rows: 0 });
  expect((await two.search(QUERY, 5)).hits).toEqual([]);
  await one.close();
  await two.close();
});

it("a file of another embedding space, and one of a newer version, are refused by name", async () => {
  const database = new MemoryDatabase();
  const index = await fill(database);
  const other = makeIndex(new MemoryStore(), { fingerprint: "another" });
  const before = structuredClone(database.tables);
  expect(await codeOf(index.import(await other.export()))).toBe("MODEL_MISMATCH");
  const bytes = await bytesOf(await index.export());
  new DataView(bytes.buffer).setUint32(8, 2, true);
  expect(await codeOf(index.import(new Blob([bytes])))).toBe("FORMAT_TOO_NEW");
  expect(await codeOf(index.import(new Blob([])))).toBe("INVALID_FILE");
  expect(await codeOf(index.import(new Blob(["<!doctype html><p>Not found"])))).toBe(
    "INVALID_FILE",
  );
  expect(database.tables).toEqual(before);
  await index.close();
  await other.close();
});

it("whoever gives up an import finds everything as it was", async () => {
  const database = new MemoryDatabase();
  const index = await fill(database);
  const file = await index.export();
  await index.commit(blockOf(...OTHERS));
  const { tables } = database;
  const before = structuredClone(tables);
  for (let n = 0, isDone = false; !isDone; n++) {
    let pulses = 0;
    const stop = () => {
      if (pulses++ === n) throw new Error("stop");
    };
    isDone = (await index.import(file, stop).catch(() => undefined)) !== undefined;
    if (!isDone) expect(database.tables).toBe(tables);
  }
  expect(tables).toEqual(before);
  expect(await index.report()).toMatchObject({ entries: STORED.length });
  await index.close();
});

it(`${MUTATIONS} files to which something has happened are refused with a code, and nothing is changed`, async () => {
  const database = new MemoryDatabase();
  const index = await fill(database);
  const file = await bytesOf(await index.export());
  await index.commit(blockOf(...OTHERS));
  const { tables, manifest } = database;
  const before = structuredClone({ tables, manifest });
  const random = seededRandom(SEED);
  const met = new Map<string, number>();
  for (let n = 0; n < MUTATIONS; n++) {
    const { what, file: mutated } = mutate(file, random);
    const code = await codeOf(index.import(new Blob([mutated])));
    expect(code, `seed ${SEED}, mutation ${n}: ${what}`).toMatch(/^(INVALID_FILE|FORMAT_TOO_NEW)$/);
    met.set(what, (met.get(what) ?? 0) + 1);
    expect(database.tables, what).toBe(tables);
    expect(database.manifest, what).toBe(manifest);
  }
  expect({ tables, manifest }).toEqual(before);
  expect(met.size).toBe(13);
  await index.close();
}, 900_000);

it("files with right checksums over changed content are refused, or what they hold is sound", async () => {
  const source = makeIndex(new MemoryStore());
  await source.commit(blockOf(...STORED.filter(({ rows }) => rows < 100)));
  const file = await bytesOf(await source.export());
  const random = seededRandom(SEED);
  const codes = new Map<string, number>();
  for (let n = 0; n < MUTATIONS; n++) {
    const index = makeIndex(new MemoryStore());
    const code = await codeOf(index.import(new Blob([mutateSealed(file, random)])));
    expect(code).toMatch(/^(INVALID_FILE|FORMAT_TOO_NEW|MODEL_MISMATCH|fulfilled)$/);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    const { hits, report } = await index.search(QUERY, 1e6);
    expect(hits).toHaveLength(report.rows);
    expect(report.degraded).toEqual([]);
    expect({}).not.toHaveProperty("polluted");
    await index.close();
  }
  expect(codes.get("INVALID_FILE")).toBeGreaterThan(MUTATIONS / 10);
  await source.close();
}, 900_000);
