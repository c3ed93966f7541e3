import { RetrievalError, type DocumentInput } from "@nearfield/core";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { IngestProgress } from "./calls.ts";
import { MemoryIndex } from "./fixtures/memory-index.ts";
import { WordEmbedder } from "./fixtures/word-embedder.ts";
import { ingest } from "./ingest.ts";

let index: MemoryIndex;
let embedder: WordEmbedder;
beforeEach(() => {
  index = new MemoryIndex();
  embedder = new WordEmbedder();
});

const sentences = (count: number, word = "word") =>
  Array.from({ length: count }, (_, i) => `This is ${word} number ${i} of them.`).join(" ");

/** `count` documents of about `passages` passages each. */
const library = (count: number, passages = 1): DocumentInput[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `d${i}`,
    text: sentences(passages * 5, `w${i}`),
  }));

const add = (documents: readonly DocumentInput[], more: Parameters<typeof ingest>[2] = {}) =>
  ingest(documents, { embedder, index }, more);

/** The error of a call that has to fail. */
const failureOf = (call: Promise<unknown>): Promise<RetrievalError> =>
  call.then(
    () => expect.fail("the call succeeded"),
    (thrown: unknown) => thrown as RetrievalError,
  );

describe("documents", () => {
  test("are stored with a vector for each passage, in the order of the text", async () => {
    const documents = library(7, 6);
    const report = await add(documents);
    expect([...index.entries.keys()]).toEqual(documents.map(({ id }) => id));
    let passages = 0;
    for (const { document, vectors } of index.entries.values()) {
      expect(document).toMatchObject(documents.find(({ id }) => id === document.id) ?? {});
      expect(document.passages.length).toBeGreaterThan(3);
      for (const [ordinal, { start, end }] of document.passages.entries()) {
        const vector = vectors.slice(ordinal * 8, ordinal * 8 + 8);
        expect(vector).toEqual(embedder.vectorOf(document.text.slice(start, end)));
      }
      passages += document.passages.length;
    }
    expect(report).toMatchObject({ added: 7, unchanged: 0, passages });
    expect(report.index).toMatchObject({ entries: 7, rows: passages });
  });

  test("with a title are encoded with the title before each passage", async () => {
    const text = sentences(20);
    await add([{ id: "a", title: " On words ", text }]);
    const { passages = [] } = index.entries.get("a")?.document ?? {};
    expect(embedder.texts).toEqual(
      passages.map(({ start, end }) => `On words ${text.slice(start, end)}`),
    );
    for (const encoded of embedder.texts) {
      expect(embedder.countTokens(encoded)).toBeLessThanOrEqual(embedder.maxTokens);
    }
  });

  test("give their title to a model that has a place for it, and the passage stays bare", async () => {
    embedder.takesTitles = true;
    const text = sentences(20);
    await add([
      { id: "a", title: " On words ", text },
      { id: "b", text: "Without." },
    ]);
    const { passages = [] } = index.entries.get("a")?.document ?? {};
    const bare = passages.map(({ start, end }) => text.slice(start, end));
    expect(embedder.texts).toEqual([...bare, "Without."]);
    expect(embedder.titles).toEqual([...bare.map(() => "On words"), null]);
    for (const encoded of bare) {
      expect(embedder.countTokens(encoded)).toBeLessThanOrEqual(embedder.maxTokens - 2);
    }
  });

  test("with an endless title keep three quarters of the budget for themselves", async () => {
    await add([{ id: "a", title: "title ".repeat(1000), text: sentences(60) }]);
    for (const encoded of embedder.texts) {
      expect(embedder.countTokens(encoded)).toBeLessThanOrEqual(embedder.maxTokens);
      const words = encoded.split(" ");
      const ofTitle = words.filter((word) => word === "title").length;
      expect(ofTitle).toBeGreaterThan(0);
      expect(ofTitle).toBeLessThanOrEqual(16);
    }
    const longest = Math.max(...embedder.texts.map((text) => embedder.countTokens(text)));
    expect(longest).toBeGreaterThan(24);
  });

  test("that are stored already, unchanged, are not encoded again", async () => {
    await add(library(5));
    embedder.texts.length = 0;
    const report = await add([...library(5), { id: "new", text: "A new one." }]);
    expect(report).toMatchObject({ added: 1, unchanged: 5, passages: 1 });
    expect(embedder.texts).toEqual(["A new one."]);
  });

  test.each([
    ["text", { text: "Another text." }],
    ["title", { title: "Another title" }],
    ["url", { url: "/b" }],
    ["fields", { fields: { lang: "de", year: 1 } }],
  ])("whose %s has changed are stored again", async (_, change) => {
    const document = { id: "a", text: "A text.", url: "/a", fields: { year: 1, lang: "en" } };
    await add([document]);
    expect(await add([{ ...document, fields: { lang: "en", year: 1 } }])).toMatchObject({
      added: 0,
    });
    expect(await add([{ ...document, ...change }])).toMatchObject({ added: 1, unchanged: 0 });
    expect(index.entries.get("a")?.document).toMatchObject(change);
  });

  test("of no call at all need no index", async () => {
    expect(await add([])).toEqual({ added: 0, unchanged: 0, passages: 0, index: null });
    expect(index.questions).toBe(0);
  });

  test("many are asked for in a few questions", async () => {
    await add(library(600));
    expect(index.questions).toBe(3);
    expect(index.entries.size).toBe(600);
  });

  test("without text, or twice in a call, are refused before anything is stored", async () => {
    const empty = await failureOf(add([...library(2), { id: "e", text: " \n" }]));
    expect(empty).toMatchObject({ code: "EMPTY_TEXT", value: "e" });
    const twice = await failureOf(add([...library(2), ...library(1)]));
    expect(twice).toMatchObject({ code: "DUPLICATE_ID", value: "d0" });
    expect(index.questions).toBe(0);
  });
});

describe("commits", () => {
  test("hold whole documents, and about 128 passages", async () => {
    await add(library(300));
    expect(index.commits).toEqual([
      { entries: 128, rows: 128 },
      { entries: 128, rows: 128 },
      { entries: 44, rows: 44 },
    ]);
    index.commits.length = 0;
    const [long] = library(1, 400);
    await add([{ ...(long as DocumentInput), id: "long" }]);
    expect(index.commits).toHaveLength(1);
    expect(index.commits[0]?.rows).toBeGreaterThan(250);
  });

  test("come early when documents are large", async () => {
    const fields = { blob: "x".repeat(50_000) };
    await add(library(64).map((document) => ({ ...document, fields })));
    expect(index.commits.length).toBeGreaterThan(2);
  });

  test("are two in flight at most, while the encoder goes on", async () => {
    const open: (() => void)[] = [];
    index.gate = () => new Promise((resolve) => open.push(resolve));
    const adding = add(library(128 * 5));
    await vi.waitFor(() => expect(embedder.texts).toHaveLength(128 * 3));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(index.inFlight).toBe(2);
    expect(embedder.texts).toHaveLength(128 * 3);
    index.gate = async () => {};
    for (const go of open) go();
    expect(await adding).toMatchObject({ added: 128 * 5 });
    expect(index.mostInFlight).toBe(2);
  });

  test("that fail stop the call, which says how many documents are stored", async () => {
    index.gate = async (nth) => {
      if (nth === 2) throw new RetrievalError("STORAGE_FULL", "no room", { repair: "Free some." });
    };
    const failure = await failureOf(add(library(1000)));
    expect(failure).toMatchObject({ code: "STORAGE_FULL", repair: "Free some." });
    expect(failure.value).toBe(index.entries.size);
    expect(failure.message).toContain(`${index.entries.size} of 1000 documents are stored`);
    expect(embedder.texts.length).toBeLessThan(1000);
    index.gate = async () => {};
    const { added, unchanged } = await add(library(1000));
    expect(unchanged).toBe(failure.value);
    expect(added + unchanged).toBe(1000);
  });

  test("that throw something raw fail with an error of ours", async () => {
    index.gate = () => Promise.reject(new TypeError("raw"));
    expect(await failureOf(add(library(1)))).toMatchObject({ code: "INTERNAL", value: 0 });
  });
});

describe("progress", () => {
  test("grows after each encoded batch and after each commit, and ends with everything", async () => {
    await add(library(10));
    const seen: IngestProgress[] = [];
    await add(library(200), { onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toEqual({ documents: 10, passages: 0, index: null });
    expect(seen.at(-1)).toMatchObject({ documents: 200, passages: 190 });
    expect(seen.at(-1)?.index?.entries).toBe(200);
    for (const [i, progress] of seen.entries()) {
      const before = seen[i - 1] ?? { documents: 0, passages: 0 };
      expect(progress.documents).toBeGreaterThanOrEqual(before.documents);
      expect(progress.passages).toBeGreaterThanOrEqual(before.passages);
    }
    expect(new Set(seen.map(({ passages }) => passages)).size).toBeGreaterThan(10);
  });

  test("counts a document only when it is durable", async () => {
    const seen: number[] = [];
    index.gate = async () => {
      expect(Math.max(0, ...seen)).toBe(index.entries.size);
    };
    const onProgress = ({ documents }: IngestProgress) => {
      expect(documents).toBe(index.entries.size);
      seen.push(documents);
    };
    await add(library(300), { onProgress });
    expect(seen.at(-1)).toBe(300);
  });
});

describe("an abort", () => {
  const gone = new Error("gone");

  test("before the start stores nothing", async () => {
    const failure = await failureOf(add(library(3), { signal: AbortSignal.abort(gone) }));
    expect(failure).toMatchObject({ code: "ABORTED", cause: gone, value: 0 });
    expect(index.entries.size).toBe(0);
  });

  test("between two batches keeps what was acknowledged, whole", async () => {
    const controller = new AbortController();
    const documents = library(400, 2);
    const failure = await failureOf(
      add(documents, {
        signal: controller.signal,
        onProgress: ({ documents: stored }) => {
          if (stored > 100) controller.abort(gone);
        },
      }),
    );
    expect(failure).toMatchObject({ code: "ABORTED", cause: gone, value: index.entries.size });
    expect(index.entries.size).toBeGreaterThan(100);
    expect(index.entries.size).toBeLessThan(400);
    const again = await add(documents);
    expect(again).toMatchObject({ unchanged: failure.value, added: 400 - Number(failure.value) });
  });

  test("in the middle of a long document stores nothing of it", async () => {
    const controller = new AbortController();
    embedder.gate = async (done) => {
      if (embedder.texts.length + done > 150) controller.abort(gone);
    };
    const failure = await failureOf(add(library(1, 400), { signal: controller.signal }));
    expect(failure).toMatchObject({ code: "ABORTED", value: 0 });
    expect(index.commits).toEqual([]);
  });

  test("reaches a call whose encoder or index hangs", async () => {
    const controller = new AbortController();
    embedder.gate = () => new Promise(() => {});
    const hanging = failureOf(add(library(1), { signal: controller.signal }));
    await vi.waitFor(() => expect(index.questions).toBe(1));
    controller.abort(gone);
    expect((await hanging).code).toBe("ABORTED");
  });

  test("waits a moment for a commit that is on its way, and gives up one that hangs", async () => {
    const controller = new AbortController();
    let given: AbortSignal | undefined;
    index.gate = (_, signal) => {
      given = signal;
      return new Promise(() => {});
    };
    const hanging = failureOf(add(library(1), { signal: controller.signal }));
    await vi.waitFor(() => expect(index.inFlight).toBe(1));
    controller.abort(gone);
    expect(given?.aborted).toBe(false);
    expect(await hanging).toMatchObject({ code: "ABORTED", value: 0 });
    expect(given?.aborted).toBe(true);
  });

  test("leaves no listener on the signal", async () => {
    const { signal } = new AbortController();
    const adding = vi.spyOn(signal, "addEventListener");
    const removing = vi.spyOn(signal, "removeEventListener");
    await add(library(3), { signal });
    expect(removing.mock.calls).toHaveLength(adding.mock.calls.length);
  });
});

describe("an encoder", () => {
  test("that fails fails the call, with what is stored", async () => {
    embedder.gate = async () => {
      if (index.commits.length >= 1) throw new RetrievalError("DEVICE_LOST", "the GPU went away");
    };
    const failure = await failureOf(add(library(1000)));
    expect(failure).toMatchObject({ code: "DEVICE_LOST", value: index.entries.size });
    expect(index.entries.size).toBeGreaterThan(0);
  });

  test("that gives too few vectors stores nothing", async () => {
    embedder.embed = async () => [];
    expect((await failureOf(add(library(2)))).code).toBe("INTERNAL");
    expect(index.entries.size).toBe(0);
  });
});
