import { expect, test } from "vitest";
import { asRetrievalError, isRetrievalError, RetrievalError, shorten } from "./errors.ts";

test("the message holds the code, the value met and the repair", () => {
  const error = new RetrievalError("INVALID_OPTION", "limit must be an integer", {
    value: NaN,
    repair: "Give an integer.",
  });
  expect(error.message).toBe(
    "INVALID_OPTION: limit must be an integer (met: NaN). Give an integer.",
  );
  expect(error).toMatchObject({ code: "INVALID_OPTION", value: NaN, repair: "Give an integer." });
});

test("a value of undefined is a value that was met", () => {
  expect(new RetrievalError("INVALID_OPTION", "p", { value: undefined }).message).toContain(
    "met: undefined",
  );
  expect(new RetrievalError("INVALID_OPTION", "p").message).not.toContain("met");
});

test("anything that is thrown becomes one of ours, and one of ours stays itself", () => {
  const ours = new RetrievalError("CLOSED", "closed");
  expect(asRetrievalError(ours)).toBe(ours);
  const cause = new TypeError("no");
  expect(asRetrievalError(cause, "STORAGE_FULL", "could not write")).toMatchObject({
    code: "STORAGE_FULL",
    cause,
  });
  expect(isRetrievalError(asRetrievalError(undefined))).toBe(true);
});

test("a value is printed short, whatever it is", () => {
  const hostile = { toString: () => "x", [Symbol.toPrimitive]: () => "y" };
  for (const value of [
    "x".repeat(1e6),
    [1, 2],
    new Map(),
    hostile,
    null,
    1n,
    Symbol("s"),
    () => 0,
  ]) {
    expect(shorten(value).length).toBeLessThan(100);
  }
  const throws = new Proxy({}, { get: () => { throw new Error("no"); } }); // prettier-ignore
  expect(shorten(throws)).toBe("object");
});
