import { scannerContract } from "@nearfield/testing";
import { WasmScanner } from "./wasm-scanner.ts";

for (const encoding of ["float32", "int8"] as const)
  scannerContract(
    `WasmScanner of ${encoding} in Node`,
    (dimensions) => new WasmScanner(dimensions, { encoding, module: "simd" }),
  );
