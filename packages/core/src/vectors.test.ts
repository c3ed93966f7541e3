import { expect, test } from "vitest";
import { cosine, dot, isFinite32, normalize } from "./vectors.ts";

test("a score is added up in double precision", () => {
  // In single precision 1e8 + 1 - 1e8 is 0.
  expect(dot(new Float32Array([1e8, 1, -1e8]), new Float32Array([1, 1, 1]))).toBe(1);
});

test("normalize gives unit length and leaves a zero vector alone", () => {
  expect([...normalize(new Float32Array([3, 4]))]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  expect([...normalize(new Float32Array(3))]).toEqual([0, 0, 0]);
});

test("cosine does not depend on length, and is 0 for a zero vector", () => {
  expect(cosine(new Float32Array([1, 0]), new Float32Array([5, 0]))).toBe(1);
  expect(cosine(new Float32Array([1, 0]), new Float32Array([0, 0]))).toBe(0);
});

test("one component that is not finite is noticed", () => {
  expect(isFinite32(new Float32Array([1, NaN]))).toBe(false);
  expect(isFinite32(new Float32Array([1, -Infinity]))).toBe(false);
  expect(isFinite32(new Float32Array([1, -0]))).toBe(true);
});
