import type { Device, Dtype } from "@nearfield/core";

/** What follows from a number format. */
export interface DtypeFacts {
  /** Of the file's name, before `.onnx`, by the convention of transformers.js. */
  readonly suffix: string;
  readonly devices: readonly Device[];
  /** Feature that the GPU must have. */
  readonly feature?: "shader-f16";
  /** Of one weight, scales of a block left out. */
  readonly bits: number;
}

/**
 * Integer formats of dynamic quantization are right on WebGPU but travel to the CPU and back at every layer, so that they
 * are for WASM; 4-bit blocks stay on the GPU. Half floats have been silently wrong on several drivers: never a default.
 */
export const DTYPES: Readonly<Record<Dtype, DtypeFacts>> = {
  fp32: { suffix: "", devices: ["webgpu", "wasm"], bits: 32 },
  fp16: { suffix: "_fp16", devices: ["webgpu"], feature: "shader-f16", bits: 16 },
  q8: { suffix: "_quantized", devices: ["wasm"], bits: 8 },
  int8: { suffix: "_int8", devices: ["wasm"], bits: 8 },
  uint8: { suffix: "_uint8", devices: ["wasm"], bits: 8 },
  q4: { suffix: "_q4", devices: ["webgpu", "wasm"], bits: 4 },
  q4f16: { suffix: "_q4f16", devices: ["webgpu"], feature: "shader-f16", bits: 4 },
  bnb4: { suffix: "_bnb4", devices: ["webgpu"], bits: 4 },
};

/** What to take where the caller does not say, best first. */
export const PREFERRED: Readonly<Record<Device, readonly Dtype[]>> = {
  wasm: ["q8", "int8", "uint8", "q4", "fp32"],
  webgpu: ["q4", "fp32"],
};
