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
  it.each<[string, (record: ManifestRecord) => ManifestRecord | undefined]>([
    ["has a flipped bit", (record) => ({ ...record, bytes: flipBit(record.bytes, 77) })],
    ["has another generation", (record) => ({ ...record, generation: 2 ** 52 })],
    ["has another lineage", (record) => ({ ...record, lineage: "x" })],
    ["is not made of bytes", (record) => ({ ...record, bytes: [] as unknown as Bytes })],
    ["is gone", () => undefined],
  ])("that %s is made anew from the records, and that is told", async (_, damage) => {
    const index = await open();
    await index.commit(blockOf({ id: "a", version: 2, rows: 1 }));
    await index.remove(["b"]);
    await index.close();
    await changeRaw<ManifestRecord>(name, "manifest", "manifest", damage);
    const again = await open();
    const model = new Model()
      .commit([...FIRST, ...SECOND, { id: "a", version: 2, rows: 1 }])
      .remove(["b"]);
    const { hits, report } = await again.search(QUERY, 100);
    expect(hits).toEqual(model.search(QUERY, 100));
    expect(report.degraded).toMatchObject([{ code: "STORAGE_CORRUPT" }]);
    expect(report.degraded[0]).not.toHaveProperty("lostEntries");
    await again.commit(blockOf({ id: "z", version: 1, rows: 1 }));
    await again.close();
    const last = await open();
    expect(await last.report()).toMatchObject({ entries: 5, degraded: [] });
    await last.close();
  });

  it("is made anew though segments are damaged too: what is left answers", async () => {
    await changeRaw<Bytes>(name, "segments", 1, (bytes) => flipBit(bytes, 999));
    await changeRaw(name, "manifest", "manifest", () => undefined);
    const index = await open();
    const { hits, report } = await index.search(QUERY, 100);
    expect(hits).toEqual(new Model().commit(SECOND).search(QUERY, 100));
    expect(report.degraded).toMatchObject([
      { code: "STORAGE_CORRUPT" },
      { code: "STORAGE_CORRUPT", lostEntries: 3 },
    ]);
    // Set aside, not deleted: somebody may still read it.
    expect(await keysOfRaw(name, "segments")).toContain(1);
    await index.close();
  });

  it("is not made anew over vectors of another model", async () => {
    await changeRaw<ManifestRecord>(name, "manifest", "manifest", () => undefined);
    const before = await dumpRaw(name);
    const index = makeIndex(await IndexedDbStore.open(name), { fingerprint: "another" });
    expect(await codeOf(index.open())).toBe("MODEL_MISMATCH");
    await index.close();
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

describe("repair", () => {
  it("brings back what only a damaged bitmap had made unsure, and forgets what was set aside", async () => {
    const index = await open();
    await index.remove(["a"]);
    await index.close();
    await changeRaw<Bytes>(name, "bitmaps", 1, (bytes) => flipBit(bytes, 1));
    const again = await open();
    // A commit of somebody who could not read it leaves it aside.
    await again.commit(blockOf({ id: "z", version: 1, rows: 1 }));
    expect(await again.repair()).toMatchObject({ restored: 2, lost: [], report: { degraded: [] } });
    const model = new Model().commit([...FIRST, ...SECOND, { id: "z", version: 1, rows: 1 }]);
    const { hits } = await again.search(QUERY, 100);
    expect(hits).toEqual(model.remove(["a"]).search(QUERY, 100));
    expect(await keysOfRaw(name, "bitmaps")).toEqual([]);
    expect(await keysOfRaw(name, "segments")).not.toContain(1);
    await again.close();
  });

  it("brings back a segment that could not be read for a while, as far as it is not out of date", async () => {
    let kept: Bytes | undefined;
    await changeRaw<Bytes>(name, "segments", 1, (bytes) => {
      kept = bytes;
      return flipBit(bytes, 4000);
    });
    const index = await open();
    await index.remove(["a"]);
    await index.commit(blockOf({ id: "b", version: 2, rows: 1 }));
    expect(await index.repair()).toMatchObject({ restored: 0, lost: ["c"] });
    await changeRaw(name, "segments", 1, () => kept);
    expect(await index.repair()).toMatchObject({ restored: 1, lost: [], report: { degraded: [] } });
    const model = new Model()
      .commit([...FIRST, ...SECOND, { id: "b", version: 2, rows: 1 }])
      .remove(["a"]);
    expect((await index.search(QUERY, 100)).hits).toEqual(model.search(QUERY, 100));
    expect(await keysOfRaw(name, "segments")).not.toContain(1);
    await index.close();
  });

  it("finds damage that came while the index was open, and names what is lost", async () => {
    const index = await open();
    await changeRaw<Bytes>(name, "segments", 1, (bytes) => flipBit(bytes, 4000));
    await changeRaw<Bytes>(name, "entries", "e", (bytes) => flipBit(bytes, 300));
    const { restored, lost, report } = await index.repair();
    expect({ restored, lost }).toEqual({ restored: 0, lost: ["a", "b", "c", "e"] });
    expect(report.degraded).toMatchObject([{ lostEntries: 4 }]);
    const { hits } = await index.search(QUERY, 100);
    expect(hits).toEqual(new Model().commit([SECOND[0]!]).search(QUERY, 100));
    expect(await index.commit(blockOf(...FIRST, SECOND[1]!))).toMatchObject({ degraded: [] });
    expect(await keysOfRaw(name, "segments")).not.toContain(1);
    await index.close();
  });

  it("of a sound index changes nothing", async () => {
    const index = await open();
    const before = await dumpRaw(name);
    expect(await index.repair()).toMatchObject({ restored: 0, lost: [] });
    expect(await dumpRaw(name)).toEqual(before);
    await index.close();
  });
});
