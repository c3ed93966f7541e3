export type {
  EncodeOptions,
  EncoderCalls,
  IngestProgress,
  IngestReport,
  LoadProgress,
  LoadReport,
  LoadRequest,
  Rung,
  RuntimeFiles,
  VectorBlock,
} from "./calls.ts";
export { SPLITTER_VERSION } from "./split.ts";
