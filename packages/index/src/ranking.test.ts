import { compareScored, dot, type StoredDocument } from "@nearfield/core";
import { seededRandom } from "@nearfield/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOfDocuments, documentOf, expectedHits } from "./fixtures/words-suite.ts";
import type { FlatIndex } from "./flat-index.ts";
import { fuse } from "./fusion.ts";
import { MemoryStore } from "./memory-store.ts";

const WORDS = ["tide", "moon", "bread", "dough", "water", "salt"];
const QUERY = Float32Array.of(2, 1, -1);
const { integer } = seededRandom(3);
const pick = () => WORDS[integer(WORDS.length)] as string;

/** 60 documents of one to three passages, with a vector of small whole numbers for each passage. */
const DOCUMENTS: readonly StoredDocument[] = Array.from({ length: 60 }, (_, at) => ({
  ...documentOf(
    `d${at}`,
    Array.from({ length: 1 + (at % 3) }, () => `${pick()} ${pick()} ${pick()}`),
  ),
  fields: { even: at % 2 === 0 },
}));

let index: FlatIndex;
let vectors: Float32Array;

beforeEach(async () => {
  index = makeIndex(new MemoryStore(), { lexical: true });
  await index.open();
  const block = await blockOfDocuments(...DOCUMENTS);
  vectors = block.vectors.map(() => integer(7) - 3);
  await index.commit({ ...block, vectors });
});
afterEach(() => index.close());

/** All passages by meaning and by words, from the definitions. */
function expected(text: string, isAllowed: (document: StoredDocument) => boolean = () => true) {
  const said = new Map(
    expectedHits(DOCUMENTS, text, 1000).map(({ id, ordinal, score }) => [
      `${id} ${ordinal}`,
      score,
    ]),
  );
  let row = 0;
  const all = DOCUMENTS.flatMap((document) =>
    document.passages.map((_, ordinal) => {
      const dense = dot(vectors.subarray(row * 3, ++row * 3), QUERY);
      const { id } = document;
      return { document, id, ordinal, dense, lexical: said.get(`${id} ${ordinal}`) ?? 0 };
    }),
  ).filter(({ document }) => isAllowed(document));
  const scores = fuse(all);
  return all
    .map(({ id, ordinal, dense, lexical }, at) => {
      return { id, ordinal, score: scores[at] as number, dense, lexical };
    })
    .sort(compareScored);
}

describe("a search by meaning and by words", () => {
  it("ranks all passages by both of their scores", async () => {
    const { hits, trace } = await index.search(QUERY, 1000, { text: "tide and moon." });
    const wanted = expected("tide and moon.");
    expect(hits).toHaveLength(wanted.length);
    for (const [at, { score }] of hits.entries()) {
      expect(score).toBeCloseTo(wanted[at]!.score, 10);
    }
    const named = (list: readonly { id: string; ordinal: number }[]) =>
      list.map(({ id, ordinal }) => `${id} ${ordinal}`).sort();
    expect(named(hits)).toEqual(named(wanted));
    expect(trace.candidates).toMatchObject({ dense: 120, fused: 120 });
  });

  it("gives each hit both parts, also one that only the words have proposed", async () => {
    const { hits } = await index.search(QUERY, 1000, { text: "salt." });
    const wanted = new Map(expected("salt.").map((one) => [`${one.id} ${one.ordinal}`, one]));
    for (const { id, ordinal, parts } of hits) {
      const one = wanted.get(`${id} ${ordinal}`)!;
      expect(parts.dense).toBe(one.dense);
      expect(parts.lexical).toBeCloseTo(one.lexical, 10);
    }
  });

  it("weighs what only the words propose by its own vector", async () => {
    const many = Array.from({ length: 250 }, (_, at) => documentOf(`near ${at}`, ["salt"]));
    const near = await blockOfDocuments(...many);
    const vectors = near.vectors.map((_, at) => (250 - Math.floor(at / 3)) / 25);
    await index.commit({ ...near, vectors });
    const far = await blockOfDocuments(documentOf("far", ["salt", "a unicorn"]));
    await index.commit({ ...far, vectors: Float32Array.of(0, 0, 9, 1, 1, 4) });
    const { hits, trace } = await index.search(QUERY, 200, { text: "unicorn." });
    const found = hits.find(({ id }) => id === "far");
    expect(found).toMatchObject({ ordinal: 1, parts: { dense: -1 }, score: 0.35 });
    expect(found?.parts.lexical).toBeGreaterThan(0);
    expect(trace.candidates).toEqual({ dense: 200, lexical: 1, fused: 201 });
  });

  it("gives the first hits of the same order for a lower limit", async () => {
    const whole = await index.search(QUERY, 100, { text: "bread." });
    const few = await index.search(QUERY, 7, { text: "bread." });
    expect(few.hits).toEqual(whole.hits.slice(0, 7));
  });

  it("obeys the filter on both sides", async () => {
    const filter = { even: true };
    const { hits } = await index.search(QUERY, 1000, { text: "water.", filter });
    const wanted = expected("water.", ({ fields }) => fields?.["even"] === true);
    expect(hits.map(({ score }) => score.toFixed(10))).toEqual(
      wanted.map(({ score }) => score.toFixed(10)),
    );
  });

  it("is the order by meaning where no passage has a word of it", async () => {
    const both = await index.search(QUERY, 30, { text: "zebra." });
    const meaning = await index.search(QUERY, 30);
    expect(both.hits.map(({ id, ordinal }) => `${id} ${ordinal}`)).toEqual(
      meaning.hits.map(({ id, ordinal }) => `${id} ${ordinal}`),
    );
    expect(both.hits[0]?.parts.lexical).toBe(0);
  });

  it("gives the same answer in the same order each time", async () => {
    const first = await index.search(QUERY, 50, { text: "dough tide" });
    const second = await index.search(QUERY, 50, { text: "dough tide" });
    expect(second.hits).toEqual(first.hits);
  });

  it("stops where the caller gave up", async () => {
    const signal = AbortSignal.abort();
    await expect(index.search(QUERY, 5, { text: "tide", signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });
});
