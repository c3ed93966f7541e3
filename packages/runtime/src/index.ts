// What the page needs of the runtime. What runs in a worker is in `worker.ts`, so that no page loads ONNX Runtime.
export { describeAdapter, findAdapter, type AdapterReport } from "./adapter.ts";
export { planBatches, type BatchLimits } from "./batch.ts";
export { Climb } from "./climb.ts";
export { decodeFloat16 } from "./float16.ts";
export type { GraphInput, GraphOutput, Tensor } from "./graph.ts";
export {
  planLadder,
  type DeviceChoice,
  type Ladder,
  type Reason,
  type Runnable,
} from "./ladder.ts";
export type { Rung, RuntimeFiles } from "./rung.ts";
export { chooseThreads } from "./threads.ts";
