import type { RecordKey } from "@nearfield/core";
import { expect, it } from "vitest";
import { makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, isBare, Model, queryOf, type Marks } from "./fixtures/model.ts";
import type { FlatIndex } from "./flat-index.ts";
import { decodeManifest } from "./manifest.ts";
import { MemoryDatabase, MemoryStore } from "./memory-store.ts";
import { makeRoster, namesLeft, readRoster, rosterKeys, rosterRecords } from "./roster.ts";
import { MAX_SEGMENT_ROWS } from "./segment.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const QUERY = queryOf(3);
/** Bare ones with and without fields, and among them one with a record. */
const FIRST: readonly Marks[] = [
  { id: "a", version: 2, rows: 3 },
  { id: "b", version: 3, rows: 1 },
  { id: "\ud800", version: 3, rows: 2 },
  { id: "recorded", version: 1, rows: 1 },
];
const SECOND: readonly Marks[] = ["d", "e"].map((id) => ({ id, version: 2, rows: 2 }));

/** Two segments, of which the first has a deleted entry. */
async function fill(): Promise<{ readonly database: MemoryDatabase; readonly model: Model }> {
  const database = new MemoryDatabase();
  const index = await open(database);
  await index.commit(blockOf(...FIRST));
  await index.commit(blockOf(...SECOND));
  await index.remove(["b"]);
  await index.close();
  return { database, model: new Model().commit([...FIRST, ...SECOND]).remove(["b"]) };
}

async function open(database: MemoryDatabase): Promise<FlatIndex> {
  const index = makeIndex(new MemoryStore(database));
  await index.open();
  return index;
}

function flip(database: MemoryDatabase, table: "segments" | "bitmaps" | "entries", key: RecordKey) {
  const bytes = database.tables[table].get(key) as Bytes;
  bytes[bytes.length >> 1]! ^= 4;
}

async function expectAnswers(index: FlatIndex, model: Model): Promise<void> {
  expect((await index.search(QUERY, 100)).hits).toEqual(model.search(QUERY, 100));
}

it("bare entries have no record, are answered without reading one, and are got and listed", async () => {
  const { database, model } = await fill();
  const keys = [...database.tables.entries.keys()];
  expect(keys.filter((key) => typeof key === "string")).toEqual(["recorded"]);
  const read: RecordKey[] = [];
  class Watched extends MemoryStore {
    override read(...asked: Parameters<MemoryStore["read"]>) {
      if (asked[0] === "entries") read.push(...asked[1]);
      return super.read(...asked);
    }
  }
  const index = makeIndex(new Watched(database));
  await index.open();
  await expectAnswers(index, model);
  expect(read).toEqual(["recorded"]);
  const [a, b, e] = await index.get(["a", "b", "e"]);
  expect([a?.payload, b, e?.payload]).toEqual([
    model.search(QUERY, 100).find(({ id }) => id === "a")?.payload,
    null,
    model.search(QUERY, 100).find(({ id }) => id === "e")?.payload,
  ]);
  expect(await index.list()).toEqual([...model.entries.keys()].sort());
  await index.close();
});

it.each<[string, unknown]>([
  ["an array of one", { tags: ["x"] }],
  ["an empty array", { tags: [] }],
  ["a value and null", { a: 0.5, b: null, c: false, d: "\ud800" }],
  ["a name that objects have", JSON.parse('{"__proto__":1,"constructor":["y","y"]}')],
  ["no field", {}],
  ["a field that no filter knows", { point: { x: 1 } }],
])("fields with %s come back as they were", async (_, fields) => {
  const database = new MemoryDatabase();
  const index = await open(database);
  const block = blockOf({ id: "a", version: 1, rows: 1 });
  await index.commit({ ...block, entries: [{ ...block.entries[0]!, payload: { fields } }] });
  await index.close();
  const again = await open(database);
  expect((await again.search(QUERY, 1)).hits[0]?.payload).toEqual({ fields });
  await again.close();
});

it("an entry gets a record and loses it with what it holds", async () => {
  const database = new MemoryDatabase();
  const index = await open(database);
  for (const version of [1, 2, 4, 3, 5]) {
    const marks = { id: "x", version, rows: 2 };
    await index.commit(blockOf(marks));
    await expectAnswers(index, new Model().commit([marks]));
    expect(database.tables.entries.has("x")).toBe(!isBare(marks));
  }
  await index.remove(["x"]);
  expect([...database.tables.entries.keys()]).toEqual([]);
  await index.close();
});

it("what is lost with a damaged segment is named by its roster, until it is added again or removed", async () => {
  const { database, model } = await fill();
  flip(database, "segments", 1);
  const index = await open(database);
  await expectAnswers(index, model.remove(["a", "\ud800", "recorded"]));
  expect(await index.repair()).toMatchObject({ restored: 0, lost: ["a", "recorded", "\ud800"] });
  expect(await index.list()).toEqual([...model.entries.keys()].sort());
  await index.commit(blockOf(FIRST[0]!));
  await index.close();
  const again = await open(database);
  expect((await again.report()).degraded).toMatchObject([{ lostEntries: 2 }]);
  expect(await again.remove(["\ud800"])).toMatchObject({ removed: 1 });
  await again.close();
  const last = await open(database);
  expect((await last.report()).degraded).toMatchObject([{ lostEntries: 1 }]);
  expect(await last.commit(blockOf(FIRST[3]!))).toMatchObject({ entries: 4, degraded: [] });
  await expectAnswers(last, model.remove(["\ud800"]));
  await last.close();
  const held = decodeManifest(database.manifest!).segments.map(({ id }) => id);
  const rostered = [...database.tables.entries.keys()].filter((key) => typeof key === "number");
  expect(held.flatMap((id) => [...rosterKeys(id)])).toEqual(expect.arrayContaining(rostered));
});

it("a repair brings back what a damaged bitmap had made unsure, and nothing that was deleted", async () => {
  const { database, model } = await fill();
  flip(database, "bitmaps", 1);
  const index = await open(database);
  expect(await index.repair()).toMatchObject({ restored: 3, lost: [], report: { degraded: [] } });
  await expectAnswers(index, model);
  await index.close();
});

it("a lost manifest is made anew without what was deleted, and with what a lost segment held", async () => {
  const { database, model } = await fill();
  database.manifest = undefined;
  const index = await open(database);
  await expectAnswers(index, model);
  expect(await index.report()).toMatchObject({
    entries: 5,
    degraded: [{ code: "STORAGE_CORRUPT" }],
  });
  await index.close();

  database.manifest = undefined;
  database.tables.segments.delete(1);
  const again = await open(database);
  await expectAnswers(again, model.remove(["a", "\ud800", "recorded"]));
  const { lost, report } = await again.repair();
  expect(lost).toEqual(["a", "recorded", "\ud800"]);
  expect(report.degraded).toMatchObject([{}, { lostEntries: 3 }]);
  expect((await again.commit(blockOf(FIRST[0]!, FIRST[2]!, FIRST[3]!))).entries).toBe(5);
  await again.close();
  const last = await open(database);
  expect((await last.report()).degraded).toEqual([]);
  await expectAnswers(last, model);
  await last.close();
});

it.each(rosterKeys(1))(
  "with a damaged roster record %i nothing is lost, and a repair writes it anew",
  async (key) => {
    const { database, model } = await fill();
    const before = database.tables.entries.get(key)!.slice();
    for (const damage of [
      () => flip(database, "entries", key),
      () => database.tables.entries.delete(key),
    ]) {
      damage();
      const index = await open(database);
      await expectAnswers(index, model);
      expect(await index.repair()).toMatchObject({ restored: 0, mended: 1, lost: [] });
      expect(database.tables.entries.get(key)).toEqual(before);
      expect(await index.repair()).toMatchObject({ mended: 0 });
      await index.close();
    }
  },
);

it("an entry that lies in two segments is lost with either", async () => {
  const database = new MemoryDatabase();
  const long: Marks = { id: "long", version: 3, rows: MAX_SEGMENT_ROWS + 4 };
  const index = await open(database);
  await index.commit(blockOf(long, { id: "z", version: 2, rows: 1 }));
  await index.close();
  flip(database, "segments", 1);
  const again = await open(database);
  await expectAnswers(again, new Model().commit([{ id: "z", version: 2, rows: 1 }]));
  expect((await again.repair()).lost).toEqual(["long"]);
  expect(await again.commit(blockOf(long))).toMatchObject({ entries: 2, degraded: [] });
  await again.close();
});

it("every flipped bit and every cut of a roster is noticed, and so is one in another's place", () => {
  const part = { hash: "h", ordinal: 0, rows: 1, of: 1, payload: "none" } as const;
  const parts = ["a", "\ud800", "__proto__"].map((id) => ({ ...part, id }));
  const bitmap = Uint8Array.of(0b101);
  const [names, left] = rosterRecords(7, { parts, bitmap }).map(({ bytes }) => bytes) as [
    Bytes,
    Bytes,
  ];
  const sound = readRoster(7, names, left)!;
  expect(sound).toEqual(makeRoster(7, { parts, bitmap }));
  expect([...namesLeft(sound)].map(({ id }) => id)).toEqual(["a", "__proto__"]);
  expect(readRoster(8, names, left)).toBeUndefined();
  for (const bytes of [names, left]) {
    const read = (other: Bytes) =>
      bytes === names ? readRoster(7, other, left) : readRoster(7, names, other);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(read(flipped), `bit ${bit}`).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(read(bytes.slice(0, length))).toBeUndefined();
    }
  }
});
