export { createScanner } from "./create-scanner.ts";
export { TypeScriptScanner } from "./typescript-scanner.ts";
export { WasmScanner, type RowEncoding, type WasmScannerOptions } from "./wasm-scanner.ts";
export type { ModuleName } from "./kernels/kernels.ts";
