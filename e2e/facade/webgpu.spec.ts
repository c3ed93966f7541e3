import { EXTENDED, expect, test } from "../harness/fixtures.ts";

// SwiftShader computes WebGPU on the CPU and takes seconds for a text of a few words, most of a minute for the known
// answers of a first start: few and short texts, on one page, are enough to show that the whole way works. That vectors
// are right is tested where they are made.
const TIMEOUT_MS = 600_000;

test(
  "on WebGPU vectors agree with those of WASM, documents are found, and status says webgpu",
  EXTENDED,
  async ({ bare }) => {
    test.setTimeout(TIMEOUT_MS);
    const vectors = await bare.evaluate(async () => {
      const started = performance.now();
      const gpu = nearfield.openEncoder({ device: "webgpu" });
      const [onGpu] = await gpu.encode(["a cat sleeps"]);
      const firstMs = performance.now() - started;
      const status = gpu.status();
      await gpu.close();
      const cpu = nearfield.openEncoder({ device: "wasm" });
      const [onCpu] = await cpu.encode(["a cat sleeps"]);
      await cpu.close();
      return { gpu: [...(onGpu ?? [])], cpu: [...(onCpu ?? [])], status, firstMs };
    });
    console.log(`first vector on SwiftShader: ${Math.round(vectors.firstMs)} ms`);
    console.log(JSON.stringify(vectors.status));
    expect(vectors.status).toMatchObject({ state: "ready", device: "webgpu" });
    expect(vectors.gpu).toHaveLength(384);
    expect(dot(vectors.gpu, vectors.gpu)).toBeCloseTo(1, 5);
    // The two graphs are quantized in different ways; the model's README promises no less than this.
    expect(dot(vectors.gpu, vectors.cpu)).toBeGreaterThan(0.991);

    const found = await bare.evaluate(async () => {
      const started = performance.now();
      const search = await nearfield.openSearch({ name: "gpu", device: "webgpu" });
      await search.add([
        { id: "bread", text: "how to bake bread" },
        { id: "tyre", text: "change a flat tyre" },
      ]);
      const ids = await nearfield.idsOf(search, "baking a loaf");
      return { ids, ms: performance.now() - started, status: search.status() };
    });
    console.log(`two documents and a query on a page that has passed: ${Math.round(found.ms)} ms`);
    expect(found.ids).toEqual(["bread", "tyre"]);
    const onWebgpu = {
      state: "ready",
      device: "webgpu",
      rung: "webgpu",
      knownAnswers: { texts: 1 },
    };
    expect(found.status.devices).toMatchObject({ query: onWebgpu, document: onWebgpu });
    expect(found.status.counts).toMatchObject({ documents: 2, passages: 2 });
  },
);

test("auto takes no software adapter: it runs on WASM and says why", async ({ bare }) => {
  const seen = await bare.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter();
    const search = await nearfield.openSearch({ name: "auto" });
    await search.query("anything");
    return { hasAdapter: Boolean(adapter), query: search.status().devices.query };
  });
  expect(seen.hasAdapter, "this browser was started with a software adapter").toBe(true);
  expect(seen.query).toMatchObject({ state: "ready", device: "wasm" });
  expect(JSON.stringify(seen.query.reasons)).toMatch(/software|swiftshader/i);
});

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
