import { createContext, runInContext } from "node:vm";
import { afterEach, expect, test, vi } from "vitest";
import { requireWasm } from "./web-assembly.ts";

afterEach(() => void vi.unstubAllGlobals());

test("WebAssembly that may be compiled is no hindrance", () => {
  expect(requireWasm).not.toThrow();
});

test("WebAssembly that a policy forbids is WASM_UNAVAILABLE, and the engine's reason is the cause", () => {
  const forbidden = createContext({}, { codeGeneration: { wasm: false } });
  vi.stubGlobal("WebAssembly", runInContext("WebAssembly", forbidden));
  expect(requireWasm).toThrow(
    expect.objectContaining({
      code: "WASM_UNAVAILABLE",
      message: expect.stringContaining("Content-Security-Policy"),
      cause: expect.objectContaining({ name: "CompileError" }),
    }),
  );
});

test("WebAssembly that is missing is WASM_UNAVAILABLE", () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(requireWasm).toThrow(expect.objectContaining({ code: "WASM_UNAVAILABLE" }));
});
