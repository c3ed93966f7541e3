import type { Device, Dtype, ModelArtifact } from "@nearfield/core";
import { expect, test } from "vitest";
import { chooseReference } from "./reference.ts";

const artifact = (dtype: Dtype | undefined, name: string = dtype ?? "own"): ModelArtifact => ({
  dtype,
  graph: { url: name, byteLength: 1, sha256: name },
  data: [],
});
const choose = (
  artifacts: Partial<Record<Device, ModelArtifact>>,
  fits: (artifact: ModelArtifact) => boolean = () => true,
) => {
  const reference = chooseReference({ artifacts }, fits);
  return reference && [reference.artifact.graph.url, Number(reference.floor.toFixed(3))];
};

test.for([
  ["fp32 is its own reference", "fp32", "q8", ["fp32", 0.999]],
  ["q4 is its own reference", "q4", "q8", ["q4", 0.995]],
  ["fp16 is held against q8, which WASM can run", "fp16", "q8", ["q8", 0.96]],
  ["q4f16 is held against q8", "q4f16", "q8", ["q8", 0.89]],
] as const)("%s", ([, webgpu, wasm, expected]) => {
  expect(choose({ webgpu: artifact(webgpu), wasm: artifact(wasm) })).toEqual(expected);
});

test("a graph of own formats is its own reference where the card gives it to both devices", () => {
  const both = artifact(undefined);
  expect(choose({ webgpu: both, wasm: both })).toEqual(["own", 0.995]);
  expect(choose({ webgpu: artifact(undefined, "gpu"), wasm: both })).toEqual(["own", 0.86]);
  expect(choose({ webgpu: both })).toBeNull();
});

test("what is too large for WASM is not run there", () => {
  const fits = ({ dtype }: ModelArtifact) => dtype !== "fp32";
  expect(choose({ webgpu: artifact("fp32"), wasm: artifact("q8") }, fits)).toEqual(["q8", 0.969]);
  expect(choose({ webgpu: artifact("fp32") }, fits)).toBeNull();
});

test("without files for WASM half floats have no reference", () => {
  expect(choose({ webgpu: artifact("fp16") })).toBeNull();
});
