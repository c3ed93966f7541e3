export { EncoderClient } from "./client.ts";
export type {
  EncodeCallOptions,
  EncoderClientOptions,
  IngestCallOptions,
} from "./client-options.ts";
export type {
  EncodeOptions,
  EncoderCalls,
  IngestProgress,
  IngestReport,
  LoadProgress,
  LoadReport,
  LoadRequest,
  VectorBlock,
} from "./calls.ts";
export { batches, type BatchOptions } from "./ingest/batches.ts";
export { validateDocument } from "./ingest/documents.ts";
export { copyFields } from "./ingest/fields.ts";
export {
  MAX_FIELDS_LENGTH,
  MAX_ID_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_TITLE_LENGTH,
  MAX_URL_LENGTH,
} from "./ingest/limits.ts";
export type { EncoderPlan } from "./decision.ts";
export { readMachine, type ReadMachineOptions } from "./machine.ts";
export { SPLITTER_VERSION } from "./split.ts";
export type { Embedder, EmbedOptions, TextInput } from "./embedder.ts";
export type { DeviceChoice, Reason, Rung, RuntimeFiles } from "@nearfield/runtime";
export { spawnEncoderWorker } from "./spawn.ts";
export type { EncoderStatus } from "./status.ts";
export type { Measured, Times } from "./trial.ts";
