import type { Activation } from "@nearfield/core";
import { expect, test } from "vitest";
import { activationOf } from "./activation.ts";

// Of PyTorch's documentation of each function, worked out to ten digits with a table of the error function.
test.for<[Activation, readonly (readonly [number, number])[]]>([
  ["identity", [[-1.5, -1.5]]],
  ["tanh", [[0.5, 0.4621171573]]],
  [
    "relu",
    [
      [-2, 0],
      [3, 3],
    ],
  ],
  [
    "sigmoid",
    [
      [0, 0.5],
      [2, 0.880797078],
      [-800, 0],
    ],
  ],
  [
    "silu",
    [
      [2, 1.761594156],
      [-1, -0.2689414214],
    ],
  ],
  [
    "gelu",
    [
      [0, 0],
      [1, 0.8413447461],
      [-1, -0.1586552539],
      [2, 1.9544997361],
      [-3, -0.0040496941],
      [9, 9],
      [-9, 0],
    ],
  ],
])("%s", ([name, pairs]) => {
  for (const [x, y] of pairs) expect(activationOf(name)(x)).toBeCloseTo(y, 9);
});

test("what is no number stays visible", () => {
  for (const name of ["identity", "tanh", "relu", "sigmoid", "silu", "gelu"] as const) {
    expect(activationOf(name)(NaN)).toBeNaN();
  }
});
