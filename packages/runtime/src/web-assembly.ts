import { RetrievalError } from "@nearfield/core";

/** The shortest module that there is: the format's four letters and its version. */
const EMPTY_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * Refuses where nothing can be compiled, before a model is fetched for nothing: a policy without `'wasm-unsafe-eval'`, or a browser
 * whose lockdown mode takes WebAssembly away. WebGPU needs it too.
 * @throws RetrievalError `WASM_UNAVAILABLE`
 */
export function requireWasm(): void {
  try {
    void new WebAssembly.Module(EMPTY_MODULE);
  } catch (cause) {
    throw new RetrievalError("WASM_UNAVAILABLE", "WebAssembly is missing or forbidden here", {
      repair: `Allow it in the Content-Security-Policy: "script-src 'wasm-unsafe-eval'".`,
      cause,
    });
  }
}
