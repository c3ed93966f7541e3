import { afterEach, expect, it, vi } from "vitest";
import { chooseScanner, scannerOf } from "./choice.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("names the one that took the least time, and says what the others took", async () => {
  const choice = await chooseScanner(32);
  const times = Object.values(choice.milliseconds);
  expect(choice.milliseconds[choice.name]).toBe(Math.min(...times));
  expect(choice.reason).toContain(`${choice.name} `);
  expect(structuredClone(choice)).toEqual(choice);
  expect(JSON.parse(JSON.stringify(choice))).toEqual(choice);
});

it("says what it expects for as many rows as there will be", async () => {
  const { rows, milliseconds, reason } = await chooseScanner(32, { rows: 10_000_000 });
  expect(rows).toBe(10_000_000);
  expect(reason).toContain("10000000 rows");
  for (const taken of Object.values(milliseconds)) expect(taken).toBeGreaterThanOrEqual(0);
});

it("gives the scanner of an earlier choice without a measurement", () => {
  const choice = { name: "simd", dimensions: 32, rows: 9, milliseconds: {}, reason: "" } as const;
  const scanner = scannerOf(32, choice);
  expect(scanner.kind).toBe("wasm-simd");
  expect(scanner.description).toContain("portable SIMD");
});

it("takes what there is where the chosen one is gone", () => {
  const choice = { name: "webgpu", dimensions: 32, rows: 9, milliseconds: {}, reason: "" } as const;
  expect(scannerOf(32, choice).kind).toMatch(/^wasm-/);
  vi.stubGlobal("WebAssembly", undefined);
  expect(scannerOf(32, choice).kind).toBe("typescript");
});

it("refuses dimensions out of range", async () => {
  await expect(chooseScanner(0)).rejects.toThrow("INVALID_OPTION");
  expect(() => scannerOf(0)).toThrow("INVALID_OPTION");
});
