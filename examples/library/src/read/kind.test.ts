import { expect, it } from "vitest";
import { kindOf } from "./kind.ts";
import { sayBytes } from "./problem.ts";
import { checkSize } from "./size.ts";

it("tells kinds by the ending, whatever its case, and by the type where there is none", () => {
  expect(kindOf("Notes.MD")).toBe("markdown");
  expect(kindOf("a.b.htm")).toBe("html");
  expect(kindOf("picture.png", "text/plain")).toBeUndefined();
  expect(kindOf("README", "text/plain; charset=utf-8")).toBe("text");
  expect(kindOf("LICENSE")).toBeUndefined();
});

it("refuses what is empty or too large, in words and numbers", () => {
  expect(() => checkSize("text", 0)).toThrow("It is empty.");
  expect(() => checkSize("text", 200_000_000)).toThrow(/has 200 MB.*limit.*8\.0 MB.*Split it/);
  expect(() => checkSize("pdf", 50_000_000)).not.toThrow();
});

it("says sizes as people do", () => {
  expect([1, 812, 999_600, 4_200_000, 31_000_000_000].map(sayBytes)).toEqual([
    "1 byte",
    "812 bytes",
    "1.0 MB",
    "4.2 MB",
    "31 GB",
  ]);
});
