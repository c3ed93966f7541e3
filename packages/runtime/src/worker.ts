// What a worker that runs a model needs: a device, a session, a tokenizer.
export { createTokenizer, type Tokenizer, type TokenizerRecipe } from "./tokenizer.ts";
export { openGpu, type Gpu } from "./worker/device.ts";
export { Mutex } from "./worker/mutex.ts";
export { RUNTIME_FILES } from "./worker/runtime-files.ts";
export { openRuntime, type Runtime, type RuntimeOptions } from "./worker/session.ts";
