export { createScanner } from "./create-scanner.ts";
export { TypeScriptScanner } from "./typescript-scanner.ts";
export { WasmScanner } from "./wasm-scanner.ts";
