import type { Device } from "@nearfield/core";
import type { RuntimeFiles } from "@nearfield/encoder";

/**
 * Where the app serves ONNX Runtime. Bundlers recognise this literal form and emit the files beside the app's own, so
 * nothing is fetched from a CDN. `wasm` is the plain build: the one whose CPU part has every operator our models use.
 */
export const RUNTIME_FILES: Readonly<Record<Device, RuntimeFiles>> = {
  wasm: {
    mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.mjs", import.meta.url).href,
    wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.wasm", import.meta.url).href,
  },
  webgpu: {
    mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs", import.meta.url).href,
    wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm", import.meta.url).href,
  },
};
