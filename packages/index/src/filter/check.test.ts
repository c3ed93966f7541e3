import { isRetrievalError, type RetrievalError } from "@nearfield/core";
import { expect, it } from "vitest";
import { checkFilter } from "./check.ts";

function refusalOf(filter: unknown): RetrievalError {
  try {
    checkFilter(filter);
  } catch (thrown) {
    if (isRetrievalError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("nothing was refused");
}

it.each<[string, unknown]>([
  ["null", null],
  ["a string", "lang = en"],
  ["a number", 7],
  ["an array", [{ lang: "en" }]],
  ["a function", () => true],
  ["a map", new Map([["lang", "en"]])],
  ["an object of a class", new (class Query {})()],
  ["too many fields", Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`f${at}`, 1]))],
])("%s is no filter", (_, filter) => {
  expect(refusalOf(filter)).toMatchObject({ code: "INVALID_FILTER" });
});

it.each<[string, unknown]>([
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["Infinity", -Infinity],
  ["a bigint", 1n],
  ["a symbol", Symbol("en")],
  ["a function", () => "en"],
  ["a date", new Date(0)],
  ["a regular expression", /en/],
  ["an array", ["en", "de"]],
  ["no operator", {}],
  ["an unknown operator", { like: "e%" }],
  ["an operator in capitals", { EQ: 1 }],
  ["an operator of another language", { $gt: 1 }],
  ["a good and an unknown operator", { eq: 1, near: 2 }],
  ["an operator that is undefined", { gte: undefined }],
  ["NaN to compare with", { gt: Number.NaN }],
  ["Infinity to equal", { eq: Infinity }],
  ["a boolean to be greater than", { gt: true }],
  ["null to be less than", { lt: null }],
  ["an array to equal", { eq: [1] }],
  ["an object to equal", { eq: { eq: 1 } }],
  ["a deep condition", { not: { not: { not: { eq: 1 } } } }],
  ["in with a string", { in: "en" }],
  ["in with a set", { in: new Set(["en"]) }],
  ["in with an array in it", { in: [["en"]] }],
  ["in with a hole", { in: [1, , 2] }], // oxlint-disable-line no-sparse-arrays
  ["in with NaN", { in: [1, Number.NaN] }],
  ["nin with undefined", { nin: [undefined] }],
  ["too many values", { in: Array.from({ length: 1_000_001 }, () => 0) }],
  ["exists with a number", { exists: 1 }],
  ["a path into prototypes", JSON.parse('{"__proto__":{"eq":1}}')],
  ["a symbol for an operator", { [Symbol("eq")]: 1 }],
  ["a prototype with operators", Object.create({ eq: 1 })],
])("a field with %s is refused by name", (_, condition) => {
  const refusal = refusalOf({ good: 1, lang: condition });
  expect(refusal.code).toBe("INVALID_FILTER");
  expect(refusal.message).toContain('"lang"');
  expect(refusal.repair).toMatch(/^(Give|Use) .+\.$/);
});

it.each(["__proto__", "constructor", "prototype"])("%s is not the name of a field", (name) => {
  const filter: unknown = JSON.parse(`{"${name}":1}`);
  expect(refusalOf(filter).message).toContain(`"${name}"`);
  expect({}).not.toHaveProperty("polluted");
});

it("a symbol is not the name of a field", () => {
  expect(refusalOf({ [Symbol("lang")]: "en" }).code).toBe("INVALID_FILTER");
});

it("a filter that throws when it is read is refused with its error as the cause", () => {
  const cause = new Error("no");
  const throwing = {
    get lang(): string {
      throw cause;
    },
  };
  expect(refusalOf(throwing)).toMatchObject({ code: "INVALID_FILTER", cause });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(refusalOf(proxy).code).toBe("INVALID_FILTER");
});

it("the refusal of a huge name or value is short", () => {
  expect(refusalOf({ ["x".repeat(1e6)]: undefined }).message.length).toBeLessThan(400);
  expect(refusalOf({ lang: { ["x".repeat(1e6)]: 1 } }).message.length).toBeLessThan(400);
});

it("a good filter comes back as it was, as a copy that later changes do not reach", () => {
  const filter = {
    lang: "en",
    draft: false,
    until: null,
    year: { gte: 2020, lt: 2030.5, ne: 2025 },
    tag: { in: ["a", 1, true, null], nin: [], exists: true },
    "a.b": { eq: "", gt: "a", lte: "z" },
  };
  const before = structuredClone(filter);
  const checked = checkFilter(filter);
  filter.tag.in.push("b");
  filter.year.gte = 0;
  expect(checked).toEqual(before);
  expect(checkFilter({})).toEqual({});
  expect(checkFilter(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 });
});
