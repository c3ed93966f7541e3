import { RetrievalError } from "@nearfield/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { validateDocument } from "./documents.ts";
import {
  MAX_FIELDS_LENGTH,
  MAX_ID_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_URL_LENGTH,
} from "./limits.ts";

function codeOf(value: unknown): string {
  try {
    validateDocument(value, 3);
    return "none";
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RetrievalError);
    const error = thrown as RetrievalError;
    expect(error.message).toContain("document 3");
    expect(error.repair).toBeTruthy();
    return error.code;
  }
}

const good = { id: "a", text: "some text" };

describe("a document that is taken", () => {
  test("comes back as a frozen plain copy", () => {
    const source = {
      ...good,
      title: "T",
      url: "/a",
      fields: { lang: "en", year: 2020, open: true, none: null, tags: ["a", 1, false] },
    };
    const copy = validateDocument(source, 0);
    expect(copy).toEqual(source);
    expect(copy).not.toBe(source);
    expect(Object.isFrozen(copy) && Object.isFrozen(copy.fields)).toBe(true);
    expect(Object.isFrozen(copy.fields?.["tags"])).toBe(true);
    expect(copy.fields?.["tags"]).not.toBe(source.fields.tags);
    expect(structuredClone(copy)).toEqual(source);
  });

  test.each(["__proto__", "constructor", "toString", " a ", "\ud800", "\0", "e\u0301", "0"])(
    "may have the id %j, which stays as it is",
    (id) => expect(validateDocument({ ...good, id }, 0).id).toBe(id),
  );

  test("may have properties that are undefined, which are left out", () => {
    const fields = { a: undefined, b: 1 };
    const copy = validateDocument({ ...good, title: undefined, url: undefined, fields }, 0);
    expect(Object.keys(copy)).toEqual(["id", "text", "fields"]);
    expect(Object.keys(copy.fields ?? {})).toEqual(["b"]);
  });

  test("may be an object of a class, each property read once", () => {
    let reads = 0;
    class Row {
      readonly id = "a";
      get text(): string {
        reads++;
        return "text";
      }
    }
    expect(validateDocument(new Row(), 0)).toEqual({ id: "a", text: "text" });
    expect(reads).toBe(1);
  });

  test("has fields of its own properties only", () => {
    const fields = Object.assign(Object.create({ inherited: 1 }) as object, { own: 2 });
    expect(validateDocument({ ...good, fields }, 0).fields).toEqual({ own: 2 });
  });

  test("may be as large as the limits say", () => {
    const largest = {
      id: "i".repeat(MAX_ID_LENGTH),
      text: "t".repeat(MAX_TEXT_LENGTH),
      title: "t".repeat(MAX_TITLE_LENGTH),
      url: "u".repeat(MAX_URL_LENGTH),
      fields: { a: "f".repeat(MAX_FIELDS_LENGTH - 17) },
    };
    expect(codeOf(largest)).toBe("none");
    expect(codeOf({ ...largest, id: `${largest.id}i` })).toBe("INPUT_TOO_LARGE");
    expect(codeOf({ ...largest, text: `${largest.text}t` })).toBe("INPUT_TOO_LARGE");
    expect(codeOf({ ...largest, title: `${largest.title}t` })).toBe("INPUT_TOO_LARGE");
    expect(codeOf({ ...largest, url: `${largest.url}u` })).toBe("INPUT_TOO_LARGE");
    expect(codeOf({ ...largest, fields: { a: `${largest.fields.a}f` } })).toBe("INPUT_TOO_LARGE");
  });
});

describe("a document that is refused", () => {
  test.each([null, undefined, "text", 1, [], [good], () => good, Symbol("s")])("%o", (value) => {
    expect(codeOf(value)).toBe("INVALID_DOCUMENT");
  });

  test.each([
    [{ text: "x" }],
    [{ id: "a" }],
    [{ ...good, id: 1 }],
    [{ ...good, id: "" }],
    [{ ...good, id: null }],
    [{ ...good, id: Object("a") }],
    [{ ...good, text: 5 }],
    [{ ...good, title: null }],
    [{ ...good, url: new URL("https://example.org") }],
    [{ ...good, fields: [] }],
    [{ ...good, fields: null }],
    [{ ...good, fields: "x" }],
    [{ ...good, body: "x" }],
  ])("%o", (value) => {
    expect(codeOf(value)).toBe("INVALID_DOCUMENT");
  });

  test.each(["", " ", "\n\t\u3000\ufeff\u2028"])("for its text %j", (text) => {
    expect(codeOf({ ...good, text })).toBe("EMPTY_TEXT");
  });

  test.each([
    Number.NaN,
    Infinity,
    1n,
    Symbol("s"),
    () => 1,
    {},
    new Date(0),
    new Map(),
    [null],
    [[1]],
    [undefined],
    Array(3),
    [Number.NaN],
  ])("for a field that is %o", (value) => {
    expect(codeOf({ ...good, fields: { a: value } })).toBe("INVALID_DOCUMENT");
  });

  test.each(["__proto__", "constructor", "prototype"])("for a field named %s", (name) => {
    const fields: unknown = JSON.parse(`{"${name}": {"polluted": 1}}`);
    expect(codeOf({ ...good, fields })).toBe("INVALID_DOCUMENT");
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("for a list that is too long, without reading all of it", () => {
    let reads = 0;
    const list = new Proxy([] as unknown[], {
      get: (_, key) => (key === "length" ? 2 ** 32 - 1 : (reads++, 1)),
    });
    expect(codeOf({ ...good, fields: { a: list } })).toBe("INPUT_TOO_LARGE");
    expect(reads).toBeLessThan(5000);
  });

  test("for a getter or a proxy that throws; its error is the cause", () => {
    const cause = new Error("mine");
    const fail = () => {
      throw cause;
    };
    const sources = [
      Object.defineProperty({ ...good }, "text", { get: fail, enumerable: true }),
      { ...good, fields: Object.defineProperty({}, "a", { get: fail, enumerable: true }) },
      new Proxy(good, { get: fail }),
      new Proxy(good, { ownKeys: fail }),
      { ...good, fields: new Proxy({}, { ownKeys: fail }) },
    ];
    for (const source of sources) {
      expect(codeOf(source)).toBe("INVALID_DOCUMENT");
      expect(() => validateDocument(source, 0)).toThrow(expect.objectContaining({ cause }));
    }
  });

  test("or taken: anything at all gives a document or an error of ours", () => {
    const objects = fc.record(
      { id: fc.anything(), text: fc.anything(), title: fc.anything(), fields: fc.anything() },
      { requiredKeys: [] },
    );
    const anything = fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true }), objects);
    fc.assert(
      fc.property(anything, (value) => {
        if (codeOf(value) === "none") structuredClone(validateDocument(value, 0));
      }),
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
