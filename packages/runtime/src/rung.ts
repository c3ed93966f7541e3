/** One way to run a model. A rung that fails is left for the next one, in a fresh worker. */
export type Rung = "webgpu" | "webgpu-no-subgroups" | "wasm";

/** Where the app serves the two files of ONNX Runtime that belong to a device, as absolute URLs. */
export interface RuntimeFiles {
  readonly mjs: string;
  readonly wasm: string;
}
