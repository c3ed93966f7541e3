import { afterEach, expect, it, vi } from "vitest";
import { createScanner } from "./create-scanner.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("takes WebAssembly where there is SIMD", () => {
  expect(createScanner(8).kind).toMatch(/^wasm-(relaxed-)?simd$/);
});

it("falls back to TypeScript where there is no WebAssembly", () => {
  vi.stubGlobal("WebAssembly", undefined);
  const scanner = createScanner(8);
  expect(scanner.kind).toBe("typescript");
  expect(scanner.dimensions).toBe(8);
});

it("does not hide bad input behind the fallback", () => {
  expect(() => createScanner(0)).toThrow("INVALID_OPTION");
});
