import { ERROR_CODES, RetrievalError } from "@nearfield/core";
import { assert, constantFrom, jsonValue, option, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { fromWire, toWire } from "./wire.ts";

/** An error after its journey through `postMessage`. */
const cross = (thrown: unknown) => fromWire(structuredClone(toWire(thrown)));

describe("an error on the wire", () => {
  test("arrives whole, for any code, text, value, repair and cause", () => {
    assert(
      property(
        constantFrom(...ERROR_CODES),
        string(),
        jsonValue(),
        option(string(), { nil: undefined }),
        string(),
        (code, problem, value, repair, inner) => {
          const cause = new RetrievalError("INTERNAL", inner, { cause: new TypeError(inner) });
          const sent = new RetrievalError(code, problem, { value, repair, cause });
          const got = cross(sent);
          expect(got).toBeInstanceOf(RetrievalError);
          expect(got.name).toBe("RetrievalError");
          expect(got.code).toBe(code);
          expect(got.message).toBe(sent.message);
          expect(got.value).toEqual(value);
          expect(got.repair).toBe(sent.repair);
          expect(got.stack).toBe(sent.stack);
          expect(got.cause).toBeInstanceOf(RetrievalError);
          const gotCause = got.cause as RetrievalError;
          expect(gotCause.message).toBe(cause.message);
          expect(gotCause.cause).toMatchObject({ name: "TypeError", message: inner });
          expect((gotCause.cause as Error).stack).toBe((cause.cause as Error).stack);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("of another class is the cause of an INTERNAL one", () => {
    const thrown = new RangeError("too far", { cause: "a reason" });
    const got = cross(thrown);
    expect(got.code).toBe("INTERNAL");
    expect(got.message).toContain("RangeError: too far");
    expect(got.cause).toMatchObject({ name: "RangeError", message: "too far", cause: "a reason" });
    expect(got.cause).toBeInstanceOf(Error);
  });

  test.each([["text"], [42], [null], [undefined], [Symbol("s")], [() => {}], [{ a: 1 }]])(
    "that is no error at all (%s) is INTERNAL",
    (thrown) => {
      expect(cross(thrown)).toMatchObject({ code: "INTERNAL" });
    },
  );

  test("describes a value that can not be cloned", () => {
    const error = (value: unknown) => new RetrievalError("INVALID_OPTION", "bad", { value });
    expect(cross(error(() => {})).value).toMatch(/^function/);
    expect(cross(error(Symbol("x"))).value).toBe("Symbol(x)");
    expect(cross(error({ inner: () => {} })).value).toBe("Object");
    expect(cross(error([new WeakMap()])).value).toBe("Array(1)");
  });

  test("with a circular chain of causes is cut", () => {
    const first = new RetrievalError("INTERNAL", "first");
    const second = new Error("second", { cause: first });
    Object.assign(first, { cause: second });
    const got = cross(first);
    expect(got.cause).toMatchObject({ message: "second" });
  });

  test("with a code that this build does not know is INTERNAL", () => {
    const foreign = Object.assign(new Error("from elsewhere"), {
      name: "RetrievalError",
      code: "NEW_CODE",
    });
    expect(cross(foreign)).toMatchObject({ code: "INTERNAL", message: "from elsewhere" });
  });

  test("that can not even be looked at still arrives", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(cross(proxy)).toMatchObject({ code: "INTERNAL" });
    const hostile = new Error("x");
    Object.defineProperty(hostile, "message", {
      get() {
        throw new Error("no");
      },
    });
    expect(cross(hostile)).toMatchObject({ code: "INTERNAL" });
    const wrapped = new RetrievalError("STORAGE_FULL", "full", { cause: hostile });
    expect(cross(wrapped)).toMatchObject({
      code: "STORAGE_FULL",
      cause: "a cause that can not be read",
    });
  });
});
