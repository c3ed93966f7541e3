import { expect, test } from "vitest";
import { compareScored } from "./rank.ts";

test("equal scores are ordered by id, by code unit, then by ordinal", () => {
  const rows = [
    { id: "b", ordinal: 0, score: 1 },
    { id: "a", ordinal: 1, score: 1 },
    { id: "Z", ordinal: 0, score: 1 },
    { id: "a", ordinal: 0, score: 1 },
    { id: "z", ordinal: 9, score: 2 },
  ];
  expect(rows.sort(compareScored).map(({ id, ordinal }) => id + ordinal)).toEqual([
    "z9",
    "Z0",
    "a0",
    "a1",
    "b0",
  ]);
});
