import { afterEach, expect, test, vi } from "vitest";
import { checkIndexOptions, checkIndexQuery } from "./index-options.ts";
import { checkAddOptions, checkEncoderOptions, checkSearchOptions } from "./options.ts";
import { checkQuery, checkStream } from "./query-options.ts";

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
  return "no error";
};

afterEach(() => void vi.unstubAllGlobals());

test("a page that is no secure context is refused by its code, whatever it opens", () => {
  const open = [
    () => checkSearchOptions({ name: "a" }),
    () => checkEncoderOptions({}),
    () => checkIndexOptions({ name: "a", dimensions: 3 }),
  ];
  expect(open.map(codeOf)).toEqual(["no error", "no error", "no error"]);
  vi.stubGlobal("isSecureContext", false);
  expect(open.map(codeOf)).toEqual(["INSECURE_CONTEXT", "INSECURE_CONTEXT", "INSECURE_CONTEXT"]);
});

test("a name alone is enough to open", () => {
  expect(checkSearchOptions({ name: "a" })).toEqual({ name: "a" });
});

test.each([
  ["nothing", undefined],
  ["a string", "handbook"],
  ["no name", {}],
  ["an empty name", { name: "" }],
  ["a name that is no string", { name: 7 }],
  ["a name that is too long", { name: "x".repeat(201) }],
  ["an unknown device", { name: "a", device: "gpu" }],
  ["a model that is neither a name nor a card", { name: "a", model: 7 }],
  ["dimensions that are no number", { name: "a", dimensions: NaN }],
  ["an unknown option", { name: "a", modle: "pocket" }],
  ["an unknown storage", { name: "a", storage: "disk" }],
  ["a storage that is null", { name: "a", storage: null }],
  ["a warmth that is no boolean", { name: "a", warm: "later" }],
  ["an option that is a query's", { name: "a", explain: true }],
  ["a worker instead of a factory", { name: "a", workers: { query: {} } }],
  ["a worker of an unknown role", { name: "a", workers: { ranker: () => {} } }],
])("opening with %s is an INVALID_OPTION", (_, options) => {
  expect(codeOf(() => checkSearchOptions(options))).toBe("INVALID_OPTION");
});

test("an unknown option is named together with those there are", () => {
  expect(() => checkEncoderOptions({ devices: "wasm" })).toThrow(/"devices".*device/);
});

test.each([0, -1, 1.5, NaN, Infinity, 1e9, "10", null])("a limit of %s is refused", (limit) => {
  expect(codeOf(() => checkQuery("x", { limit }))).toBe("INVALID_OPTION");
});

test.each(["", " ", "\n\t\u00a0", "\u3000"])("a query of %j is empty", (text) => {
  expect(codeOf(() => checkQuery(text, {}))).toBe("EMPTY_TEXT");
});

test.each([undefined, null, 7, {}, ["x"]])("a query that is %j is an INVALID_OPTION", (text) => {
  expect(codeOf(() => checkQuery(text, {}))).toBe("INVALID_OPTION");
});

test("a query of a megabyte is too large", () => {
  expect(codeOf(() => checkQuery("x".repeat(1e6), {}))).toBe("INPUT_TOO_LARGE");
});

test("a query has ten hits unless told", () => {
  expect(checkQuery("x", undefined).question.limit).toBe(10);
  expect(checkQuery("x", { limit: 1000 }).question.limit).toBe(1000);
});

test.each([{ signal: {} }, { onProgress: 1 }, { signals: null }])(
  "adding with %j is an INVALID_OPTION",
  (options) => {
    expect(codeOf(() => checkAddOptions(options))).toBe("INVALID_OPTION");
  },
);

test("a filter is copied when it comes, and a bad one is refused by field", () => {
  const filter = { lang: "en", year: { gte: 2020 } };
  const { question } = checkQuery("x", { filter });
  filter.lang = "de";
  expect(question.filter).toEqual({ lang: "en", year: { gte: 2020 } });
  expect(codeOf(() => checkQuery("x", { filter: { lang: ["en"] } }))).toBe("INVALID_FILTER");
  expect(() => checkQuery("x", { filter: { year: { after: 2020 } } })).toThrow(/"year".*"after"/);
  expect(codeOf(() => checkQuery("x", { filter: null }))).toBe("INVALID_FILTER");
});

test("a query is by meaning and by words unless told", () => {
  expect(checkQuery("x", undefined)).toMatchObject({
    question: { mode: "hybrid" },
    explain: false,
  });
  for (const mode of ["hybrid", "dense", "lexical"]) {
    expect(checkQuery("x", { mode }).question.mode).toBe(mode);
    expect(checkStream("x", { mode }).question.mode).toBe(mode);
  }
});

test.each([
  ["an unknown mode", { mode: "keyword" }],
  ["a mode that is no string", { mode: 1 }],
  ["an explain that is neither true nor false", { explain: "yes" }],
  ["a key, which is for streams", { key: "box" }],
])("a query with %s is an INVALID_OPTION", (_, options) => {
  expect(codeOf(() => checkQuery("x", options))).toBe("INVALID_OPTION");
});

test("a query of an index, whose rows have no text, takes no reranker", () => {
  expect(codeOf(() => checkIndexQuery({ rerank: true }))).toBe("INVALID_OPTION");
  expect(codeOf(() => checkIndexQuery({ rerank: { candidates: 5 } }))).toBe("INVALID_OPTION");
});

test("a stream takes a key, and what a query takes but explain", () => {
  expect(checkStream("x", { key: "box", limit: 3 })).toMatchObject({
    key: "box",
    question: { limit: 3 },
  });
  expect(codeOf(() => checkStream("x", { key: 7 }))).toBe("INVALID_OPTION");
  expect(codeOf(() => checkStream("x", { explain: true }))).toBe("INVALID_OPTION");
  expect(codeOf(() => checkStream(" ", {}))).toBe("EMPTY_TEXT");
});
