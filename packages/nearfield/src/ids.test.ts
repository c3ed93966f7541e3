import { expect, test } from "vitest";
import { checkIds } from "./ids.ts";

test("ids come from any iterable, and one id may stand alone", () => {
  expect(checkIds(new Set(["a", "b"]))).toEqual(["a", "b"]);
  expect(checkIds("abc")).toEqual(["abc"]);
});

test.each([[undefined], [null], [7], [{}], [["a", 7]]])("%o are no ids", (ids) => {
  expect(() => checkIds(ids)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test("an iterable that throws is reported with its error", () => {
  const cause = new Error("the list is gone");
  function* failing() {
    yield "a";
    throw cause;
  }
  expect(() => checkIds(failing())).toThrow(
    expect.objectContaining({ code: "SOURCE_FAILED", cause }),
  );
});
