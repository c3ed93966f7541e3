// Models by name from a host of the hub's shape, and what this origin keeps of them.
import { sha256, type ModelCard, type RetrievalError } from "@nearfield/core";
import { openStand, seededBytes, type Stand, type StandFile } from "@nearfield/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { cdp } from "vitest/browser";
import { fetchVerified } from "./file.ts";
import { PLAIN } from "./fixtures/memory.ts";
import { CACHE_NAME, openShelf } from "./store/cache-storage.ts";
import { planOf } from "./plan.ts";
import { ANY_MACHINE, type MachineFacts } from "./plan/machine.ts";
import { openModelStore } from "./store.ts";
import { fetchAll, type FetchProgress } from "./store/fetch-all.ts";
import type { ModelStore } from "./store/model-store.ts";

const GRAPH_BYTES = 300_000;
const DATA_BYTES = 200_000;
const NAME = "toys/model";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const retry = { tries: 1, firstMs: 1 };

let stand: Stand;
let store: ModelStore;

beforeEach(async () => {
  await caches.delete(CACHE_NAME);
  stand = await openStand();
  store = openModelStore({ host: stand.host, retry });
});

type MadeFile = Exclude<StandFile, { readonly toy: string }>;

/** The files of a small repository with external data. */
function filesOf(seed: number, extra: Record<string, MadeFile> = {}): Record<string, MadeFile> {
  const texts = Object.entries(PLAIN).map(([path, content]): [string, MadeFile] => [
    path,
    { text: typeof content === "string" ? content : JSON.stringify(content) },
  ]);
  return {
    ...Object.fromEntries(texts),
    "onnx/model.onnx": { seed, byteLength: GRAPH_BYTES },
    "onnx/model.onnx_data": { seed: seed + 1, byteLength: DATA_BYTES },
    ...extra,
  };
}

async function publish(files: Record<string, MadeFile>, revision = "main"): Promise<void> {
  const placed = Object.entries(files).map(([path, file]) => [
    `${NAME}/resolve/${revision}/${path}`,
    file,
  ]);
  await stand.order({ files: Object.fromEntries(placed) });
}

/** The hub's own list of a repository's files. */
async function publishListing(files: Record<string, MadeFile>, sha = COMMIT): Promise<void> {
  const siblings = await Promise.all(
    Object.entries(files).map(async ([rfilename, file]) => {
      if ("text" in file) {
        const size = new TextEncoder().encode(file.text).length;
        return { rfilename, size, blobId: await blobOf(file.text) };
      }
      const bytes = seededBytes(file.seed, file.byteLength);
      const lfs = { sha256: await sha256(bytes), size: bytes.length };
      return { rfilename, size: bytes.length, blobId: "0".repeat(40), lfs };
    }),
  );
  const text = JSON.stringify({ sha, siblings });
  await stand.order({ files: { [`api/models/${NAME}/revision/main`]: { text } } });
}

async function blobOf(text: string): Promise<string> {
  const { length } = new TextEncoder().encode(text);
  const whole = new TextEncoder().encode(`blob ${length}\0${text}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const resolve = async (options = {}) => (await store.resolve(NAME, options)) as ModelCard;
const graphOf = (card: ModelCard) => card.artifacts.wasm?.graph;
const weightsOf = (card: ModelCard) => {
  const { graph, data } = card.artifacts.wasm as NonNullable<typeof card.artifacts.wasm>;
  return [graph, ...data.map(({ file }) => file)];
};
const got = async (path: string) =>
  (await stand.requests()).filter((one) => one.method === "GET" && one.path.endsWith(path));
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: RetrievalError) => thrown,
  );

describe("a model by name", () => {
  test("from a plain folder: what nobody says of its files is learned once, and then needs no host", async () => {
    await publish(filesOf(1));
    const card = await resolve();
    expect(graphOf(card)).toEqual({
      url: `${stand.host}/${NAME}/resolve/main/onnx/model.onnx`,
      byteLength: GRAPH_BYTES,
      sha256: await sha256(seededBytes(1, GRAPH_BYTES)),
    });
    const before = (await stand.requests()).length;
    expect(await resolve()).toEqual(card);
    for (const file of weightsOf(card)) expect((await fetchVerified(file)).from).toBe("cache");
    expect(await stand.requests()).toHaveLength(before);
  });

  test("from a hub: the branch becomes its commit, and weights are not fetched to learn their hash", async () => {
    const files = filesOf(3);
    await publishListing(files);
    await publish(files, COMMIT);
    const card = await resolve();
    expect(card.version).toBe(COMMIT);
    expect(graphOf(card)?.url).toContain(`/resolve/${COMMIT}/onnx/model.onnx`);
    expect(graphOf(card)?.sha256).toBe(await sha256(seededBytes(3, GRAPH_BYTES)));
    expect(await got("onnx/model.onnx")).toEqual([]);
    const [graph, data] = weightsOf(card);
    expect((await fetchVerified(graph as never)).from).toBe("network");
    expect((await fetchVerified(data as never)).bytes.length).toBe(DATA_BYTES);
  });

  test("whose branch moves is the same model until it is refreshed", async () => {
    const files = filesOf(5);
    await publishListing(files);
    await publish(files, COMMIT);
    const card = await resolve();
    const later = "f".repeat(40);
    await publishListing(filesOf(50), later);
    await publish(filesOf(50), later);
    expect(await resolve()).toEqual(card);
    const moved = await resolve({ refresh: true });
    expect(moved.version).toBe(later);
    expect(graphOf(moved)?.sha256).not.toBe(graphOf(card)?.sha256);
  });

  test("from a host that says it in headers: commit, size and hash are taken from there", async () => {
    const hash = await sha256(seededBytes(7, GRAPH_BYTES));
    const headers = {
      "x-repo-commit": COMMIT,
      "x-linked-size": String(GRAPH_BYTES),
      "x-linked-etag": `"${hash}"`,
    };
    const files = filesOf(7, {
      "onnx/model.onnx": { seed: 7, byteLength: GRAPH_BYTES, headers },
      "modules.json": {
        text: JSON.stringify(PLAIN["modules.json"]),
        headers: { "x-repo-commit": COMMIT },
      },
    });
    await publish(files);
    await publish(files, COMMIT);
    const card = await resolve();
    expect(card.version).toBe(COMMIT);
    expect(graphOf(card)).toMatchObject({ sha256: hash, byteLength: GRAPH_BYTES });
    expect(await got("onnx/model.onnx")).toEqual([]);
  });

  test("of which a file is not what the host lists is MODEL_INTEGRITY, and is not remembered", async () => {
    const files = filesOf(9);
    await publishListing(files);
    await publish(files, COMMIT);
    const config = JSON.stringify(PLAIN["config.json"]);
    await publish({ "config.json": { text: config.replace("512", "513") } }, COMMIT);
    expect((await failureOf(resolve()))?.code).toBe("MODEL_INTEGRITY");
    await publish(files, COMMIT);
    expect((await resolve()).version).toBe(COMMIT);
  });

  test("that was broken or not there at all is found once it is mended", async () => {
    expect((await failureOf(resolve()))?.code).toBe("MODEL_INVALID");
    await publish(filesOf(13, { "config.json": { text: "[]" } }));
    expect((await failureOf(resolve()))?.code).toBe("MODEL_INVALID");
    await publish(filesOf(13));
    expect((await resolve()).name).toBe(NAME);
  });

  test("at once from two stores: a file of which nobody tells the hash is fetched once", async () => {
    await publish(filesOf(15));
    await stand.order({ always: { kind: "slow", everyMs: 2 } });
    const other = openModelStore({ host: stand.host, retry });
    const [mine, theirs] = await Promise.all([resolve(), other.resolve(NAME)]);
    expect(mine).toEqual(theirs);
    expect(await got("onnx/model.onnx")).toHaveLength(1);
  });

  test("of a built-in card is found by its short name, at the repository of its export", async () => {
    const tokenizer = { text: "{}" };
    const placed = {
      "tokenizer.json": tokenizer,
      "tokenizer_config.json": tokenizer,
      "onnx/model_quantized.onnx": { seed: 11, byteLength: GRAPH_BYTES },
    };
    const { findCard } = await import("./cards.ts");
    const { repository } = findCard("all-minilm") as { readonly repository: string };
    const files = Object.entries(placed).map(([path, file]) => [
      `${repository}/resolve/main/${path}`,
      file,
    ]);
    await stand.order({ files: Object.fromEntries(files) });
    const card = (await store.resolve("all-minilm")) as ModelCard;
    expect(card.artifacts.wasm).toMatchObject({
      dtype: "q8",
      graph: { byteLength: GRAPH_BYTES, sha256: await sha256(seededBytes(11, GRAPH_BYTES)) },
    });
    expect(card.artifacts.webgpu).toBeUndefined();
    const failure = await failureOf(store.resolve("all-minilm", { dtypes: { wasm: "fp32" } }));
    expect(failure?.code).toBe("INVALID_OPTION");
  });

  test("of a built-in card is found on a host of one's own under the name that was asked for, also offline", async () => {
    const placed = {
      "tokenizer.json": { text: "{}" },
      "tokenizer_config.json": { text: "{}" },
      "onnx/model_quantized.onnx": { seed: 11, byteLength: GRAPH_BYTES },
    };
    const files = Object.entries(placed).map(([path, file]) => [
      `All-MiniLM-L6-v2/resolve/main/${path}`,
      file,
    ]);
    await stand.order({ files: Object.fromEntries(files) });
    const card = await store.resolve("All-MiniLM-L6-v2");
    expect(card).toMatchObject({
      name: "sentence-transformers/all-MiniLM-L6-v2",
      artifacts: { wasm: { graph: { byteLength: GRAPH_BYTES } } },
    });
    const asked = (await stand.requests()).length;
    expect(await store.resolve("All-MiniLM-L6-v2")).toEqual(card);
    expect(await stand.requests()).toHaveLength(asked);
    const failure = await failureOf(store.resolve("bge-small"));
    expect(failure?.code).toBe("MODEL_INVALID");
    expect(String(failure?.value)).toContain(
      "bge-small, Xenova/bge-small-en-v1.5, BAAI/bge-small-en-v1.5",
    );
  });

  const bad: readonly [string, () => Promise<unknown>, string][] = [
    [
      "a name without an owner, on the public hub",
      () => openModelStore().resolve("big"),
      "INVALID_OPTION",
    ],
    ["a name with ..", () => store.resolve("toys/../secret"), "INVALID_OPTION"],
    ["a revision with ..", () => resolve({ revision: "../main" }), "INVALID_OPTION"],
    [
      "a host that is no address",
      () => openModelStore({ host: "ftp://x" }).resolve(NAME),
      "INVALID_OPTION",
    ],
    ["a host with a query", () => openModelStore({ host: "/m?x" }).resolve(NAME), "INVALID_OPTION"],
    ["a repository that is not there", () => store.resolve("toys/nothing"), "MODEL_INVALID"],
    [
      "a host that is not there",
      () => openModelStore({ host: "http://127.0.0.1:1", retry }).resolve(NAME),
      "MODEL_UNAVAILABLE_OFFLINE",
    ],
    ["an abort", () => resolve({ signal: AbortSignal.abort() }), "ABORTED"],
  ];
  test.for(bad)("%s is refused", async ([, ask, code]) => {
    expect((await failureOf(ask()))?.code).toBe(code);
  });
});

describe("what is kept", () => {
  test("is listed by model with its bytes, and evicted by it", async () => {
    const one = await stand.put("one/a.bin", 21, 50_000);
    const two = await stand.put("two/b.bin", 22, 60_000);
    const both = await stand.put("both/c.bin", 23, 70_000);
    await fetchVerified(one, { model: "one" });
    await fetchVerified(two, { model: "two" });
    await fetchVerified(both, { model: "one" });
    await fetchVerified(both, { model: "two" });
    const list = await store.list();
    expect(list.models.map(({ name, byteLength }) => [name, byteLength])).toEqual([
      ["one", 120_000],
      ["two", 130_000],
    ]);
    expect(list.byteLength).toBe(180_000);
    expect(await store.evict("one")).toBe(50_000);
    expect((await fetchVerified(both)).from).toBe("cache");
    expect(await store.evict("two")).toBe(130_000);
    expect(await store.list()).toEqual({ models: [], byteLength: 0, unfinishedBytes: 0 });
    expect(await store.evict("three")).toBe(0);
  });

  test("of a model by name is gone with it, also what was learned", async () => {
    await publish(filesOf(31));
    const card = await resolve();
    expect((await store.list()).models.map(({ name }) => name)).toEqual([NAME]);
    await publish(filesOf(33));
    expect(await resolve()).toEqual(card);
    expect(await store.evict(NAME)).toBeGreaterThan(GRAPH_BYTES);
    expect(graphOf(await resolve())?.sha256).toBe(await sha256(seededBytes(33, GRAPH_BYTES)));
  });

  test("of a download that broke off is told of apart, and can be deleted", async () => {
    const file = await stand.put("a.bin", 41, 100_000);
    await stand.order({ faults: [{ kind: "cut", after: 60_000 }] });
    const failure = await failureOf(fetchVerified(file, { retry, partBytes: 10_000 }));
    expect(failure?.code).toBe("MODEL_UNAVAILABLE");
    const { models, unfinishedBytes } = await store.list();
    expect(models).toEqual([]);
    expect(unfinishedBytes).toBeGreaterThan(0);
    expect(await store.evictUnfinished()).toBe(unfinishedBytes);
    expect((await store.list()).unfinishedBytes).toBe(0);
  });
});

test("files that a visitor picks are known by their bytes and serve the model without a network", async () => {
  await publish(filesOf(51));
  const card = await resolve();
  await caches.delete(CACHE_NAME);
  const before = (await stand.requests()).length;
  const picked = [
    new File([seededBytes(51, GRAPH_BYTES)], "renamed.bin"),
    new File([seededBytes(52, DATA_BYTES)], "model.onnx_data"),
    new File(["hello"], "holiday.txt"),
  ];
  const report = await store.importFiles(card, picked);
  const [graph, data] = weightsOf(card).map(({ url }) => url);
  expect(report.stored).toEqual([graph, data]);
  expect(report.unknown).toEqual(["holiday.txt"]);
  expect(report.missing).toEqual([card.tokenizer.url, card.tokenizerConfig.url]);
  for (const file of weightsOf(card)) expect((await fetchVerified(file)).from).toBe("cache");
  expect(await stand.requests()).toHaveLength(before);

  const wrong = new File([seededBytes(99, GRAPH_BYTES)], "model.onnx");
  const failure = await failureOf(store.importFiles(card, [wrong]));
  expect(failure?.code).toBe("MODEL_INTEGRITY");
  expect((await fetchVerified(weightsOf(card)[0] as never)).from).toBe("cache");
});

describe("all files of a model", () => {
  test("are fetched with one progress: bytes, rate and stage", async () => {
    const files = [await stand.put("a.bin", 61, 400_000), await stand.put("b.bin", 62, 300_000)];
    await stand.order({ always: { kind: "slow", everyMs: 5 } });
    const told: FetchProgress[] = [];
    const fetched = await fetchAll(files, { onProgress: (progress) => void told.push(progress) });
    expect(files.map((file) => fetched.get(file)?.bytes.length)).toEqual([400_000, 300_000]);
    const bytes = told.map(({ loadedBytes }) => loadedBytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(told.at(-1)).toMatchObject({
      stage: "verify",
      loadedBytes: 700_000,
      totalBytes: 700_000,
    });
    expect(told.some(({ bytesPerSecond }) => (bytesPerSecond ?? 0) > 0)).toBe(true);
  });

  test("end with the first that fails", async () => {
    const files = [await stand.put("a.bin", 63, 400_000), await stand.put("b.bin", 64, 300_000)];
    const missing = { ...(files[0] as never as object), url: `${stand.host}/none.bin` };
    await stand.order({ always: { kind: "stall", after: 10_000 } });
    const failure = await failureOf(
      fetchAll([missing as (typeof files)[number], files[1] as (typeof files)[number]]),
    );
    expect(failure?.message).toMatch(/answered 404/);
  });
});

test("a full quota: the bytes go on to the caller, it is said, and half a file is not left behind", async () => {
  const { origin } = globalThis.location;
  const quota = cdp() as unknown as {
    send(method: string, parameters: object): Promise<unknown>;
  };
  await quota.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 3_000_000 });
  try {
    const file = await stand.put("large.bin", 71, 6_000_000);
    const { bytes, from, notStored } = await fetchVerified(file, { partBytes: 500_000 });
    expect([from, notStored?.code]).toEqual(["network", "STORAGE_FULL"]);
    expect(await sha256(bytes)).toBe(file.sha256);
    expect(await (await openShelf()).list()).toEqual([]);
  } finally {
    await quota.send("Storage.overrideQuotaForOrigin", { origin });
  }
  const file = await stand.put("small.bin", 72, 100_000);
  expect((await fetchVerified(file)).notStored).toBeNull();
});

describe("a model on a machine", () => {
  const withoutGpu: MachineFacts = {
    ...ANY_MACHINE,
    gpu: { kind: "none", description: "WebGPU finds no adapter" },
  };
  const quantized: Record<string, MadeFile> = {
    "onnx/model_quantized.onnx": { seed: 71, byteLength: GRAPH_BYTES },
    "onnx/model_q4.onnx": { seed: 72, byteLength: DATA_BYTES },
  };
  const formatsOf = ({ artifacts }: ModelCard) => [artifacts.webgpu?.dtype, artifacts.wasm?.dtype];

  test("that is too small for it is refused by its numbers, before a byte of the weights is fetched", async () => {
    await publish(filesOf(70));
    const failure = await failureOf(resolve({ machine: { ...ANY_MACHINE, wasmHeapBytes: 1e7 } }));
    expect(failure?.code).toBe("MODEL_TOO_LARGE");
    expect(failure?.message).toMatch(/WebAssembly has 10.0 MB/);
    expect(failure?.value).toMatch(/^\d+ bytes, limit 10000000$/);
    expect(await got("onnx/model.onnx")).toEqual([]);
    expect(await got("onnx/model.onnx_data")).toEqual([]);
  });

  test("without a GPU fetches nothing for one, and says what it left", async () => {
    await publish(filesOf(73, quantized));
    const card = await resolve({ machine: withoutGpu });
    expect(formatsOf(card)).toEqual([undefined, "q8"]);
    expect(await got("onnx/model_q4.onnx")).toEqual([]);
    const plan = planOf(card);
    expect(plan).toMatchObject({ device: "wasm", dtype: "q8", file: "onnx/model_quantized.onnx" });
    expect(plan?.reasons).toContain("webgpu q4 (onnx/model_q4.onnx): WebGPU finds no adapter");
    expect(formatsOf(await resolve({ machine: ANY_MACHINE }))).toEqual(["q4", "q8"]);
  });

  test("without a GPU keeps the GPU's files on the card where they cost nothing: the space stays the same", async () => {
    const files = filesOf(74, quantized);
    await publishListing(files);
    await publish(files, COMMIT);
    const card = await resolve({ machine: withoutGpu });
    expect(formatsOf(card)).toEqual(["q4", "q8"]);
    expect(await resolve({ machine: ANY_MACHINE })).toEqual(card);
  });

  test("stays with the format that it settled on, until the model is evicted", async () => {
    await publish(filesOf(75, quantized));
    // Enough for 200 kB of q4, not for 300 kB of q8: 16 MiB and 2.75 times the file.
    const small: MachineFacts = { ...withoutGpu, wasmHeapBytes: 17_500_000 };
    expect(formatsOf(await resolve({ machine: small }))).toEqual([undefined, "q4"]);
    expect((await resolve({ machine: withoutGpu })).artifacts.wasm?.dtype).toBe("q4");
    await store.evict(NAME);
    expect((await resolve({ machine: withoutGpu })).artifacts.wasm?.dtype).toBe("q8");
  });
});
