import { expect, test } from "vitest";
import { arrange, placesOf, type Found } from "./slots.ts";
import { storeNameOf } from "./store-name.ts";

const stored = {
  lineage: "l",
  generation: 3,
  fingerprint: "f",
  dimensions: 2,
  entries: 1,
  note: undefined,
};
const INDEX: Found = { ...stored, isFilling: false, isMoved: false };
const FILLING: Found = { ...stored, isFilling: true, isMoved: false };
const MOVED: Found = { ...stored, isFilling: false, isMoved: true };

test.each<[string, Found, Found, "first" | "second" | null]>([
  ["nothing at all", null, null, null],
  ["an index", INDEX, null, "first"],
  ["a change that is under way", INDEX, FILLING, "first"],
  ["a change back that is under way", FILLING, INDEX, "second"],
  ["a change that is done", MOVED, INDEX, "second"],
  ["a change back that is done", INDEX, MOVED, "first"],
  ["a change killed in its last step", MOVED, FILLING, "second"],
  ["a change back killed in its last step", FILLING, MOVED, "first"],
  ["a mark that is left alone", MOVED, null, null],
  ["an index that can not be read, with its successor not done", "unreadable", FILLING, "first"],
  ["an index after one that can not be read", "unreadable", INDEX, "second"],
])("of %s the right place counts", (_, first, second, which) => {
  const places = [
    { name: "first", found: first },
    { name: "second", found: second },
  ] as const;
  const { live, spare } = arrange(...places);
  expect(live?.name ?? null).toBe(which);
  expect(spare.name).toBe(which === "second" ? "first" : "second");
});

test("the second place of an index is the first one of none", () => {
  for (const name of [
    "a",
    "next:a",
    "search:next:a",
    "search:a",
    "vectors:a",
    "search:search:next:a",
  ]) {
    const [, second] = placesOf(name);
    for (const other of ["a", "next:a", "search:next:a", "search:a", "vectors:a"]) {
      expect(second).not.toBe(storeNameOf("search", other));
      expect(second).not.toBe(storeNameOf("vectors", other));
    }
  }
});
