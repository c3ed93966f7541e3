import { expect, test } from "vitest";
import { f32, writeSafetensors } from "../fixtures/safetensors.ts";
import { readTensor } from "./tensor.ts";

const file = writeSafetensors({
  single: f32([2, 2], [1, -2, 0.5, 3e8]),
  // 1, -2, 0.5 and the least number above zero, by IEEE 754 binary16.
  half: { dtype: "F16", shape: [4], bits: Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x0001) },
  // The upper halves of 1, -2, 3.140625 and 2 to the power of 127.
  brain: { dtype: "BF16", shape: [4], bits: Uint16Array.of(0x3f80, 0xc000, 0x4049, 0x7f00) },
  whole: { dtype: "I8", shape: [2], bits: Int8Array.of(1, 2) },
});

test.for([
  ["single", [2, 2], [1, -2, 0.5, 3e8]],
  ["half", [4], [1, -2, 0.5, 2 ** -24]],
  ["brain", [4], [1, -2, 3.140625, 2 ** 127]],
] as const)("%s", ([name, shape, values]) => {
  expect([...readTensor(file, name, shape)]).toEqual(values);
});

test("a tensor that is missing or has another shape is MODEL_INVALID", () => {
  expect(() => readTensor(file, "other", [4])).toThrow(/^MODEL_INVALID.*nothing instead of 4/);
  expect(() => readTensor(file, "single", [4])).toThrow(/^MODEL_INVALID.*2 × 2 instead of 4/);
});

test("a file that ends early is MODEL_INVALID", () => {
  expect(() => readTensor(file.subarray(0, -4), "whole", [2])).toThrow(/^MODEL_INVALID/);
});

test("numbers that are no floats are MODEL_UNSUPPORTED", () => {
  expect(() => readTensor(file, "whole", [2])).toThrow(/^MODEL_UNSUPPORTED.*I8/);
});
