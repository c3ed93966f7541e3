// What the page needs of the runtime. What runs in a worker is in `worker.ts`, so that no page loads ONNX Runtime.
export {
  describeAdapter,
  findAdapter,
  type AdapterFacts,
  type AdapterReport,
  type NoAdapter,
} from "./adapter.ts";
export { planBatches, type BatchLimits } from "./batch.ts";
export { Climb } from "./climb.ts";
export { decodeFloat16 } from "./float16.ts";
export type { GraphInput, GraphOutput, Tensor } from "./graph.ts";
export {
  planLadder,
  type DeviceChoice,
  type Ladder,
  type LadderHints,
  type Reason,
  type Refused,
  type Runnable,
} from "./ladder.ts";
export type { Rung, RuntimeFiles } from "./rung.ts";
export { chooseThreads } from "./threads.ts";
