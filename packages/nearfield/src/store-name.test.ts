import fc from "fast-check";
import { expect, test } from "vitest";
import { storeNameOf } from "./store-name.ts";

test("two indexes of different kind or name are stored under different names", () => {
  const kind = fc.constantFrom("search" as const, "vectors" as const);
  const piece = fc.constantFrom("vectors:", "search:", "a", "b", ":", "vectors");
  const name = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(kind, name, kind, name, (kindA, a, kindB, b) => {
      const isSame = kindA === kindB && a === b;
      expect(storeNameOf(kindA, a) === storeNameOf(kindB, b)).toBe(isSame);
    }),
    { numRuns: 5000, seed: 1 },
  );
});

test("a search index of a usual name is stored under that name", () => {
  expect(storeNameOf("search", "handbook")).toBe("handbook");
});
