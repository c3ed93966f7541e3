import type { ModelCard, RepositoryCard } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { BUILT_IN_CARDS } from "./cards.ts";
import { planModel } from "./plan/built-in.ts";
import type { Refusal } from "./plan/limit.ts";
import { ANY_MACHINE, type MachineFacts } from "./plan/machine.ts";
import { weighModel } from "./plan/weigh.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Limits that a graphics card of today reports. */
const desktop: MachineFacts = {
  ...ANY_MACHINE,
  gpu: {
    kind: "hardware",
    description: "acme",
    features: ["shader-f16", "subgroups"],
    maxBufferSize: 2 * GIB,
    maxStorageBufferBindingSize: 2 * GIB,
  },
};
const withoutGpu: MachineFacts = {
  ...ANY_MACHINE,
  gpu: { kind: "none", description: "WebGPU finds no adapter" },
};
/** The least that WebGPU allows a browser to report, and no half floats. */
const plain: MachineFacts = {
  ...ANY_MACHINE,
  gpu: {
    kind: "hardware",
    description: "acme",
    features: [],
    maxBufferSize: 256 * MIB,
    maxStorageBufferBindingSize: 128 * MIB,
  },
};
const software: MachineFacts = {
  ...ANY_MACHINE,
  gpu: {
    kind: "software",
    description: "google swiftshader",
    features: [],
    maxBufferSize: GIB,
    maxStorageBufferBindingSize: GIB,
  },
};

const builtIn = (name: string) => BUILT_IN_CARDS.get(name) as RepositoryCard;
const qwen06B = builtIn("Qwen/Qwen3-Embedding-0.6B");
const qwen4B = builtIn("Qwen/Qwen3-Embedding-4B");
const qwen8B = builtIn("Qwen/Qwen3-Embedding-8B");
const qzhou = builtIn("Kingsoft-LLM/QZhou-Embedding");
const miniLm = builtIn("sentence-transformers/all-MiniLM-L6-v2");

const refusalOf = (attempt: () => unknown) => {
  try {
    attempt();
  } catch (thrown) {
    return thrown as { code: string; message: string; value: unknown; repair: string };
  }
  throw new Error("it was not refused");
};
const find = (card: RepositoryCard | ModelCard, machine: MachineFacts, name: string) => {
  const found = weighModel(card, machine).find(
    ({ device, dtype }) => `${device} ${dtype}` === name,
  );
  if (!found) throw new Error(`${card.name} has no ${name}`);
  return found;
};
const sizesOf = (refusals: readonly Refusal[]) =>
  refusals.flatMap(({ needBytes, limitBytes }) =>
    needBytes === undefined ? [] : [[needBytes, limitBytes]],
  );

// The shapes are those of the models' config files; parameters by V·h + L·(h·nh·hd + 2·h·kv·hd + nh·hd·h + 3·h·i + 2h + 2·hd) + h.
describe("Qwen3-Embedding-4B: 36 layers, 2560 wide, 32 heads of 128, 8 of keys and values, 9728, 151,665 rows", () => {
  test("q4 with external data is 4,021,774,336 × 5 bits, and too much for the heap of WebAssembly", () => {
    const { needs, refusals } = find(qwen4B, desktop, "wasm q4");
    expect(needs.weightBytes).toBe(2_513_608_960);
    // 2 · 1024 · 2560 + 1024 · (64 + 16) · 128 + 32 · 1024², as floats
    expect(needs.activationBytes).toBe(4 * (5_242_880 + 10_485_760 + 33_554_432));
    // 2 · 36 · 8 · 128 · 1024, as floats: 294,912 bytes for each token
    expect(needs.cacheBytes).toBe(301_989_888);
    // 1024 · 2560, as floats
    expect(needs.outputBytes).toBe(10_485_760);
    // 16 MiB + 1.6 · 2,513,608,960 + the three of above
    expect(needs.heapBytes).toBe(4_548_159_488);
    expect(sizesOf(refusals)).toEqual([[4_548_159_488, 4_294_967_296]]);
  });

  test("q4 would fit a graphics card: its largest tensor is the table, 151,665 × 2560 × 4 bits", () => {
    const { needs, refusals } = find(qwen4B, desktop, "webgpu q4");
    expect(needs.largestTensorBytes).toBe(194_131_200);
    expect(needs.heapBytes).toBe(16 * MIB + 10_485_760);
    expect(needs.gpuBytes).toBe(2_513_608_960 + 197_132_288 + 301_989_888 + 10_485_760);
    expect(refusals.map(({ kind }) => kind)).toEqual(["file"]);
  });

  test("fp32 is 16 GB: the table alone has 1.55 GB, more than a small GPU's buffer", () => {
    const { needs, refusals } = find(qwen4B, plain, "webgpu fp32");
    expect(needs.weightBytes).toBe(16_087_097_344);
    expect(needs.largestTensorBytes).toBe(1_553_049_600);
    // Fifteen GiB are 16,106,127,360: just enough for all files together.
    expect(sizesOf(refusals)).toEqual([[1_553_049_600, 268_435_456]]);
  });

  test("is refused with the numbers and the nearest model, as no export is known", () => {
    const { code, message, repair } = refusalOf(() => planModel(qwen4B, desktop));
    expect(code).toBe("MODEL_UNSUPPORTED");
    expect(message).toContain("webgpu q4 of at least 2.51 GB: no such export is known");
    expect(message).toContain("takes at least 4.55 GB, WebAssembly has 4.29 GB");
    expect(repair).toBe("Take Qwen/Qwen3-Embedding-0.6B, the nearest built-in model that fits.");
  });

  test("an export in two files of q4 is planned for WebGPU, and never for WASM", () => {
    const file = (at: number) => ({
      path: `model_q4.onnx_data_${at}`,
      file: { path: `onnx/model_q4.onnx_data_${at}`, byteLength: 1_256_804_480 },
    });
    const card: RepositoryCard = {
      ...qwen4B,
      artifacts: [
        {
          dtype: "q4",
          devices: ["webgpu", "wasm"],
          graph: { path: "onnx/model_q4.onnx", byteLength: 1_000_000 },
          data: [file(0), file(1)],
        },
      ],
    };
    const plan = planModel(card, desktop);
    expect(plan).toMatchObject({ device: "webgpu", dtype: "q4", file: "onnx/model_q4.onnx" });
    expect(plan.choices.wasm).toBeUndefined();
    expect(plan.choices.webgpu?.needs).toMatchObject({
      isMeasured: true,
      weightBytes: 2_514_608_960,
      largestFileBytes: 1_256_804_480,
    });
    const { code, value, repair } = refusalOf(() => planModel(card, withoutGpu));
    expect(code).toBe("MODEL_TOO_LARGE");
    // The graph's one megabyte is copied: 2.75 · 1,000,000 more than above.
    expect(value).toBe("4550909488 bytes, limit 4294967296");
    expect(repair).toMatch(/^Take Qwen\/Qwen3-Embedding-0.6B/);
  });
});

describe("Qwen3-Embedding-8B: 36 layers, 4096 wide, 32 heads of 128, 8 of keys and values, 12,288, 151,665 rows", () => {
  test("q4 is 7,567,295,488 × 5 bits: more than WebAssembly has, before anything is computed", () => {
    const { needs, refusals } = find(qwen8B, desktop, "wasm q4");
    expect(needs.weightBytes).toBe(4_729_559_680);
    expect(needs.weightBytes).toBeGreaterThan(ANY_MACHINE.wasmHeapBytes);
    // 2 · 1024 · 4096 + 1024 · (64 + 16) · 128 + 32 · 1024², as floats
    expect(needs.activationBytes).toBe(4 * (8_388_608 + 10_485_760 + 33_554_432));
    // 16 MiB + 1.6 · 4,729,559,680 + 209,715,200 + 301,989,888 + 4 · 1024 · 4096
    expect(sizesOf(refusals)).toEqual([[8_112_555_008, 4_294_967_296]]);
  });

  test("on WebGPU q4 needs a buffer of 311 MB for its table, fp32 one of 2.48 GB", () => {
    const { needs, refusals } = find(qwen8B, plain, "webgpu q4");
    // 151,665 · 4096 / 2
    expect(needs.largestTensorBytes).toBe(310_609_920);
    expect(sizesOf(refusals)).toEqual([[310_609_920, 268_435_456]]);
    const full = find(qwen8B, desktop, "webgpu fp32");
    expect(sizesOf(full.refusals)).toEqual([
      [30_269_181_952, 16_106_127_360],
      [2_484_879_360, 2_147_483_648],
    ]);
  });
});

describe("QZhou-Embedding: 28 layers, 3584 wide, 28 heads of 128, 4 of keys and values, 18,944, 152,064 rows", () => {
  test("q4 is 7,070,619,136 × 5 bits, without a cache: attention goes both ways", () => {
    const { needs, refusals } = find(qzhou, desktop, "wasm q4");
    expect(needs.weightBytes).toBe(4_419_136_960);
    expect(needs.cacheBytes).toBe(0);
    // 2 · 1024 · 3584 + max(1024 · (56 + 8) · 128 + 28 · 1024², 2 · 1024 · 18,944), as floats
    expect(needs.activationBytes).toBe(4 * (7_340_032 + Math.max(37_748_736, 38_797_312)));
    // 16 MiB + 1.6 · 4,419,136,960 + 184,549,376 + 4 · 1024 · 3584
    expect(sizesOf(refusals)).toEqual([[7_286_625_792, 4_294_967_296]]);
  });

  test("the table of a q4 export takes 272 MB, more than the smallest buffer that WebGPU allows", () => {
    const { needs, refusals } = find(qzhou, plain, "webgpu q4");
    // 152,064 · 3584 / 2
    expect(needs.largestTensorBytes).toBe(272_498_688);
    expect(sizesOf(refusals)).toEqual([[272_498_688, 268_435_456]]);
  });

  test("is refused with the nearest model that fits", () => {
    const { code, repair } = refusalOf(() => planModel(qzhou, withoutGpu));
    expect(code).toBe("MODEL_UNSUPPORTED");
    expect(repair).toMatch(/Qwen\/Qwen3-Embedding-0.6B/);
  });
});

describe("Qwen3-Embedding-0.6B", () => {
  test("q8 in one file of 573 MB fits the heap of WebAssembly", () => {
    const measured = withSizes(qwen06B, { "onnx/model_quantized.onnx": 573_000_000 });
    const { needs, refusals } = find(measured, withoutGpu, "wasm q8");
    // 2 · 28 · 8 · 128, as floats: the 229 kB of a token
    expect(needs.cacheBytes / 1024).toBe(229_376);
    // 16 MiB + 2.75 · 573,000,000 + 4 · (2,097,152 + 6,291,456 + 16,777,216) + 234,881,024 + 4,194,304
    expect(needs.heapBytes).toBe(1_932_265_840);
    expect(refusals).toEqual([]);
    expect(planModel(measured, withoutGpu)).toMatchObject({ device: "wasm", dtype: "q8" });
  });

  test("2.38 GB of fp32 are not fetched unasked, but where WebGPU is demanded", () => {
    const plan = planModel(qwen06B, desktop);
    expect(plan).toMatchObject({ device: "wasm", dtype: "q8" });
    expect(plan.reasons).toContain(
      "webgpu fp32 (onnx/model.onnx): 2.38 GB of fp32 are not fetched unasked, the limit is 1.00 GB; sizes are calculated from the number of parameters, as a bound from below",
    );
    const demanded = planModel(qwen06B, desktop, { device: "webgpu" });
    expect(demanded).toMatchObject({ device: "webgpu", dtype: "fp32" });
  });

  test("fp32 in one file of 2.38 GB does not fit any heap, with external data it fits WebGPU", () => {
    const single = {
      ...qwen06B,
      artifacts: qwen06B.artifacts.map((one) => ({ ...one, data: [] })),
    };
    // 16 MiB + 2.75 · 4 · 595,776,512 + 4,194,304
    expect(sizesOf(find(single, desktop, "webgpu fp32").refusals)).toEqual([
      [6_574_513_152, 4_294_967_296],
    ]);
    expect(sizesOf(find(qwen06B, desktop, "webgpu fp32").refusals)).toEqual([]);
  });
});

describe("half precision", () => {
  test("is left where the GPU lacks shader-f16, with the reason", () => {
    const { refusals } = find(qwen06B, plain, "webgpu fp16");
    expect(refusals.map(({ message }) => message)).toContain(
      "the GPU does not have shader-f16, which fp16 needs",
    );
    const { code, message } = refusalOf(() =>
      planModel(qwen06B, plain, { dtypes: { webgpu: "fp16" } }),
    );
    expect(code).toBe("DEVICE_UNAVAILABLE");
    expect(message).toContain("the GPU does not have shader-f16");
  });

  test("is never a default, and is taken where it is asked for", () => {
    expect(find(qwen06B, desktop, "webgpu fp16").refusals.map(({ kind }) => kind)).toEqual([
      "choice",
    ]);
    const plan = planModel(qwen06B, desktop, { dtypes: { webgpu: "fp16" } });
    expect(plan).toMatchObject({ device: "webgpu", dtype: "fp16", choices: {} });
    expect(plan.choices.wasm).toBeUndefined();
  });

  test("is not taken where the card forbids it, whoever asks", () => {
    const gemma = builtIn("google/embeddinggemma-300m");
    const { code, message } = refusalOf(() =>
      planModel(gemma, desktop, { dtypes: { webgpu: "q4f16" } }),
    );
    expect(code).toBe("INVALID_OPTION");
    expect(message).toContain("half-precision activations are not supported");
  });
});

describe("devices", () => {
  test("a real GPU goes before WASM, and both are planned", () => {
    const { device, choices, standby } = planModel(miniLm, desktop);
    expect(device).toBe("webgpu");
    expect([choices.webgpu?.dtype, choices.wasm?.dtype]).toEqual(["fp32", "q8"]);
    expect(standby).toEqual({});
  });

  test.for([
    ["no adapter", withoutGpu, /WebGPU finds no adapter/],
    ["a software adapter", software, /the only WebGPU adapter is software/],
  ] as const)("%s leaves WebGPU's files on standby", ([, machine, reason]) => {
    const { device, choices, standby, reasons } = planModel(miniLm, machine);
    expect(device).toBe("wasm");
    expect(choices.webgpu).toBeUndefined();
    expect(standby.webgpu?.dtype).toBe("fp32");
    expect(reasons.join("\n")).toMatch(reason);
  });

  test("a software adapter is taken where WebGPU is demanded", () => {
    expect(planModel(miniLm, software, { device: "webgpu" }).device).toBe("webgpu");
  });

  test("a demand for WebGPU without an adapter says so", () => {
    const { code, message } = refusalOf(() => planModel(miniLm, withoutGpu, { device: "webgpu" }));
    expect(code).toBe("DEVICE_UNAVAILABLE");
    expect(message).toContain("WebGPU finds no adapter");
  });
});

describe("what a machine has", () => {
  test("main memory that is smaller than a model refuses it", () => {
    const { code, value } = refusalOf(() =>
      planModel(qwen06B, { ...withoutGpu, memoryBytes: GIB }),
    );
    expect(code).toBe("MODEL_TOO_LARGE");
    // 595,776,512 + 16 MiB + 2.75 · 595,776,512 + 100,663,296 + 234,881,024 + 4,194,304
    expect(value).toBe("2590677760 bytes, limit 1073741824");
  });

  test("the nearest model is one that fits the same machine", () => {
    const { repair } = refusalOf(() => planModel(qwen06B, { ...withoutGpu, memoryBytes: GIB }));
    expect(repair).toMatch(/^Take google\/embeddinggemma-300m/);
    const tiny = refusalOf(() => planModel(miniLm, { ...withoutGpu, memoryBytes: 16 * MIB }));
    expect(tiny.repair).toMatch(/^Take the pocket model/);
  });

  test("storage that is too small is said, and changes nothing", () => {
    const poor = planModel(miniLm, { ...desktop, storageBytes: 5_000_000 });
    const rich = planModel(miniLm, { ...desktop, storageBytes: 50 * GIB });
    expect(poor.choices.wasm?.dtype).toBe(rich.choices.wasm?.dtype);
    expect(poor.device).toBe(rich.device);
    expect(poor.reasons[0]).toContain(
      "90.8 MB can not be kept where there is room for 5.00 MB: they are fetched at each visit",
    );
    expect(rich.reasons[0]).not.toContain("kept");
  });

  test("what is kept from an earlier visit is not fetched again", () => {
    const sha256 = "a".repeat(64);
    const stored = {
      ...miniLm,
      artifacts: miniLm.artifacts.map((artifact) => ({
        ...artifact,
        graph: { ...artifact.graph, byteLength: 23_000_000, sha256 },
      })),
    };
    const { choices } = planModel(stored, withoutGpu, { kept: new Set([sha256]) });
    expect(choices.wasm?.needs).toMatchObject({ weightBytes: 23_000_000, downloadBytes: 0 });
  });

  test("what was settled stays while it can run, and gives way when it can not", () => {
    const card = { ...miniLm, artifacts: [...miniLm.artifacts, ...q4OfWasm()] };
    expect(planModel(card, withoutGpu).dtype).toBe("q8");
    expect(planModel(card, withoutGpu, { settled: { wasm: "q4" } }).dtype).toBe("q4");
    const gone = planModel(miniLm, withoutGpu, { settled: { wasm: "q4" } });
    expect(gone.dtype).toBe("q8");
  });
});

test("a card that is ready to be loaded is weighed by the sizes of its files", () => {
  const file = { url: "/graph.onnx", byteLength: 2_000_000_000, sha256: "0".repeat(64) };
  const card = {
    ...miniLm,
    version: "1",
    tokenizer: { ...file, byteLength: 1 },
    tokenizerConfig: { ...file, byteLength: 1 },
    artifacts: { wasm: { graph: file, data: [] } },
    knownAnswers: { texts: ["x"], floor: 0.9 },
    head: undefined,
  } as unknown as ModelCard;
  const { code, value } = refusalOf(() => planModel(card, withoutGpu));
  expect(code).toBe("MODEL_TOO_LARGE");
  expect(value).toMatch(/^55\d{8} bytes, limit 4294967296$/);
});

test("every built-in model that has an export is planned on a machine of which nothing is known", () => {
  for (const card of BUILT_IN_CARDS.values()) {
    if (!("artifacts" in card) || card.artifacts.length === 0) continue;
    const { choices } = planModel(card, ANY_MACHINE);
    expect(choices.wasm?.dtype, card.name).toBe("q8");
  }
});

function withSizes(card: RepositoryCard, sizes: Readonly<Record<string, number>>): RepositoryCard {
  return {
    ...card,
    artifacts: card.artifacts.map((artifact) => ({
      ...artifact,
      graph: { ...artifact.graph, byteLength: sizes[artifact.graph.path] },
    })),
  };
}

function q4OfWasm(): RepositoryCard["artifacts"] {
  return [{ dtype: "q4", devices: ["wasm"], graph: { path: "onnx/model_q4.onnx" }, data: [] }];
}
