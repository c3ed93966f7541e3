// Models by name through the face, from a host of the hub's shape.
import { cosine, type RetrievalError } from "@nearfield/core";
import { CACHE_NAME } from "@nearfield/models";
import { openStand, readToyModel, RUN_ALL, toyRepository, type Stand } from "@nearfield/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEncoder, type Encoder } from "./encoder.ts";
import { openSearch } from "./open-search.ts";
import type { EncoderOptions, LoadProgress } from "./options.ts";

const NAME = "toys/qwen3";
const toy = await readToyModel("qwen3-gqa");
const FEW = [0, 5, 12];

let stand: Stand;
const open: Encoder[] = [];

beforeEach(async () => {
  await caches.delete(CACHE_NAME);
  stand = await openStand({ repositories: { [NAME]: toyRepository("qwen3-gqa") } });
});
afterEach(async () => {
  for (const encoder of open.splice(0)) await encoder.close();
});

function openNamed(options: EncoderOptions = {}): Encoder {
  const encoder = openEncoder({
    model: NAME,
    models: { host: stand.host },
    device: "wasm",
    ...options,
  });
  open.push(encoder);
  return encoder;
}

async function leastCosine(encoder: Encoder, role: "query" | "document"): Promise<number> {
  const vectors = await encoder.encode(
    FEW.map((row) => toy.texts[row] as string),
    { role },
  );
  const known = FEW.map((row) => toy.reference[role][row] as Float32Array);
  return Math.min(...known.map((vector, at) => cosine(vectors[at] as Float32Array, vector)));
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: RetrievalError) => thrown,
  );

describe("what is decided before a download", () => {
  test("stands in status(): the file, its format, the device, and why not another", async () => {
    const encoder = openNamed();
    await encoder.encode(["x"]);
    expect(encoder.status().plan).toMatchObject({
      file: "onnx/model.onnx",
      dtype: "fp32",
      device: "wasm",
    });
    expect(encoder.status().plan?.reasons).toContain(
      'webgpu fp32 (onnx/model.onnx): device "wasm" was asked for',
    );
  });

  test("a model that can not run is refused with its numbers and the nearest that can, and nothing of it is fetched", async () => {
    const encoder = openNamed({ model: "Qwen/Qwen3-Embedding-8B", device: "auto" });
    const failure = await failureOf(encoder.encode(["x"]));
    expect(failure?.code).toBe("MODEL_UNSUPPORTED");
    expect(failure?.message).toContain(
      "the heap of ONNX Runtime takes at least 8.11 GB, WebAssembly has 4.29 GB",
    );
    expect(failure?.repair).toMatch(/^Take Qwen\/Qwen3-Embedding-0.6B/);
    const fetched = (await stand.requests()).filter(({ path }) => /onnx|safetensors/.test(path));
    expect(fetched).toEqual([]);
  });
});

describe("an encoder by name", () => {
  test("gives the reference vectors, tells of its progress, and needs no host the second time", async () => {
    const told: LoadProgress[] = [];
    const encoder = openNamed({ onLoadProgress: (progress) => told.push(progress) });
    expect(encoder.status().state).toBe("starting");
    expect(encoder.status().loading?.stage).toBe("resolve");
    expect(await leastCosine(encoder, "query")).toBeGreaterThan(0.99999);
    expect(await leastCosine(encoder, "document")).toBeGreaterThan(0.99999);
    expect(encoder.status()).toMatchObject({
      state: "ready",
      model: { name: NAME },
      loading: null,
      failure: null,
    });
    const bytes = told.map(({ loadedBytes }) => loadedBytes);
    expect(Math.max(...bytes)).toBe(told.at(-1)?.totalBytes);
    expect(told[0]).toMatchObject({ role: "document", stage: "resolve" });

    const before = (await stand.requests()).length;
    expect(await leastCosine(openNamed(), "document")).toBeGreaterThan(0.99999);
    expect(await stand.requests()).toHaveLength(before);
  });

  test("says in encode what was wrong with the host, and the next call tries again", async () => {
    const host = `${stand.host}/elsewhere`;
    const encoder = openNamed({ models: { host } });
    const failure = await failureOf(encoder.encode(["text"]));
    expect(failure?.code).toBe("MODEL_INVALID");
    expect(encoder.status()).toMatchObject({ state: "failed", failure: { code: "MODEL_INVALID" } });
    const files = Object.entries(toyRepository("qwen3-gqa").files);
    const placed = files.map(([path, file]) => [`elsewhere/${NAME}/resolve/main/${path}`, file]);
    await stand.order({ files: Object.fromEntries(placed) });
    expect(await leastCosine(encoder, "document")).toBeGreaterThan(0.99999);
  });

  test.runIf(RUN_ALL)("is what its files say and what the app adds to them", async () => {
    const overrides = { matryoshka: [128, 32], prompts: { query: "q: ", document: "" } };
    const short = openNamed({ dimensions: 32, models: { host: stand.host, overrides } });
    const [vector] = await short.encode([toy.texts[5] as string]);
    expect(vector).toHaveLength(32);
    const cut = (toy.reference.document[5] as Float32Array).subarray(0, 32);
    expect(cosine(vector as Float32Array, cut)).toBeGreaterThan(0.99999);
    const never = openNamed({ dimensions: 33 });
    expect((await failureOf(never.encode(["text"])))?.code).toBe("INVALID_OPTION");
  });
});

describe("a search by name", () => {
  test("finds, and finds again without the host", async () => {
    const options = {
      name: `named ${Math.random()}`,
      model: NAME,
      models: { host: stand.host },
      device: "wasm",
    } as const;
    const first = await openSearch(options);
    await first.add([
      { id: "a", text: toy.texts[5] as string },
      { id: "b", text: toy.texts[12] as string },
    ]);
    await first.close();
    const before = (await stand.requests()).length;
    const second = await openSearch(options);
    const { hits } = await second.query(toy.texts[12] as string);
    expect(hits).toHaveLength(2);
    expect(second.status()).toMatchObject({ model: { name: NAME, dimensions: 128 }, degraded: [] });
    expect(await stand.requests()).toHaveLength(before);
    await second.destroy();
  });
});

describe("a repository with two towers", () => {
  const MODEL = "toys/towers";

  beforeEach(() =>
    stand.order({
      repositories: { [MODEL]: toyRepository("two-towers") },
      files: {
        query: { toy: "toy-two-towers/reference/query.f32" },
        document: { toy: "toy-two-towers/reference/document.f32" },
      },
    }),
  );

  async function vectorsOf(role: "query" | "document"): Promise<Float32Array[]> {
    const rows = new Float32Array(await (await fetch(`${stand.host}/${role}`)).arrayBuffer());
    const dimensions = rows.length / toy.texts.length;
    return FEW.map((row) => rows.subarray(row * dimensions, (row + 1) * dimensions));
  }

  const texts = FEW.map((row) => toy.texts[row] as string);

  test("is taken apart: each role has its own worker and its reference vectors", async () => {
    const encoder = openNamed({ model: MODEL });
    for (const role of ["query", "document"] as const) {
      const known = await vectorsOf(role);
      const vectors = await encoder.encode(texts, { role });
      const cosines = known.map((vector, at) => cosine(vectors[at] as Float32Array, vector));
      expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.99999);
      expect(encoder.status(role)).toMatchObject({ state: "ready" });
    }
    const names = [encoder.status("query"), encoder.status("document")].map(
      (one) => one.model?.name,
    );
    expect(new Set(names).size).toBe(2);
  });

  test.runIf(RUN_ALL)("searches, with each of its towers by name as well", async () => {
    const tower = { query: MODEL, document: MODEL };
    const search = await openSearch({
      name: `towers ${Math.random()}`,
      model: tower,
      models: { host: stand.host },
      device: "wasm",
    });
    await search.add(texts.map((text, at) => ({ id: String(at), text })));
    const { hits } = await search.query(texts[1] as string, { mode: "dense" });
    const [query, documents] = [await vectorsOf("query"), await vectorsOf("document")];
    for (const { document, score } of hits) {
      const known = cosine(
        query[1] as Float32Array,
        documents[Number(document.id)] as Float32Array,
      );
      expect(score).toBeCloseTo(known, 4);
    }
    expect(hits).toHaveLength(FEW.length);
    expect(search.status().model).toMatchObject({
      dimensions: 96,
      query: { version: expect.any(String) as string },
    });
    await search.destroy();
  });
});
