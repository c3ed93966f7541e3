import { expect, it } from "vitest";
import { buildKernels } from "../../scripts/build-kernels.mjs";
import { RELAXED_WASM } from "./relaxed.wasm.ts";
import { SIMD_WASM } from "./simd.wasm.ts";

it("ships the kernels that assembly/ compiles to: if not, run `build:kernels`", async () => {
  expect(Object.fromEntries(await buildKernels())).toEqual({
    simd: SIMD_WASM,
    relaxed: RELAXED_WASM,
  });
}, 60_000);
