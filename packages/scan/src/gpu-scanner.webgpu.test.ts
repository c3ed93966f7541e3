import { RUN_ALL, scannerContract, vectorsOf } from "@nearfield/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GpuScanner } from "./gpu-scanner.ts";
import { openGpu, type OpenedGpu } from "./gpu/device.ts";
import { TypeScriptScanner } from "./typescript-scanner.ts";

const open = async (): Promise<OpenedGpu> => {
  const gpu = await openGpu();
  if (!gpu) throw new Error("this browser gives no WebGPU device");
  return gpu;
};

let gpu: OpenedGpu;
beforeAll(async () => {
  gpu = await open();
});
afterAll(() => {
  gpu.device.destroy();
});

/** "1" where the long runs are wanted too. */

scannerContract("GpuScanner", (dimensions) => new GpuScanner(dimensions, gpu), { brief: !RUN_ALL });

it("answers from WebAssembly after the device is lost, in the middle of a search too", async () => {
  const mortal = await open();
  const scanner = new GpuScanner(40, mortal);
  const oracle = new TypeScriptScanner(40);
  const sets = [1, 2, 3].map((seed) => vectorsOf("anisotropic", 300, 40, seed));
  const blocks = sets.map((rows) => ({ here: scanner.add(rows), there: oracle.add(rows) }));
  const query = vectorsOf("anisotropic", 1, 40, 9);
  const expected = (): unknown =>
    oracle.search(
      query,
      7,
      blocks.map(({ there }) => ({ block: there })),
    );
  const search = (): Promise<unknown> =>
    scanner.search(
      query,
      7,
      blocks.map(({ here }) => ({ block: here })),
    );
  expect(await search()).toEqual(expected());
  expect(scanner.description).toMatch(/^WebGPU/);

  const meanwhile = search();
  mortal.device.destroy();
  expect(await meanwhile).toEqual(expected());
  await mortal.device.lost;
  expect(await search()).toEqual(expected());
  expect(scanner.description).toContain("was lost");

  const late = vectorsOf("anisotropic", 50, 40, 4);
  blocks.push({ here: scanner.add(late), there: oracle.add(late) });
  scanner.remove(blocks.shift()?.here as number);
  expect(await search()).toEqual(expected());
  scanner.close();
});

it("keeps rows on the device: appended blocks are uploaded alone", async () => {
  const written: number[] = [];
  const { queue } = gpu.device;
  const write = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (...parameters: Parameters<GPUQueue["writeBuffer"]>) => {
    written.push(parameters[4] ?? 0);
    write(...parameters);
  };
  try {
    const scanner = new GpuScanner(64, gpu);
    const blocks = [500, 20].map((count) => scanner.add(vectorsOf("gaussian", count, 64, count)));
    for (let i = 0; i < 3; i++)
      await scanner.search(
        vectorsOf("gaussian", 1, 64, i),
        3,
        blocks.map((block) => ({ block })),
      );
    expect(written.filter((bytes) => bytes > 0)).toEqual([500 * 64 * 4, 20 * 64 * 4]);
    scanner.close();
  } finally {
    queue.writeBuffer = write;
  }
});
