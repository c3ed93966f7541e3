import { KNOWN, KNOWN_DOCUMENTS, makeDocuments } from "../harness/corpus.ts";
import { expect, EXTENDED, test, visit } from "../harness/fixtures.ts";

test("an array of documents is added, and each question finds the passage that answers it", async ({
  shared,
}) => {
  const result = await shared.evaluate(
    async ({ documents, questions }) => {
      const { search } = kept;
      const seen: number[] = [];
      const sum = await search.add(documents, {
        onProgress: ({ documents }) => seen.push(documents),
      });
      const answers = [];
      for (const question of questions) {
        const { hits } = await search.query(question, { limit: 3 });
        const dense = await search.query(question, { limit: 3, mode: "dense" });
        answers.push({ hits, dense: dense.hits });
      }
      return { sum, answers, seen, status: search.status() };
    },
    { documents: KNOWN_DOCUMENTS, questions: KNOWN.map(({ question }) => question) },
  );
  expect(result.sum).toEqual({
    added: KNOWN.length,
    unchanged: 0,
    passages: KNOWN.length,
  });
  expect(result.seen.at(-1)).toBe(KNOWN.length);
  expect(result.seen).toEqual(result.seen.toSorted((a, b) => a - b));
  for (const [at, { document }] of KNOWN.entries()) {
    const { hits = [], dense = [] } = result.answers[at] ?? {};
    expect(dense[0]?.parts).toEqual({ dense: dense[0]?.score });
    for (const [best, second, third] of [hits, dense]) {
      expect(best?.document.id).toBe(document.id);
      expect(best?.passage).toEqual({ text: document.text, start: 0, end: document.text.length });
      expect(best?.score).toBeGreaterThan(second?.score ?? 1);
      expect(second?.score).toBeGreaterThanOrEqual(third?.score ?? 1);
    }
  }
  expect(result.status.counts).toMatchObject({ documents: KNOWN.length, passages: KNOWN.length });
});

test("a generator and an async generator are added as an array is", async ({ shared }) => {
  const found = await shared.evaluate(async (documents) => {
    const { search } = kept;
    const half = documents.length / 2;
    function* first() {
      yield* documents.slice(0, half);
    }
    async function* second() {
      for (const document of documents.slice(half)) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield document;
      }
    }
    const sums = [await search.add(first()), await search.add(second())];
    return { sums, stored: Object.keys(await nearfield.storedIn(search)) };
  }, KNOWN_DOCUMENTS);
  expect(found.sums.map(({ added }) => added)).toEqual([KNOWN.length / 2, KNOWN.length / 2]);
  expect(found.stored.toSorted()).toEqual(KNOWN_DOCUMENTS.map(({ id }) => id).toSorted());
});

test("title, url and fields come back with the hit as they were given", async ({ shared }) => {
  const document = {
    id: "whole",
    text: "The ferry to the island leaves at nine in the morning.",
    title: "Ferries",
    url: "https://example.org/ferries",
    fields: { lang: "en", year: 2024, tags: ["sea", "travel"], open: true, closed: null },
  };
  const hit = await shared.evaluate(async (document) => {
    const { search } = kept;
    await search.add([document]);
    return (await search.query("boat trip")).hits[0];
  }, document);
  expect(hit?.document).toEqual(document);
});

test("offsets give the passage text in a long document with emoji, combining marks and CRLF", async ({
  shared,
}) => {
  const [long] = makeDocuments(1, { passages: 1, sentences: 60, seed: 7 });
  const text = `  \u{1F6B2} e\u0301tude\r\n\r\n${long?.text}\r\n\u{1F469}\u200D\u{1F4BB} ${long?.text}  `;
  const hits = await shared.evaluate(async (text) => {
    const { search } = kept;
    await search.add([{ id: "long", text }]);
    return (await search.query("river", { limit: 1_000 })).hits;
  }, text);
  expect(hits.length).toBeGreaterThan(3);
  const spans = hits.map(({ passage }) => passage).toSorted((a, b) => a.start - b.start);
  let covered = "";
  for (const { text: passage, start, end } of spans) {
    expect(text.slice(start, end)).toBe(passage);
    covered += passage;
  }
  const inkOf = (text: string) => text.replaceAll(/\s/g, "");
  expect(inkOf(covered), "passages hold all of the text, and nothing twice").toBe(inkOf(text));
});

test("the same id replaces, the same content is skipped, a removed document is not found", async ({
  shared,
}) => {
  const seen = await shared.evaluate(async (documents) => {
    const { search } = kept;
    await search.add(documents);
    const again = await search.add(documents);
    const generation = search.status().counts.generation;
    const replaced = await search.add([
      { id: "bread", text: "The train to the mountains leaves from platform seven." },
    ]);
    const train = await search.query("railway station", { limit: 1 });
    const bread = await nearfield.idsOf(search, "recipe for baking bread", 1_000);
    const removed = await search.remove(["tyre", "nobody"]);
    const tyre = await nearfield.idsOf(search, "how do I change a flat tire?", 1_000);
    const counts = search.status().counts;
    return { again, generation, replaced, train: train.hits[0], bread, removed, tyre, counts };
  }, KNOWN_DOCUMENTS);
  expect(seen.again).toEqual({ added: 0, unchanged: KNOWN.length, passages: 0 });
  expect(seen.replaced).toEqual({ added: 1, unchanged: 0, passages: 1 });
  expect(seen.train?.document.id).toBe("bread");
  expect(seen.bread).toHaveLength(KNOWN.length);
  expect(seen.removed).toBe(1);
  expect(seen.tyre).not.toContain("tyre");
  expect(seen.tyre).toHaveLength(KNOWN.length - 1);
  expect(seen.counts.documents).toBe(KNOWN.length - 1);
  expect(seen.counts.generation).toBeGreaterThan(seen.generation);
});

test("after a reload everything is there and nothing is encoded again", async ({ bare, site }) => {
  await bare.evaluate(async (documents) => {
    const search = await nearfield.openSearch({ name: "reload", device: "wasm" });
    await search.add(documents);
  }, KNOWN_DOCUMENTS);
  await visit(bare, site.isolated);
  const seen = await bare.evaluate(async (documents) => {
    const search = await nearfield.openSearch({ name: "reload", device: "wasm" });
    const counts = search.status().counts;
    const ids = await nearfield.idsOf(search, "recipe for baking bread", 1);
    const again = await search.add(documents);
    return { counts, ids, again };
  }, KNOWN_DOCUMENTS);
  expect(seen.counts).toMatchObject({ documents: KNOWN.length, passages: KNOWN.length });
  expect(seen.ids).toEqual(["bread"]);
  expect(seen.again).toEqual({ added: 0, unchanged: KNOWN.length, passages: 0 });
});

test("destroy leaves no database, and the name can be used anew", async ({ bare }) => {
  const seen = await bare.evaluate(async (documents) => {
    const namesOf = async () => (await indexedDB.databases()).map(({ name }) => name ?? "");
    const search = await nearfield.openSearch({ name: "gone", device: "wasm" });
    await search.add(documents);
    const before = (await namesOf()).filter((name) => name.includes("gone"));
    await search.destroy();
    const after = (await namesOf()).filter((name) => name.includes("gone"));
    const code = await nearfield.codeOf(() => search.query("anything"));
    const anew = await nearfield.openSearch({ name: "gone", device: "wasm" });
    return { before, after, code, counts: anew.status().counts };
  }, KNOWN_DOCUMENTS);
  expect(seen.before).toHaveLength(1);
  expect(seen.after).toEqual([]);
  expect(seen.code).toBe("CLOSED");
  expect(seen.counts).toMatchObject({ documents: 0, passages: 0 });
});

test("two names are two indexes", EXTENDED, async ({ bare }) => {
  const ids = await bare.evaluate(async ([first, second]) => {
    const left = await nearfield.openSearch({ name: "left", device: "wasm" });
    const right = await nearfield.openSearch({ name: "right", device: "wasm" });
    await Promise.all([left.add(first ? [first] : []), right.add(second ? [second] : [])]);
    return [await nearfield.idsOf(left, "anything"), await nearfield.idsOf(right, "anything")];
  }, KNOWN_DOCUMENTS);
  expect(ids).toEqual([["refunds"], ["tyre"]]);
});

test("status says what is open, on which device and why, and how it is stored", async ({
  bare,
}) => {
  const seen = await bare.evaluate(async (documents) => {
    const search = await nearfield.openSearch({ name: "status", device: "wasm" });
    const before = search.status();
    await search.add(documents);
    await search.query("anything");
    const after = search.status();
    await search.close();
    return { before, after, closed: search.status() };
  }, KNOWN_DOCUMENTS);
  expect(seen.before).toMatchObject({ name: "status", state: "open" });
  expect(seen.before.counts).toMatchObject({ documents: 0, passages: 0 });
  expect(seen.before.devices.document.state).toBe("idle");
  expect(seen.after).toMatchObject({
    model: { name: "nearfield-pocket", dimensions: 384 },
    devices: {
      query: { state: "ready", device: "wasm" },
      document: { state: "ready", device: "wasm" },
    },
    counts: { documents: KNOWN.length, passages: KNOWN.length },
    degraded: [],
  });
  expect(["persistent", "best-effort"]).toContain(seen.after.persistence);
  expect(seen.after.scanner).toMatch(/^wasm/);
  expect(seen.closed.state).toBe("closed");
});
