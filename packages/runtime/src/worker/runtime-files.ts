import type { Device } from "@nearfield/core";
import type { RuntimeFiles } from "../rung.ts";

/**
 * Where the app's bundler puts ONNX Runtime: it recognises this literal form and emits the files beside the app's own, so
 * nothing is fetched from a CDN. `wasm` is the plain build, the one whose CPU part has every operator.
 *
 * This must be a module of the worker. Vite's development server does not resolve such literals in a dependency that it has
 * optimized for the page (8.3), but leaves the modules of workers as they are.
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
