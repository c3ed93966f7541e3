export type {
  LoadProgress,
  LoadReport,
  LoadRequest,
  RerankCalls,
  ScoreRequest,
  Strategy,
} from "./calls.ts";
export { RerankClient, type RerankClientOptions, type ScoreOptions } from "./client.ts";
export { spawnRerankWorker } from "./spawn.ts";
export type { RerankerStatus } from "./status.ts";
