import { isRetrievalError, type Scanner } from "@nearfield/core";
import { TypeScriptScanner } from "./typescript-scanner.ts";
import { WasmScanner } from "./wasm-scanner.ts";

/**
 * The fastest exact scanner that this engine takes: WebAssembly SIMD, else plain TypeScript. Its `kind` says which one it is.
 * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
 */
export function createScanner(dimensions: number): Scanner {
  try {
    return new WasmScanner(dimensions);
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    // No SIMD, no WebAssembly at all, or a policy without 'wasm-unsafe-eval': all of them are the engine's words.
    return new TypeScriptScanner(dimensions);
  }
}
