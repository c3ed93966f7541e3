import { isRetrievalError } from "@nearfield/core";
import { seededRandom } from "@nearfield/testing";
import { expect, it } from "vitest";
import { KernelMemory } from "./memory.ts";

it("never gives the same bytes twice, through any order of allocations", () => {
  const memory = new KernelMemory();
  const { integer } = seededRandom(1);
  const held: { at: number; byteLength: number; mark: number }[] = [];
  for (let round = 0; round < 2000; round++) {
    if (held.length > 0 && integer(100) < 48) {
      const [freed] = held.splice(integer(held.length), 1);
      memory.free(freed?.at ?? 0);
    } else {
      const byteLength = integer(20_000);
      const at = memory.allocate(byteLength);
      expect(at).toBeGreaterThan(0);
      expect(at % 64).toBe(0);
      const mark = round % 251;
      memory.bytes(at, byteLength).fill(mark);
      held.push({ at, byteLength, mark });
    }
  }
  for (const { at, byteLength, mark } of held)
    expect(memory.bytes(at, byteLength).every((byte) => byte === mark)).toBe(true);
});

it("uses freed memory again instead of growing", () => {
  const memory = new KernelMemory();
  const sizes = [300_000, 70_000, 500_000, 64, 120_000];
  const fill = (): number[] => sizes.map((byteLength) => memory.allocate(byteLength));
  let held = fill();
  const { byteLength } = memory.memory.buffer;
  for (const order of [
    [0, 1, 2, 3, 4],
    [4, 3, 2, 1, 0],
    [1, 3, 0, 4, 2],
    [2, 0, 4, 1, 3],
  ]) {
    for (const i of order) memory.free(held[i] as number);
    // All neighbours have joined: one region holds them all.
    memory.free(memory.allocate(sizes.reduce((sum, size) => sum + size)));
    held = fill();
    expect(memory.memory.buffer.byteLength).toBe(byteLength);
  }
});

it("ignores an address that it did not give, or that was freed before", () => {
  const memory = new KernelMemory();
  const at = memory.allocate(1000);
  memory.free(at + 64);
  memory.free(at);
  memory.free(at);
  expect(memory.allocate(1000)).toBe(at);
  expect(memory.allocate(1000)).not.toBe(at);
});

it("says that memory is out, and goes on with what it has", () => {
  const memory = new KernelMemory();
  const at = memory.allocate(5000);
  let thrown: unknown;
  try {
    memory.allocate(5 * 2 ** 30);
  } catch (error) {
    thrown = error;
  }
  expect(isRetrievalError(thrown) && thrown.code).toBe("OUT_OF_MEMORY");
  memory.free(at);
  expect(memory.allocate(5000)).toBe(at);
});
