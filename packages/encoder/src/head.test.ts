import type { HeadLayer, ModelFile } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { f32, writeSafetensors } from "./fixtures/safetensors.ts";
import { readHead } from "./head.ts";

const file = (url: string): ModelFile => ({ url, byteLength: 1, sha256: "0".repeat(64) });
const dense = (
  on: "tokens" | "pooled",
  [inDimensions, outDimensions]: readonly [number, number],
  more: Partial<HeadLayer<ModelFile>> = {},
) =>
  ({
    kind: "dense",
    on,
    inDimensions,
    outDimensions,
    bias: true,
    activation: "identity",
    weights: file(`${inDimensions}-${outDimensions}`),
    ...more,
  }) as HeadLayer<ModelFile>;

const files: Readonly<Record<string, Uint8Array>> = {
  "2-3": writeSafetensors({
    "linear.weight": f32([3, 2], [1, 0, 0, 2, 1, 1]),
    "linear.bias": f32([3], [10, 20, 30]),
  }),
  "3-1": writeSafetensors({ "linear.weight": f32([1, 3], [1, 1, -1]) }),
  norm: writeSafetensors({
    "norm.weight": f32([2], [2, 4]),
    "norm.bias": f32([2], [1, -1]),
  }),
};
const read = (layers: readonly HeadLayer<ModelFile>[], width = 2, poolings = 1) =>
  readHead({ layers, width, poolings, bytesOf: ({ url }) => files[url] as Uint8Array });

test("without layers everything stays what it is", () => {
  const vector = Float32Array.of(1, 2);
  const head = read([]);
  expect(head.tokens(vector)).toBe(vector);
  expect(head.pooled(vector)).toBe(vector);
});

describe("Dense", () => {
  test("has its matrix row by row, its bias and its activation", () => {
    const head = read([dense("pooled", [2, 3], { activation: "relu" })]);
    expect([...head.pooled(Float32Array.of(1, -15))]).toEqual([11, 0, 16]);
  });

  test("without a bias asks for none in the file", () => {
    const head = read([dense("pooled", [3, 1], { bias: false })], 3);
    expect([...head.pooled(Float32Array.of(1, 2, 5))]).toEqual([-2]);
    expect(() => read([dense("pooled", [3, 1])], 3)).toThrow(/^MODEL_INVALID.*linear.bias/);
  });

  test("on tokens works on each of them", () => {
    const head = read([dense("tokens", [2, 3])]);
    expect([...head.tokens(Float32Array.of(1, 2, 0, 0))]).toEqual([11, 24, 33, 10, 20, 30]);
    expect(head.width).toBe(3);
  });

  test("several follow one another", () => {
    const head = read([dense("pooled", [2, 3]), dense("pooled", [3, 1], { bias: false })]);
    expect([...head.pooled(Float32Array.of(1, 2))]).toEqual([11 + 24 - 33]);
  });

  test("with weights of another shape is refused", () => {
    const other = dense("pooled", [3, 2], { weights: file("2-3") });
    expect(() => read([other], 3)).toThrow(/^MODEL_INVALID.*3 × 2 instead of 2 × 3/);
  });
});

describe("LayerNorm", () => {
  const norm = (weights?: ModelFile) =>
    ({ kind: "layer-norm", on: "pooled", epsilon: 1e-5, weights }) as const;

  test("gives zero mean and unit variance", () => {
    const vector = [...read([norm()]).pooled(Float32Array.of(1, 5))];
    expect(vector).toEqual([expect.closeTo(-1, 5), expect.closeTo(1, 5)]);
  });

  test("then scales and shifts", () => {
    const vector = [...read([norm(file("norm"))]).pooled(Float32Array.of(1, 5))];
    expect(vector).toEqual([expect.closeTo(-1, 4), expect.closeTo(3, 4)]);
  });

  test("has the width of what several poolings give together", () => {
    expect(() => read([norm(file("norm"))], 2, 2)).toThrow(/^MODEL_INVALID.*2 instead of 4/);
    expect([...read([norm(file("norm"))], 1, 2).pooled(Float32Array.of(1, 5))]).toHaveLength(2);
  });
});
