import {
  RetrievalError,
  type ModelArtifact,
  type ModelCard,
  type ModelFile,
} from "@nearfield/core";
import { CACHE_NAME } from "@nearfield/models";
import { pocketCard } from "@nearfield/pocket";
import { fileOf, readToyModel } from "@nearfield/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { openClient } from "./fixtures/open-client.ts";
import { readPocketReference } from "./fixtures/pocket-reference.ts";

const { card: toy, texts } = await readToyModel("qzhou");

/** The toy with another WASM artifact. */
const withArtifact = (change: Partial<ModelArtifact>): ModelCard => ({
  ...toy,
  artifacts: { wasm: { ...(toy.artifacts.wasm as ModelArtifact), ...change } },
});

/** The same file elsewhere, with other bytes. */
async function tamper(
  file: ModelFile,
  change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
) {
  const bytes = new Uint8Array(await (await fetch(file.url)).arrayBuffer());
  return { ...file, url: URL.createObjectURL(new Blob([change(bytes)])) };
}

const graph = (toy.artifacts.wasm as ModelArtifact).graph;

beforeEach(async () => {
  await caches.delete(CACHE_NAME);
  localStorage.clear();
});

test("on WASM a vector depends on its text alone: one by one and in batches they are the same, bit for bit", async () => {
  const reference = await readPocketReference();
  // Rows 9, 14, 34 and 36 come out different when they are padded.
  const some = [0, 1, 2, 9, 14, 33, 34, 36].map((row) => reference.texts[row] as string);
  using client = openClient(pocketCard);
  const alone: Float32Array[] = [];
  for (const text of some) alone.push(...(await client.encode([text])));
  expect(await client.encode([...some, ...some])).toEqual([...alone, ...alone]);
});

describe("a device that is not there", () => {
  test("leads to WASM with auto, and the reason is kept", async () => {
    using client = openClient(toy, { device: "auto" });
    await client.start();
    expect(client.status()).toMatchObject({
      state: "ready",
      rung: "wasm",
      device: "wasm",
      threads: 1,
      knownAnswers: { texts: 4 },
      notStored: null,
      reasons: [{ rung: "webgpu", code: "DEVICE_UNAVAILABLE" }],
    });
    expect(client.status().timings?.totalMs).toBeGreaterThan(0);
  });

  test("is an error where it was demanded, and the next call tries again", async () => {
    using client = openClient(toy, { device: "webgpu" });
    for (const _ of [1, 2]) {
      await expect(client.encode(["x"])).rejects.toMatchObject({ code: "DEVICE_UNAVAILABLE" });
    }
    expect(client.status()).toMatchObject({ state: "failed", rung: null });
  });
});

describe("model files that are not what the card says", () => {
  test("one flipped bit is MODEL_INTEGRITY, the ladder ends there, and nothing is stored", async () => {
    const flipped = await tamper(graph, (bytes) => (((bytes[1000] as number) ^= 1), bytes));
    using client = openClient(withArtifact({ graph: flipped }));
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "MODEL_INTEGRITY" });
    expect(client.status().reasons).toMatchObject([{ rung: "wasm", code: "MODEL_INTEGRITY" }]);
    const cache = await caches.open(CACHE_NAME);
    const keys = (await cache.keys()).map(({ url }) => url);
    expect(keys.filter((url) => url.endsWith(graph.sha256))).toEqual([]);
  });

  test("half of a file is MODEL_INTEGRITY", async () => {
    const half = await tamper(graph, (bytes) => bytes.slice(0, bytes.length / 2));
    using client = openClient(withArtifact({ graph: half }));
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "MODEL_INTEGRITY" });
  });

  test("a file that is gone is MODEL_UNAVAILABLE_OFFLINE, until it is back", async () => {
    const moved = await tamper(graph, (bytes) => bytes);
    URL.revokeObjectURL(moved.url);
    using client = openClient(withArtifact({ graph: moved }));
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE_OFFLINE" });
    using other = openClient(toy);
    await other.start(); // stores the same graph
    expect(await client.encode(["x"])).toHaveLength(1);
  });

  test("a graph that is none is INFERENCE_FAILED", async () => {
    const junk = await fileOf(new TextEncoder().encode("not a graph"));
    using client = openClient(withArtifact({ graph: junk }));
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "INFERENCE_FAILED" });
  });

  test("an output that the graph does not have is INFERENCE_FAILED", async () => {
    using client = openClient({ ...toy, output: "pooler_output" });
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "INFERENCE_FAILED" });
  });

  test("another length of vectors than the graph gives is EMBEDDING_INVALID", async () => {
    const card = withArtifact({ knownAnswers: undefined });
    using client = openClient({ ...card, dimensions: 96 });
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "EMBEDDING_INVALID" });
  });
});

test("files of ONNX Runtime that are not served are INFERENCE_FAILED, with what to check", async () => {
  const missing = new URL("/no/such/runtime", location.href).href;
  const files = { mjs: `${missing}.mjs`, wasm: `${missing}.wasm` };
  using client = openClient(toy, { runtime: { wasm: files, webgpu: files } });
  await expect(client.encode(["x"])).rejects.toThrow(/INFERENCE_FAILED.*ONNX Runtime/);
});

describe("known answers", () => {
  test("that are not met refuse the model on every rung", async () => {
    const other = new Float32Array(2 * toy.dimensions).fill(1 / Math.sqrt(toy.dimensions));
    const knownAnswers = await fileOf(new Uint8Array(other.buffer));
    using client = openClient(withArtifact({ knownAnswers }));
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "EMBEDDING_INVALID" });
    expect(client.status()).toMatchObject({ state: "failed" });
  });

  test("are asked whole once, and by one text from then on", async () => {
    using first = openClient(toy);
    await first.start();
    expect(first.status().knownAnswers?.texts).toBe(4);
    using second = openClient(toy);
    await second.start();
    expect(second.status().knownAnswers?.texts).toBe(1);
    expect(second.status().knownAnswers?.leastCosine).toBeGreaterThan(0.9999);
  });
});

describe("a worker", () => {
  test("that does not load is WORKER_UNAVAILABLE", async () => {
    using client = openClient(toy, {
      spawn: () => new Worker("/no/such/worker.js", { type: "module" }),
    });
    await expect(client.encode(["x"])).rejects.toMatchObject({ code: "WORKER_UNAVAILABLE" });
  });

  test("that dies is replaced, and pending calls are answered by the next", async () => {
    const workers: Worker[] = [];
    const { spawnEncoderWorker } = await import("./spawn.ts");
    using client = openClient(toy, {
      spawn: () => {
        const worker = spawnEncoderWorker();
        workers.push(worker);
        return worker;
      },
    });
    await client.start();
    const pending = Promise.all([client.encode(texts), client.encode(["x"])]);
    workers[0]?.terminate();
    const [many, one] = await pending;
    expect([many.length, one.length]).toEqual([texts.length, 1]);
    expect(workers).toHaveLength(2);
    expect(client.status().reasons).toMatchObject([{ rung: "wasm", code: "WORKER_LOST" }]);
  });

  test("without work for a while is ended, and the next call starts one", async () => {
    using client = openClient(toy, { idleMs: 50 });
    await client.start();
    await expect.poll(() => client.status().state).toBe("idle");
    expect(await client.encode(["x"])).toHaveLength(1);
  });
});

describe("an abort while the model loads", () => {
  test("rejects its own call alone", async () => {
    using client = openClient(toy);
    const controller = new AbortController();
    const given = client.encode(["x"], { signal: controller.signal });
    const kept = client.encode(["x"]);
    controller.abort(new Error("typed on"));
    const failure = await given.catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(RetrievalError);
    expect(failure).toMatchObject({ code: "ABORTED", cause: { message: "typed on" } });
    expect(await kept).toHaveLength(1);
  });

  test("does not wait for a GPU process that does not answer", async () => {
    const own = Object.getOwnPropertyDescriptor(navigator, "gpu");
    const requestAdapter = () => new Promise<never>(() => {});
    Object.defineProperty(navigator, "gpu", { value: { requestAdapter }, configurable: true });
    try {
      using client = openClient(toy, { device: "auto" });
      const controller = new AbortController();
      let hasSettled = false;
      const given = client.encode(["x"], { signal: controller.signal });
      given.catch(() => {}).finally(() => (hasSettled = true));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(hasSettled).toBe(false);
      controller.abort();
      await new Promise((resolve) => setTimeout(resolve));
      expect(hasSettled).toBe(true);
      await expect(given).rejects.toMatchObject({ code: "ABORTED" });
    } finally {
      if (own) Object.defineProperty(navigator, "gpu", own);
      else Reflect.deleteProperty(navigator, "gpu");
    }
  });

  test("of the client itself rejects all calls with CLOSED", async () => {
    const client = openClient(toy);
    const pending = client.encode(["x"]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    client.close();
    client.close();
    await expect(pending).rejects.toMatchObject({ code: "CLOSED" });
    expect(client.status().state).toBe("closed");
  });
});

test("bad options are refused at once", () => {
  expect(() => openClient(toy, { dimensions: 100 })).toThrow(/INVALID_OPTION.*112/);
  expect(() => openClient({ ...toy, tokenizer: { ...toy.tokenizer, sha256: "x" } })).toThrow(
    /INVALID_OPTION/,
  );
});

test("a text that is no string is refused before anything is asked", async () => {
  using client = openClient(toy);
  const bad = [1] as unknown as string[];
  await expect(client.encode(bad)).rejects.toMatchObject({ code: "INVALID_OPTION" });
});
