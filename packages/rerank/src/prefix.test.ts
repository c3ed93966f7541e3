import { expect, test } from "vitest";
import { sharedPrefix } from "./prefix.ts";

test.for<[string, number[][], number]>([
  [
    "what all rows begin with is shared",
    [
      [1, 2, 3, 4],
      [1, 2, 5],
    ],
    2,
  ],
  [
    "a row that is all prefix keeps one token of its own",
    [
      [1, 2],
      [1, 2, 3],
    ],
    1,
  ],
  [
    "equal rows keep one token each",
    [
      [1, 2],
      [1, 2],
    ],
    1,
  ],
  ["rows of one token share nothing", [[1], [1]], 0],
  [
    "rows that begin differently share nothing",
    [
      [1, 2],
      [3, 2],
    ],
    0,
  ],
])("%s", ([, rows, shared]) => {
  expect(sharedPrefix(rows)).toBe(shared);
});
