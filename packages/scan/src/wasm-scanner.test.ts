import { scannerContract } from "@nearfield/testing";
import { WasmScanner } from "./wasm-scanner.ts";

scannerContract("WasmScanner in Node", (dimensions) => new WasmScanner(dimensions));
