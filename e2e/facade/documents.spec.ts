import { KNOWN, KNOWN_DOCUMENTS } from "../harness/corpus.ts";
import { expect, RUN_ALL, test } from "../harness/fixtures.ts";

const QUESTION = "recipe for baking bread";

test("each bad document is refused by its code, and what was stored before is still found", async ({
  shared,
}) => {
  const seen = await shared.evaluate(
    async ({ documents, question }) => {
      const { search } = kept;
      await search.add(documents);
      const text = "fine";
      // Made here: some of these values could not cross from the test to the page.
      const bad: Record<string, unknown[]> = {
        "empty text": [{ id: "a", text: "" }],
        "white space": [{ id: "a", text: " \n\t\u00a0\u2003\ufeff" }],
        "no text": [{ id: "a" }],
        "text is a number": [{ id: "a", text: 7 }],
        "id is a number": [{ id: 7, text }],
        "id is an object": [{ id: { toString: () => "a" }, text }],
        "id is null": [{ id: null, text }],
        "id is missing": [{ text }],
        "id is empty": [{ id: "", text }],
        "id is too long": [{ id: "a".repeat(1_025), text }],
        "the same id twice": [
          { id: "a", text },
          { id: "b", text },
          { id: "a", text: "other" },
        ],
        "null in place of a document": [null],
        "a string in place of a document": ["fine"],
        "one bad document among good ones": [
          { id: "good", text },
          { id: "a", text: "" },
        ],
        "a field that can not be stored": [{ id: "a", text, fields: { run: () => 1 } }],
      };
      const codes: Record<string, string> = {};
      const lost: string[] = [];
      for (const [what, documents] of Object.entries(bad)) {
        codes[what] = await nearfield.codeOf(() => search.add(documents as never));
        const [best] = await nearfield.idsOf(search, question, 1_000);
        if (best !== "bread") lost.push(what);
      }
      codes["no iterable"] = await nearfield.codeOf(() => search.add({} as never));
      codes["a string as iterable"] = await nearfield.codeOf(() => search.add("ab" as never));
      const stored = Object.keys(await nearfield.storedIn(search));
      return { codes, lost, stored, degraded: search.status().degraded };
    },
    { documents: KNOWN_DOCUMENTS, question: QUESTION },
  );
  expect(seen.codes).toEqual({
    "empty text": "EMPTY_TEXT",
    "white space": "EMPTY_TEXT",
    "no text": "INVALID_DOCUMENT",
    "text is a number": "INVALID_DOCUMENT",
    "id is a number": "INVALID_DOCUMENT",
    "id is an object": "INVALID_DOCUMENT",
    "id is null": "INVALID_DOCUMENT",
    "id is missing": "INVALID_DOCUMENT",
    "id is empty": "INVALID_DOCUMENT",
    "id is too long": "INPUT_TOO_LARGE",
    "the same id twice": "DUPLICATE_ID",
    "null in place of a document": "INVALID_DOCUMENT",
    "a string in place of a document": "INVALID_DOCUMENT",
    "one bad document among good ones": "EMPTY_TEXT",
    "a field that can not be stored": "INVALID_DOCUMENT",
    "no iterable": "INVALID_DOCUMENT",
    "a string as iterable": "INVALID_DOCUMENT",
  });
  expect(seen.lost).toEqual([]);
  expect(seen.stored.toSorted()).toEqual(KNOWN_DOCUMENTS.map(({ id }) => id).toSorted());
  expect(seen.degraded).toEqual([]);
});

test("odd but honest text and ids are stored unit by unit as they came", async ({ shared }) => {
  const seen = await shared.evaluate(async () => {
    const { search } = kept;
    const odd: Record<string, string> = {
      "lone surrogates": "a broken \ud800 smile \udc00 in the middle \udbff",
      NUL: "zero\u0000terminated\u0000strings",
      "only NUL": "\u0000",
      "only a lone surrogate": "\ud800",
      "markup is text": `<img src=x onerror="alert(1)"> </mark><script>alert(2)</script>`,
      "an endless word": "x".repeat(20_000),
      "right to left": "\u202eעברית\u202c and back",
      __proto__: "the id is the name of a getter",
      constructor: "the id is the name of a function",
      "id with \ud800 surrogate": "the id is no valid UTF-8",
      "id with \u0000 NUL": "the id has a NUL",
      é: "composed",
      "e\u0301": "decomposed",
    };
    // A literal would have set the prototype.
    const ids = [...Object.keys(odd), "__proto__"].filter((id, at, all) => all.indexOf(id) === at);
    const textOf = (id: string) => (id === "__proto__" ? "a prototype as id" : (odd[id] ?? ""));
    const sum = await search.add(ids.map((id) => ({ id, text: textOf(id) })));
    const { hits } = await search.query("anything", { limit: 1_000 });
    const wrong = hits.filter(
      ({ document, passage }) =>
        document.text !== textOf(document.id) ||
        document.text.slice(passage.start, passage.end) !== passage.text,
    );
    const found = new Set(hits.map(({ document }) => document.id));
    const polluted = "isPolluted" in {};
    const removed = await search.remove(ids);
    return {
      sum,
      missing: ids.filter((id) => !found.has(id)),
      wrong: wrong.map(({ document }) => document.id),
      count: ids.length,
      polluted,
      removed,
    };
  });
  expect(seen.missing).toEqual([]);
  expect(seen.wrong).toEqual([]);
  expect(seen.sum.added).toBe(seen.count);
  expect(seen.removed).toBe(seen.count);
  expect(seen.polluted).toBe(false);
});

test("a document of 5 MB is refused by its code; the largest that is taken can be left half-way; nothing else suffers", async ({
  shared,
}) => {
  const seen = await shared.evaluate(
    async ({ documents, question }) => {
      const { codeOf, idsOf, storedIn } = nearfield;
      const { search } = kept;
      await search.add(documents);
      const text = "The quick brown fox jumps over the lazy dog again and again. ".repeat(86_000);
      const codes = {
        "5 MB": await codeOf(() => search.add([{ id: "large", text: text.slice(0, 5 * 2 ** 20) }])),
        "5 MB as a query": await codeOf(() => search.query(text)),
      };
      // Thousands of passages take minutes: what counts is that the work begins, can be left, and hurts nobody.
      const leaving = new AbortController();
      let encoded = 0;
      const adding = codeOf(() =>
        search.add([{ id: "long book", text: text.slice(0, 4_000_000) }], {
          signal: leaving.signal,
          onProgress: ({ passages }) => {
            encoded = passages;
            if (passages > 0) leaving.abort();
          },
        }),
      );
      const [during] = await idsOf(search, question);
      const left = await adding;
      const small = await search.add([{ id: "small", text: "A short note after the long book." }]);
      const stored = Object.keys(await storedIn(search));
      return { codes, left, encoded, during, small, stored };
    },
    { documents: KNOWN_DOCUMENTS, question: QUESTION },
  );
  expect(seen.codes).toEqual({ "5 MB": "INPUT_TOO_LARGE", "5 MB as a query": "INPUT_TOO_LARGE" });
  expect(seen.left).toBe("ABORTED");
  expect(seen.encoded).toBeGreaterThan(0);
  expect(seen.during).toBe("bread");
  expect(seen.small.added).toBe(1);
  expect(seen.stored.toSorted()).toEqual(
    [...KNOWN_DOCUMENTS.map(({ id }) => id), "small"].toSorted(),
  );
});

test("thousands of tiny documents are stored, every one", async ({ shared }) => {
  test.setTimeout(600_000);
  const count = RUN_ALL ? 10_000 : 1_000;
  const seen = await shared.evaluate(async (count) => {
    const { search } = kept;
    const tiny = Array.from({ length: count }, (_, at) => ({ id: `${at}`, text: `note ${at}` }));
    const started = performance.now();
    const sum = await search.add(tiny);
    const ms = performance.now() - started;
    const again = await search.add(tiny);
    const ids = await nearfield.idsOf(search, `note ${count - 1}`, 1_000);
    const counts = search.status().counts;
    return { sum, ms, again, ids: ids.length, counts };
  }, count);
  console.log(`${count} tiny documents: ${Math.round(seen.ms)} ms`);
  expect(seen.sum).toEqual({ added: count, unchanged: 0, passages: count });
  expect(seen.again).toEqual({ added: 0, unchanged: count, passages: 0 });
  expect(seen.ids).toBe(1_000);
  expect(seen.counts).toMatchObject({ documents: count, passages: count });
});

test("an iterable that throws half-way keeps what it gave before, and says whose error it was", async ({
  shared,
}) => {
  const seen = await shared.evaluate(async (documents) => {
    const { search } = kept;
    const half = documents.length / 2;
    function* failing() {
      yield* documents.slice(0, half);
      throw new RangeError("the source ran dry");
    }
    async function* rejecting() {
      yield { id: "last", text: "Before the end." };
      throw new RangeError("the network went away");
    }
    async function* endless() {
      for (let at = 0; ; at++) yield { id: "same", text: `number ${at}` };
    }
    const acknowledged: number[] = [];
    const thrown: unknown = await search
      .add(failing(), { onProgress: ({ documents }) => acknowledged.push(documents) })
      .catch((error: unknown) => error);
    const { RetrievalError } = nearfield;
    const cause =
      thrown instanceof RetrievalError ? [thrown.code, String(thrown.cause)] : [String(thrown)];
    const stored = Object.keys(await nearfield.storedIn(search));
    const codes = [
      await nearfield.codeOf(() => search.add(rejecting())),
      await nearfield.codeOf(() => search.add(endless())),
    ];
    const rest = await search.add(documents);
    const all = Object.keys(await nearfield.storedIn(search));
    return { acknowledged, cause, stored, codes, rest, all };
  }, KNOWN_DOCUMENTS);
  expect(seen.cause).toEqual(["SOURCE_FAILED", "RangeError: the source ran dry"]);
  const half = KNOWN_DOCUMENTS.slice(0, KNOWN_DOCUMENTS.length / 2).map(({ id }) => id);
  expect(seen.acknowledged.at(-1)).toBe(half.length);
  expect(seen.stored.toSorted()).toEqual(half.toSorted());
  expect(seen.codes).toEqual(["SOURCE_FAILED", "DUPLICATE_ID"]);
  expect(seen.rest.added + seen.rest.unchanged).toBe(KNOWN.length);
  expect(seen.all).toEqual(expect.arrayContaining(KNOWN_DOCUMENTS.map(({ id }) => id)));
});
