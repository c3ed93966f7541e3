import { ANY_MACHINE } from "@nearfield/models";
import { expect, test } from "vitest";
import { readMachine } from "./machine.ts";

test("a machine without WebGPU is read: why there is no adapter, room in the storage, isolation", async () => {
  const machine = await readMachine();
  expect(machine.gpu).toMatchObject({ kind: "none" });
  expect(machine.storageBytes).toBeGreaterThan(1e6);
  expect(machine.crossOriginIsolated).toBe(true);
  expect(machine.wasmHeapBytes).toBe(2 ** 32);
  // Browsers round memory and stop counting: then nobody knows.
  expect(machine.memoryBytes === null || machine.memoryBytes < 8 * 2 ** 30).toBe(true);
});

test("where WASM is demanded nobody asks for an adapter", async () => {
  expect((await readMachine({ gpu: false })).gpu).toEqual(ANY_MACHINE.gpu);
});
