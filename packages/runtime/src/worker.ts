// What a worker that runs a model needs: a device, a session, a tokenizer.
export { openEngine, type Engine, type EngineOptions } from "./engine.ts";
export { mixesRows, usesOperator } from "./operator.ts";
export { piecesOf } from "./piece.ts";
export { createTokenizer, type Tokenizer, type TokenizerRecipe } from "./tokenizer.ts";
export { LEAST_AGREEMENT, measureAgreement } from "./worker/agreement.ts";
export { Decoder, type Cache } from "./worker/decoder.ts";
export { openGpu, type Gpu } from "./worker/device.ts";
export { Mutex } from "./worker/mutex.ts";
export { openRuntime, type Runtime, type RuntimeOptions } from "./worker/runtime.ts";
export { RUNTIME_FILES } from "./worker/runtime-files.ts";
export { nextTask } from "./worker/task.ts";
export { requireWasm } from "./web-assembly.ts";
export { openSession, type Session, type SessionOptions } from "./worker/session.ts";
