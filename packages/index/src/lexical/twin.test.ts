import type { StoredDocument } from "@nearfield/core";
import { RUN_ALL } from "@nearfield/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, makeIndex } from "../fixtures/flat-index-suite.ts";
import { blockOfDocuments, documentOf, expectWords, wordsSuite } from "../fixtures/words-suite.ts";
import type { FlatIndex } from "../flat-index.ts";
import { MemoryDatabase, MemoryStore } from "../memory-store.ts";

const databases = new Map<string, MemoryDatabase>();

wordsSuite(
  "MemoryStore",
  async (name) => {
    const database = databases.get(name) ?? new MemoryDatabase();
    databases.set(name, database);
    return new MemoryStore(database);
  },
  RUN_ALL ? 60 : 8,
);

const DOCUMENTS: readonly StoredDocument[] = [
  documentOf("tides", ["high water comes later each day", "low water too"], "Tides"),
  documentOf("bread", ["let the dough rise", "bake the bread"], "Bread"),
  documentOf(
    "long",
    Array.from({ length: 5000 }, (_, at) => `paragraph ${at % 7} of many`),
  ),
];
const QUERY = "water dough paragraph 3.";

let database: MemoryDatabase;
let open: FlatIndex[];

beforeEach(() => {
  database = new MemoryDatabase();
  open = [];
});
afterEach(() => Promise.all(open.map((index) => index.close())));

async function connect(lexical = true): Promise<FlatIndex> {
  const index = makeIndex(new MemoryStore(database), { lexical });
  open.push(index);
  await index.open();
  return index;
}

const wordKeys = () =>
  [...database.tables.segments.keys()].filter((key) => typeof key === "string").sort();

describe("words beside the vectors", () => {
  it("are there as soon as the commit is", async () => {
    const index = await connect();
    await index.commit(await blockOfDocuments(...DOCUMENTS));
    await expectWords(index, DOCUMENTS, QUERY);
    expect(wordKeys()).toEqual(["words:1", "words:2"]);
  });

  it("find a passage by the title of its document", async () => {
    const index = await connect();
    await index.commit(await blockOfDocuments(...DOCUMENTS));
    const { hits } = await index.search(undefined, 5, { text: "tides." });
    expect(hits.map(({ id, ordinal }) => `${id} ${ordinal}`).sort()).toEqual([
      "tides 0",
      "tides 1",
    ]);
    expect(hits[0]?.parts).toEqual({ lexical: hits[0]?.score });
    expect(hits[0]?.payload).toEqual(DOCUMENTS[0]);
  });

  it("are made from the passages where an index has none, and stored then", async () => {
    const before = await connect(false);
    await before.commit(await blockOfDocuments(...DOCUMENTS));
    expect(wordKeys()).toEqual([]);
    const index = await connect();
    await expectWords(index, DOCUMENTS, QUERY);
    await index.report(); // comes after what stores them
    expect(wordKeys()).toHaveLength(2);
    await expectWords(await connect(), DOCUMENTS, QUERY);
  });

  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined]>([
    ["changed", (bytes) => bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte))],
    ["cut short", (bytes) => bytes.slice(0, 40)],
    ["of an older version", (bytes) => bytes.map((byte, at) => (at === 12 ? 0 : byte))],
    ["gone", () => undefined],
  ])("are made from the passages where their record is %s, and stored again", async (_, damage) => {
    const first = await connect();
    await first.commit(await blockOfDocuments(...DOCUMENTS));
    const sound = database.tables.segments.get("words:1")!;
    const damaged = damage(sound.slice());
    if (damaged) database.tables.segments.set("words:1", damaged);
    else database.tables.segments.delete("words:1");
    const index = await connect();
    const { degraded } = (await index.search(undefined, 1, { text: "water." })).report;
    expect(degraded).toEqual([]);
    await expectWords(index, DOCUMENTS, QUERY);
    await index.report();
    expect(database.tables.segments.get("words:1")).toEqual(sound);
  });

  it("are merged with their segments, also where some were not stored", async () => {
    const documents = Array.from({ length: 20 }, (_, at) =>
      documentOf(`d${at}`, [`word${at} tide`]),
    );
    const without = await connect(false);
    for (const document of documents.slice(0, 5)) {
      await without.commit(await blockOfDocuments(document));
    }
    const index = await connect();
    for (const document of documents.slice(5)) {
      await index.commit(await blockOfDocuments(document));
    }
    await expectWords(index, documents, "tide word3 word12.");
    const again = await connect();
    await expectWords(again, documents, "tide word3 word12.");
    await again.report();
    const segments = [...database.tables.segments.keys()].filter((key) => typeof key === "number");
    expect(wordKeys()).toEqual(segments.map((key) => `words:${key}`).sort());
  });

  it("survive a compaction, a repair, and the way out and in again", async () => {
    const index = await connect();
    const documents = Array.from({ length: 30 }, (_, at) => documentOf(`d${at}`, [`w${at} tide`]));
    for (const document of documents) await index.commit(await blockOfDocuments(document));
    await index.remove(documents.slice(0, 9).map(({ id }) => id));
    const left = documents.slice(9);
    await index.compact();
    await index.repair();
    await expectWords(index, left, "tide w12 w3.");
    const segments = [...database.tables.segments.keys()].filter((key) => typeof key === "number");
    expect(wordKeys()).toEqual(segments.map((key) => `words:${key}`).sort());
    const file = await index.export();
    await index.remove(left.map(({ id }) => id));
    await index.import(file);
    await expectWords(index, left, "tide w12 w3.");
    await expectWords(await connect(), left, "tide w12 w3.");
  });

  it("follow what another connection adds, replaces and removes", async () => {
    const [one, two] = [await connect(), await connect()];
    await one.commit(await blockOfDocuments(...DOCUMENTS));
    await expectWords(two, DOCUMENTS, QUERY);
    const replaced = documentOf("bread", ["water and flour", "salt", "time"]);
    await two.commit(await blockOfDocuments(replaced));
    await two.remove(["tides"]);
    const left = [DOCUMENTS[2] as StoredDocument, replaced];
    await expectWords(one, left, QUERY);
    await expectWords(two, left, QUERY);
  });

  it("of a damaged document are not found", async () => {
    const first = await connect();
    await first.commit(await blockOfDocuments(...DOCUMENTS));
    database.tables.entries.set("tides", new Uint8Array(50));
    for (const index of [first, await connect()]) {
      const { hits, report } = await index.search(undefined, 10, { text: "water dough." });
      expect(hits.map(({ id }) => id)).toEqual(["bread"]);
      expect(report.degraded).toMatchObject([{ code: "STORAGE_CORRUPT", lostEntries: 1 }]);
    }
  });

  it("obey filters and the limit", async () => {
    const index = await connect();
    const documents = ["en", "de", "en"].map((lang, at) => ({
      ...documentOf(`d${at}`, ["the same words"]),
      fields: { lang },
    }));
    await index.commit(await blockOfDocuments(...documents));
    const ids = async (limit: number, lang?: string) => {
      const filter = lang === undefined ? undefined : { lang };
      const { hits } = await index.search(undefined, limit, { text: "words", filter });
      return hits.map(({ id }) => id).join(" ");
    };
    expect(await ids(10)).toBe("d0 d1 d2");
    expect(await ids(2)).toBe("d0 d1");
    expect(await ids(10, "en")).toBe("d0 d2");
    expect(await ids(10, "fr")).toBe("");
  });

  it("are refused by an index that keeps none", async () => {
    const index = await connect(false);
    expect(await codeOf(index.search(undefined, 1, { text: "water" }))).toBe("INVALID_OPTION");
    expect(await codeOf(index.search(undefined, 1))).toBe("INVALID_VECTOR");
  });
});
