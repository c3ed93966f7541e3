import type { ModelCard } from "@nearfield/core";
import { expect, test } from "vitest";
import { planLadder } from "./ladder.ts";

const both = { artifacts: { webgpu: {}, wasm: {} } } as unknown as ModelCard;
const wasmOnly = { artifacts: { wasm: {} } } as unknown as ModelCard;
const hardware = { kind: "hardware", description: "acme" } as const;
const software = { kind: "software", description: "google swiftshader" } as const;
const none = { kind: "none", description: "WebGPU finds no adapter" } as const;
const gpu = ["webgpu", "webgpu-no-subgroups"];

test.for([
  ["auto with a GPU goes from WebGPU to WASM", both, "auto", hardware, [...gpu, "wasm"]],
  ["auto passes over a software adapter", both, "auto", software, ["wasm"]],
  ["auto without an adapter is WASM", both, "auto", none, ["wasm"]],
  ["auto with a model that has no WebGPU files is WASM", wasmOnly, "auto", hardware, ["wasm"]],
  ["webgpu never falls back to WASM", both, "webgpu", hardware, gpu],
  ["webgpu takes a software adapter", both, "webgpu", software, gpu],
  ["webgpu without an adapter has nothing to try", both, "webgpu", none, []],
  ["wasm asks for no adapter", both, "wasm", none, ["wasm"]],
] as const)("%s", ([, card, choice, adapter, rungs]) => {
  expect(planLadder(card, choice, adapter).rungs).toEqual(rungs);
});

test("what is skipped says why", () => {
  expect(planLadder(both, "auto", software).skipped).toEqual([
    {
      rung: "webgpu",
      code: "DEVICE_UNAVAILABLE",
      message: "the only WebGPU adapter is software (google swiftshader)",
    },
  ]);
  expect(planLadder(both, "wasm", none).skipped).toEqual([]);
});

test("a number format that the card forbids is not tried on the devices it names", () => {
  const card = {
    artifacts: { webgpu: { dtype: "fp16" }, wasm: { dtype: "q8" } },
    dtypeLimits: [
      { dtype: "fp16", reason: "it overflows" },
      { dtype: "q8", device: "webgpu", reason: "it is wrong there" },
    ],
  } as unknown as ModelCard;
  const { rungs, skipped } = planLadder(card, "auto", hardware);
  expect(rungs).toEqual(["wasm"]);
  expect(skipped).toEqual([
    {
      rung: "webgpu",
      code: "MODEL_UNSUPPORTED",
      message: "fp16 must not be used: it overflows",
    },
  ]);
});
