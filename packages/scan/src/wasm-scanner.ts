import type { Scanner } from "@nearfield/core";
import type { EncodedBlock } from "./formats/format.ts";
import { Float32Format } from "./formats/float32.ts";
import { Int8Format } from "./formats/int8.ts";
import { KernelScanner, type RowReader } from "./kernel-scanner.ts";
import { bestModule, type ModuleName } from "./kernels/kernels.ts";

/** In which form the kernel reads the rows. Both give the same hits. */
export type RowEncoding =
  /** The rows themselves: 4 bytes per component, all of them read by each search. */
  | "float32"
  /** Codes of one byte per component beside the rows: a quarter of the traffic. */
  | "int8";

export interface WasmScannerOptions {
  /** Default: `int8`, the faster one. */
  readonly encoding?: RowEncoding | undefined;
  /** Default: the best that the engine takes. */
  readonly module?: ModuleName | undefined;
  /** With `int8`: where to read rows from. Absent: the scanner keeps a copy of all rows, 4 bytes more per component. */
  readonly readRow?: RowReader | undefined;
  /** The rows of `add` are kept as they are instead of copied: whoever gives them leaves them alone until they are removed. */
  readonly adopts?: boolean | undefined;
}

/**
 * Scans with 128-bit SIMD. No kernel ranks: what it computes is rounded or quantized, so it keeps each row whose score could
 * still reach the `limit` best, by a proven bound, and `dot` ranks those (`docs/exactness.md`).
 */
export class WasmScanner extends KernelScanner<EncodedBlock> implements Scanner {
  readonly kind: "wasm-simd" | "wasm-relaxed-simd";
  readonly description: string;

  /**
   * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
   * @throws CompileError where the engine does not take the module or a policy forbids WebAssembly: see `createScanner`.
   */
  constructor(dimensions: number, options: WasmScannerOptions = {}) {
    const module = options.module ?? bestModule();
    super(dimensions, {
      module,
      readRow: options.readRow,
      adopts: options.adopts,
      createFormat: (memory, kernels, scratch) =>
        options.encoding === "float32"
          ? new Float32Format(memory, kernels, scratch, dimensions)
          : new Int8Format(memory, kernels, scratch, dimensions, module),
    });
    this.kind = module === "relaxed" ? "wasm-relaxed-simd" : "wasm-simd";
    this.description = describe(module, options);
  }
}

function describe(module: ModuleName, { encoding = "int8" }: WasmScannerOptions): string {
  const rows = encoding === "int8" ? "codes of 8 bits" : "rows of float32";
  return `WebAssembly, ${module === "relaxed" ? "relaxed" : "portable"} SIMD, over ${rows}, exact by certificate`;
}
