export { CompactScanner, type CompactScannerOptions, type RowsReader } from "./compact-scanner.ts";
export { createScanner } from "./create-scanner.ts";
export { GpuScanner } from "./gpu-scanner.ts";
export { openGpu, type OpenedGpu } from "./gpu/device.ts";
export type { RowReader } from "./kernel-scanner.ts";
export type { RecallOptions, RecallReport } from "./recall.ts";
export type { ModuleName } from "./kernels/kernels.ts";
export { TypeScriptScanner } from "./typescript-scanner.ts";
export { WasmScanner, type RowEncoding, type WasmScannerOptions } from "./wasm-scanner.ts";
export {
  chooseScanner,
  scannerOf,
  type ChoiceOptions,
  type ScannerChoice,
  type ScannerName,
  type ScannerOptions,
} from "./choice.ts";
