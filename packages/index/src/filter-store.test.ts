import { crc32 } from "@nearfield/core";
import { expect, it } from "vitest";
import { codeOf, makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, entryOf, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { decodeManifest, encodeManifest } from "./manifest.ts";
import { decodeSegment, layOutSegment } from "./segment.ts";
import { MemoryDatabase, MemoryStore } from "./memory-store.ts";

// None of them bare: there were no such entries in these versions.
const A: Marks = { id: "a", version: 1, rows: 2 };
const B: Marks = { id: "b", version: 4, rows: 3 };
const C: Marks = { id: "c", version: 4, rows: 1 };
const FILTERS = [{ even: true }, { tags: "b" }, { rows: { exists: false } }, { version: 1 }];
const QUERY = queryOf(3);

/** Turns every segment into one of version 2, which does not name its space, or of version 1, which has no columns either. */
function downgrade(database: MemoryDatabase, version: 1 | 2): void {
  const manifest = decodeManifest(database.manifest!);
  const segments = manifest.segments.map((info) => {
    const bytes = database.tables.segments.get(info.id)!;
    const { parts, columns, vectors } = decodeSegment(bytes);
    // Without a space the text begins with the ids; its ninth word, the length of that space, was not there.
    const { dimensions } = manifest;
    const bare = layOutSegment(parts, columns!, { space: "", dimensions });
    bare.vectors.set(vectors);
    const vectorsAt = bare.bytes.length - vectors.byteLength;
    const columnsAt = vectorsAt - new Uint32Array(bare.bytes.buffer, 0, 8)[7]!;
    const keptTo = version === 1 ? columnsAt : vectorsAt;
    const old = new Uint8Array(keptTo - 4 + vectors.byteLength);
    old.set(bare.bytes.subarray(0, 32));
    old.set(bare.bytes.subarray(36, keptTo), 32);
    old.set(bare.bytes.subarray(vectorsAt), keptTo - 4);
    const words = new Uint32Array(old.buffer, 0, 8);
    words[1] = version;
    if (version === 1) words[7] = 0;
    words[2] = crc32(old.subarray(12));
    database.tables.segments.set(info.id, old);
    return { ...info, byteLength: old.length, checksum: words[2]! };
  });
  database.manifest = encodeManifest({ ...manifest, segments });
}

it.each([1, 2] as const)(
  "an index of version %i is read and filtered, and merging keeps its fields",
  async (version) => {
    const database = new MemoryDatabase();
    const index = makeIndex(new MemoryStore(database));
    let model = new Model().commit([A, B]);
    await index.commit(blockOf(A, B));
    await index.close();
    downgrade(database, version);

    const again = makeIndex(new MemoryStore(database));
    await again.open();
    for (const filter of FILTERS) {
      const { hits } = await again.search(QUERY, 10, { filter });
      expect(hits).toEqual(model.search(QUERY, 10, filter));
    }
    // Taking out more than half of the segment has it written anew.
    await again.remove(["b"]);
    await again.commit(blockOf(C));
    model = model.remove(["b"]).commit([C]);
    expect(decodeManifest(database.manifest!).segments.map(({ id }) => id)).toEqual([2, 3]);
    await again.close();

    const last = makeIndex(new MemoryStore(database));
    for (const filter of FILTERS) {
      const { hits } = await last.search(QUERY, 10, { filter });
      expect(hits).toEqual(model.search(QUERY, 10, filter));
    }
    await last.close();
  },
);

it("a bad filter is refused before anything is searched, and the next search answers", async () => {
  const index = makeIndex(new MemoryStore());
  await index.commit(blockOf(A));
  for (const filter of [null, { a: undefined }, { a: { like: 1 } }] as unknown[]) {
    expect(await codeOf(index.search(QUERY, 1, { filter } as never))).toBe("INVALID_FILTER");
  }
  expect((await index.search(QUERY, 1, { filter: { version: 1 } })).hits).toHaveLength(1);
  await index.close();
});

it("a filter follows an entry whose fields change while its rows stay", async () => {
  const index = makeIndex(new MemoryStore());
  const block = blockOf(A);
  const withFields = (hash: string, fields: object) =>
    index.commit({ ...block, entries: [{ ...entryOf(A), hash, payload: { fields } }] });
  await withFields("first", { state: "draft" });
  await withFields("second", { state: ["final", "signed"] });
  const count = async (state: string) =>
    (await index.search(QUERY, 10, { filter: { state } })).hits.length;
  expect([await count("draft"), await count("final"), await count("signed")]).toEqual([0, 2, 2]);
  await index.close();
});
