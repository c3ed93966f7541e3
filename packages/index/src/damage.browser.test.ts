import type { ManifestRecord } from "@nearfield/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { armFault } from "./fixtures/fault.ts";
import { codeOf, makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, hashOfEntry, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { changeRaw, dumpRaw, flipBit, keysOfRaw, openRaw } from "./fixtures/raw.ts";
import type { FlatIndex } from "./flat-index.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const FIRST: readonly Marks[] = ["a", "b", "c"].map((id) => ({ id, version: 1, rows: 3 }));
const SECOND: readonly Marks[] = ["d", "e"].map((id) => ({ id, version: 1, rows: 2 }));
const QUERY = queryOf(3);

let name: string;

beforeEach(async () => {
  name = `damage ${Math.random()}`;
  const index = await open();
  await index.commit(blockOf(...FIRST));
  await index.commit(blockOf(...SECOND));
  await index.close();
});
afterEach(() => IndexedDbStore.delete(name));

async function open(): Promise<FlatIndex> {
  const index = makeIndex(await IndexedDbStore.open(name));
  try {
    await index.open();
    return index;
  } catch (thrown) {
    await index.close();
    throw thrown;
  }
}

describe("a damaged segment", () => {
  it.each<[string, (bytes: Bytes) => Bytes | undefined]>([
    ["with one bit flipped", (bytes) => flipBit(bytes, bytes.length * 8 - 20)],
    ["cut short", (bytes) => bytes.slice(0, bytes.length / 2)],
    ["of other bytes", () => new Uint8Array(100)],
    ["that is gone", () => undefined],
  ])("%s is left out and reported, the rest answers, and adding again heals", async (_, damage) => {
    await changeRaw(name, "segments", 1, damage);
    const index = await open();
    const { hits, report } = await index.search(QUERY, 100);
    expect(hits).toEqual(new Model().commit(SECOND).search(QUERY, 100));
    expect(report).toMatchObject({
      entries: 2,
      rows: 4,
      degraded: [{ code: "STORAGE_CORRUPT", lostEntries: 3 }],
    });
    const named = [...FIRST, ...SECOND].map((marks) => ({
      id: marks.id,
      hash: hashOfEntry(marks),
    }));
    expect(await index.missing(named)).toEqual(["a", "b", "c"]);
    // A part of them again: the loss goes on to be told, also after a reopening.
    await index.commit(blockOf(FIRST[0]!));
    await index.close();
    const again = await open();
    expect((await again.report()).degraded).toMatchObject([{ lostEntries: 2 }]);
    await again.remove(["b"]);
    const healed = await again.commit(blockOf(FIRST[2]!));
    expect(healed).toMatchObject({ entries: 4, rows: 10, degraded: [] });
    await again.close();
    expect(await keysOfRaw(name, "segments")).toHaveLength(3);
  });

  it("is told of, though looking for what is lost fails once at any request", async () => {
    await changeRaw(name, "segments", 1, () => undefined);
    for (let n = 1, hasFired = true; hasFired; n++) {
      const index = makeIndex(await IndexedDbStore.open(name));
      const fault = armFault(n, "throw");
      await codeOf(index.open());
      fault.disarm();
      hasFired = fault.hasFired();
      expect((await index.report()).degraded).toMatchObject([{ lostEntries: 3 }]);
      await index.close();
    }
  });

  it("takes an entry that lies in two segments with it, and no other", async () => {
    const long = { id: "long", version: 1, rows: 4500 };
    const index = await open();
    await index.commit(blockOf(long, { id: "z", version: 1, rows: 1 }));
    await index.close();
    const ids = await keysOfRaw(name, "segments");
    await changeRaw<Bytes>(name, "segments", ids.at(-2)!, (bytes) => flipBit(bytes, 9999));
    const again = await open();
    const { hits, report } = await again.search(QUERY, 1e6);
    const rest = [...FIRST, ...SECOND, { id: "z", version: 1, rows: 1 }];
    expect(hits).toEqual(new Model().commit(rest).search(QUERY, 1e6));
    expect(report.degraded).toMatchObject([{ code: "STORAGE_CORRUPT", lostEntries: 1 }]);
    expect((await again.commit(blockOf(long))).degraded).toEqual([]);
    await again.close();
  });

  it("in the place of another is noticed", async () => {
    const records: Bytes[] = [];
    for (const id of [1, 2])
      await changeRaw<Bytes>(name, "segments", id, (b) => (records.push(b), b));
    await changeRaw(name, "segments", 1, () => records[1]);
    await changeRaw(name, "segments", 2, () => records[0]);
    const index = await open();
    expect((await index.search(QUERY, 100)).hits).toEqual([]);
    expect((await index.report()).degraded).toMatchObject([{ lostEntries: 5 }]);
    await index.close();
  });
});

it("a damaged bitmap takes its segment with it, so that nothing deleted comes back", async () => {
  const index = await open();
  await index.remove(["a"]);
  await index.close();
  await changeRaw<Bytes>(name, "bitmaps", 1, (bytes) => flipBit(bytes, 1));
  const again = await open();
  const { hits, report } = await again.search(QUERY, 100);
  expect(hits).toEqual(new Model().commit(SECOND).search(QUERY, 100));
  expect(report.degraded).toMatchObject([{ code: "STORAGE_CORRUPT", lostEntries: 2 }]);
  await again.close();
});

it.each<[string, (bytes: Bytes) => Bytes | undefined]>([
  ["damaged", (bytes) => flipBit(bytes, bytes.length * 8 - 9)],
  ["gone", () => undefined],
])(
  "an entry whose record is %s is left out of full answers, reported, and healed by adding",
  async (_, damage) => {
    const [best] = new Model().commit([...FIRST, ...SECOND]).search(QUERY, 1);
    const { id } = best!;
    await changeRaw(name, "entries", id, damage);
    const index = await open();
    const rest = [...FIRST, ...SECOND].filter((marks) => marks.id !== id);
    const { hits } = await index.search(QUERY, 4);
    expect(hits).toEqual(new Model().commit(rest).search(QUERY, 4));
    expect(await index.get([id, rest[0]!.id])).toMatchObject([null, { id: rest[0]!.id }]);
    const lost = [...FIRST, ...SECOND].find((marks) => marks.id === id)!;
    expect(await index.missing([{ id, hash: hashOfEntry(lost) }])).toEqual([id]);
    expect(await index.commit(blockOf(lost))).toMatchObject({ entries: 5, degraded: [] });
    const model = new Model().commit([...FIRST, ...SECOND]);
    expect((await index.search(QUERY, 100)).hits).toEqual(model.search(QUERY, 100));
    await index.close();
  },
);

it("the record of another entry in an entry's place is noticed", async () => {
  let record: Bytes | undefined;
  await changeRaw<Bytes>(name, "entries", "a", (bytes) => (record = bytes));
  await changeRaw(name, "entries", "d", () => record);
  const index = await open();
  const { hits } = await index.search(QUERY, 100);
  expect(hits).toEqual(new Model().commit([...FIRST, SECOND[1]!]).search(QUERY, 100));
  await index.close();
});

describe("a manifest", () => {
  it("that is damaged refuses the index and changes nothing", async () => {
    await changeRaw<ManifestRecord>(name, "manifest", "manifest", (record) => ({
      ...record,
      bytes: flipBit(record.bytes, 77),
    }));
    const before = await dumpRaw(name);
    expect(await codeOf(open())).toBe("STORAGE_CORRUPT");
    expect(await dumpRaw(name)).toEqual(before);
  });

  it("of a later format is refused, also by an index that is open, and never overwritten", async () => {
    const index = await open();
    await changeRaw<ManifestRecord>(name, "manifest", "manifest", (record) => ({
      ...record,
      format: 2,
      generation: record.generation + 1,
    }));
    const before = await dumpRaw(name);
    expect(await codeOf(index.commit(blockOf({ id: "x", version: 1, rows: 1 })))).toBe(
      "FORMAT_TOO_NEW",
    );
    expect(await codeOf(index.remove(["a"]))).toBe("FORMAT_TOO_NEW");
    expect(await codeOf(index.search(QUERY, 1))).toBe("FORMAT_TOO_NEW");
    expect(await codeOf(open())).toBe("FORMAT_TOO_NEW");
    await index.close();
    expect(await dumpRaw(name)).toEqual(before);
  });

  it("of another embedding space is refused and left alone", async () => {
    const before = await dumpRaw(name);
    const index = makeIndex(await IndexedDbStore.open(name), { fingerprint: "another" });
    expect(await codeOf(index.open())).toBe("MODEL_MISMATCH");
    expect(await codeOf(index.commit(blockOf(FIRST[0]!)))).toBe("MODEL_MISMATCH");
    await index.close();
    expect(await dumpRaw(name)).toEqual(before);
  });
});

it("a database of a later IndexedDB version is refused by name", async () => {
  (await openRaw(name, 2)).close();
  expect(await codeOf(open())).toBe("FORMAT_TOO_NEW");
});
