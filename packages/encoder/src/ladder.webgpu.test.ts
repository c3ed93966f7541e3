import { cosine, type ModelArtifact, type ModelCard, type RetrievalError } from "@nearfield/core";
import { CACHE_NAME, type MachineFacts } from "@nearfield/models";
import { pocketCard } from "@nearfield/pocket";
import { fileOf, readToyModel, RUN_ALL } from "@nearfield/testing";
import { expect, test, vi } from "vitest";
import { openClient } from "./fixtures/open-client.ts";
import { readPocketReference } from "./fixtures/pocket-reference.ts";
import { readMachine } from "./machine.ts";
import { spawnEncoderWorker } from "./spawn.ts";
import { fasterOf, type Measured } from "./trial.ts";

// A software adapter takes seconds where a GPU takes milliseconds.
const PATIENCE = { timeout: 180_000 };

const { card: toy } = await readToyModel("qzhou");
const both = toy.artifacts as { readonly webgpu: ModelArtifact; readonly wasm: ModelArtifact };

test("auto passes over a software adapter and says so", PATIENCE, async () => {
  using client = openClient(toy, { device: "auto" });
  await client.start();
  const { rung, reasons } = client.status();
  expect(rung).toBe("wasm");
  expect(reasons).toMatchObject([{ rung: "webgpu", code: "DEVICE_UNAVAILABLE" }]);
  expect(reasons[0]?.message).toMatch(/software/);
});

test("pocket on WebGPU gives its reference vectors", PATIENCE, async () => {
  const { texts, webgpu } = await readPocketReference();
  // Its known answers would take a software adapter a minute; what is asked here is as strict.
  const artifact = { ...(pocketCard.artifacts.webgpu as ModelArtifact), knownAnswers: undefined };
  using client = openClient(
    { ...pocketCard, artifacts: { webgpu: artifact } },
    { device: "webgpu" },
  );
  const rows = [0, 34];
  const vectors = await client.encode(rows.map((row) => texts[row] as string));
  const cosines = rows.map((row, at) =>
    cosine(vectors[at] as Float32Array, webgpu[row] as Float32Array),
  );
  console.log(`pocket on WebGPU, cosines to the float reference: ${cosines.join(", ")}`);
  expect(Math.min(...cosines)).toBeGreaterThan(0.9999);
  expect(client.status()).toMatchObject({ rung: "webgpu", device: "webgpu", reasons: [] });
});

test.runIf(RUN_ALL)(
  "an attention kernel that is wrong with small subgroups is refused, and the next rung is right",
  PATIENCE,
  async () => {
    const { card, texts, reference } = await readToyModel("qwen3-gqa");
    using client = openClient(card, { device: "webgpu" });
    const row = 12;
    const [vector] = await client.encode([texts[row] as string]);
    const { rung, reasons, knownAnswers } = client.status();
    expect(rung).toBe("webgpu-no-subgroups");
    expect(reasons).toMatchObject([{ rung: "webgpu", code: "EMBEDDING_INVALID" }]);
    expect(knownAnswers?.leastCosine).toBeGreaterThan(0.9999);
    expect(cosine(vector as Float32Array, reference.document[row] as Float32Array)).toBeGreaterThan(
      0.9999,
    );
  },
);

test.runIf(RUN_ALL)(
  "a model without known answers gets them from WASM at its first use, and the wrong kernel is refused",
  PATIENCE,
  async () => {
    await caches.delete(CACHE_NAME);
    const { card: given } = await readToyModel("qwen3-gqa");
    const artifact = { ...(given.artifacts.wasm as ModelArtifact), knownAnswers: undefined };
    // The one text that shows it, since a software adapter takes seconds for each.
    const known = { ...given.knownAnswers, texts: given.knownAnswers.texts.slice(1) };
    const artifacts = { webgpu: artifact, wasm: artifact };
    const card: ModelCard = { ...given, knownAnswers: known, artifacts };
    const spawn = vi.fn(spawnEncoderWorker);
    using client = openClient(card, { device: "webgpu", spawn });
    await client.start();
    const { rung, reasons, knownAnswers } = client.status();
    expect(rung).toBe("webgpu-no-subgroups");
    expect(reasons).toMatchObject([{ rung: "webgpu", code: "EMBEDDING_INVALID" }]);
    expect(reasons[0]?.message).toMatch(
      /below 0.995 to the vector that WASM gives \(met: 0\.\d+\)/,
    );
    expect(knownAnswers).toMatchObject({ origin: "wasm" });
    expect(knownAnswers?.leastCosine).toBeGreaterThan(0.9999);
    // One computes the vectors for both rungs.
    expect(spawn).toHaveBeenCalledTimes(3);
  },
);

// Six starts of a worker; in the quick run climb.test.ts has the same without workers.
test.runIf(RUN_ALL)(
  "known answers that no device gives end in EMBEDDING_INVALID with the cosine of each",
  PATIENCE,
  async () => {
    const wrong = await fileOf(new Uint8Array(new Float32Array(2 * toy.dimensions).fill(1).buffer));
    const artifact = { ...both.wasm, knownAnswers: wrong };
    using client = openClient(
      { ...toy, artifacts: { webgpu: artifact, wasm: artifact } },
      { device: "auto", machine: asHardware },
    );
    const failure = (await client.start().catch((thrown: unknown) => thrown)) as RetrievalError;
    expect(failure.code).toBe("EMBEDDING_INVALID");
    for (const rung of ["webgpu", "webgpu-no-subgroups", "wasm"]) {
      expect(failure.message).toMatch(
        new RegExp(`${rung}: EMBEDDING_INVALID[^;]*\\(met: -?0\\.\\d+\\)`),
      );
    }
  },
);

test.runIf(RUN_ALL)(
  "known answers that WebGPU does not give end in DEVICE_UNAVAILABLE where WebGPU was demanded",
  PATIENCE,
  async () => {
    const wrong = new Float32Array(2 * toy.dimensions).fill(1);
    const knownAnswers = await fileOf(new Uint8Array(wrong.buffer));
    const card = { ...toy, artifacts: { ...both, webgpu: { ...both.webgpu, knownAnswers } } };
    using client = openClient(card, { device: "webgpu" });
    const failure = await client.encode(["x"]).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({
      code: "DEVICE_UNAVAILABLE",
      cause: { code: "EMBEDDING_INVALID" },
    });
    expect(client.status().reasons.map(({ rung, code }) => [rung, code])).toEqual([
      ["webgpu", "EMBEDDING_INVALID"],
      ["webgpu-no-subgroups", "EMBEDDING_INVALID"],
    ]);
  },
);

test.runIf(RUN_ALL)(
  "a GPU that is lost is tried once more, and pending calls are answered",
  PATIENCE,
  async () => {
    const quick = { ...both.webgpu, knownAnswers: undefined };
    using client = openClient(
      { ...toy, artifacts: { webgpu: quick } },
      {
        device: "webgpu",
        spawn: () =>
          new Worker(new URL("./fixtures/fragile-worker.ts", import.meta.url), { type: "module" }),
      },
    );
    using gpu = openGpuSwitch();
    const [before] = await client.encode(["The tide is high."]);
    const pending = client.encode(["The tide is high.", "The tide is low."]);
    gpu.lose();
    const [after] = await pending;
    expect(cosine(after as Float32Array, before as Float32Array)).toBeGreaterThan(0.9999);
    expect(client.status()).toMatchObject({
      rung: "webgpu",
      reasons: [{ rung: "webgpu", code: "DEVICE_LOST" }],
    });
    // A second loss is the end of WebGPU, and this card has no WASM files.
    gpu.lose();
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "DEVICE_UNAVAILABLE" });
  },
);

/** This machine, if its software adapter were a real one. */
async function asHardware(): Promise<MachineFacts> {
  const machine = await readMachine();
  return { ...machine, gpu: { ...machine.gpu, kind: "hardware" } as MachineFacts["gpu"] };
}

// Seven runs on a software adapter; rehearsal.browser.test.ts and trial.test.ts have the rules.
test.runIf(RUN_ALL)(
  "two devices that are right are timed once, and the next start begins with the faster one",
  { timeout: 600_000 },
  async () => {
    localStorage.clear();
    const quick = { ...both.wasm, knownAnswers: undefined };
    const card = { ...toy, artifacts: { webgpu: quick, wasm: quick } };
    const options = { device: "auto", machine: asHardware, trialQuietMs: 1 } as const;
    let measured: Measured | null = null;
    {
      using client = openClient(card, options);
      await client.start();
      expect(client.status()).toMatchObject({ device: "webgpu", measured: null });
      await vi.waitFor(() => expect(client.status().measured).not.toBeNull(), {
        timeout: 500_000,
        interval: 500,
      });
      measured = client.status().measured;
      // It goes on serving.
      expect(client.status().device).toBe("webgpu");
    }
    console.log(`WebGPU (software) and WASM, milliseconds: ${JSON.stringify(measured)}`);
    using next = openClient(card, options);
    await next.start();
    const { device, measured: remembered } = next.status();
    expect(remembered).toEqual(measured);
    expect(device).toBe(fasterOf(measured as Measured, "document"));
  },
);

function openGpuSwitch() {
  const channel = new BroadcastChannel("nearfield-test-gpu");
  return { lose: () => channel.postMessage("lose"), [Symbol.dispose]: () => channel.close() };
}
