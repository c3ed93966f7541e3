import { expect, test } from "../harness/fixtures.ts";

// SwiftShader computes WebGPU on the CPU and takes seconds for one short text: few and short ones are enough to show that
// the whole way works. That vectors are right is tested where they are made.

test("openEncoder on WebGPU gives vectors of unit length that agree with those of WASM", async ({
  bare,
}) => {
  test.setTimeout(300_000);
  const seen = await bare.evaluate(async () => {
    const started = performance.now();
    const gpu = nearfield.openEncoder({ device: "webgpu" });
    const [onGpu] = await gpu.encode(["a cat sleeps"]);
    const firstMs = performance.now() - started;
    const status = gpu.status();
    await gpu.close();
    const cpu = nearfield.openEncoder({ device: "wasm" });
    const [onCpu] = await cpu.encode(["a cat sleeps"]);
    return { gpu: [...(onGpu ?? [])], cpu: [...(onCpu ?? [])], status, firstMs };
  });
  console.log(
    `first vector on SwiftShader: ${Math.round(seen.firstMs)} ms; ${JSON.stringify(seen.status)}`,
  );
  expect(seen.status).toMatchObject({ state: "ready", device: "webgpu" });
  expect(seen.gpu).toHaveLength(384);
  expect(dot(seen.gpu, seen.gpu)).toBeCloseTo(1, 5);
  // The two graphs are quantized differently; a threshold of the model's own card.
  expect(dot(seen.gpu, seen.cpu)).toBeGreaterThan(0.99);
});

test("openSearch on WebGPU adds documents and answers a query, and status says webgpu", async ({
  bare,
}) => {
  test.setTimeout(300_000);
  const seen = await bare.evaluate(async () => {
    const started = performance.now();
    const search = await nearfield.openSearch({ name: "gpu", device: "webgpu" });
    await search.add([
      { id: "bread", text: "how to bake bread" },
      { id: "tyre", text: "change a flat tyre" },
    ]);
    const ids = await nearfield.idsOf(search, "baking a loaf");
    const ms = performance.now() - started;
    return { ids, ms, status: search.status() };
  });
  console.log(`two documents and a query on SwiftShader: ${Math.round(seen.ms)} ms`);
  expect(seen.ids).toEqual(["bread", "tyre"]);
  expect(seen.status.devices.query).toMatchObject({ state: "ready", device: "webgpu" });
  expect(seen.status.devices.document).toMatchObject({ state: "ready", device: "webgpu" });
  expect(seen.status.counts).toMatchObject({ documents: 2, passages: 2 });
});

test("auto takes no software adapter: it runs on WASM and says why", async ({ bare }) => {
  const seen = await bare.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter();
    const search = await nearfield.openSearch({ name: "auto" });
    await search.query("anything");
    return { hasAdapter: Boolean(adapter), query: search.status().devices.query };
  });
  expect(seen.hasAdapter, "this browser was started with a software adapter").toBe(true);
  expect(seen.query).toMatchObject({ state: "ready", device: "wasm" });
  expect(JSON.stringify(seen.query)).toMatch(/software|swiftshader/i);
});

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
