import type { ModelCard } from "@nearfield/core";
import { ANY_MACHINE, type MachineFacts } from "@nearfield/models";
import { describe, expect, test } from "vitest";
import type { DeviceChoice } from "@nearfield/runtime";
import { decide as decideFor } from "./decision.ts";

const GB = 1e9;

const cardOf = (sizes: { readonly webgpu?: number; readonly wasm?: number }): ModelCard => {
  const fileOf = (byteLength: number) => ({ url: "/x", byteLength, sha256: "0".repeat(64) });
  const artifacts = Object.entries(sizes).map(([device, bytes]) => [
    device,
    { graph: fileOf(bytes), data: [] },
  ]);
  return {
    name: "large",
    version: "0",
    licence: "MIT",
    space: "large",
    dimensions: 4,
    matryoshka: [],
    maxTokens: 512,
    pooling: "mean",
    output: "last_hidden_state",
    prompts: { query: "", document: "" },
    artifacts: Object.fromEntries(artifacts),
    tokenizer: fileOf(1),
    tokenizerConfig: fileOf(1),
    knownAnswers: { texts: ["x"], floor: 0.9 },
  } as ModelCard;
};

const decide = (card: ModelCard, machine: MachineFacts, device: DeviceChoice) =>
  decideFor({ card, role: "query", device }, machine);

const withGpu: MachineFacts = {
  ...ANY_MACHINE,
  gpu: {
    kind: "hardware",
    description: "acme",
    features: [],
    maxBufferSize: 2 ** 31,
    maxStorageBufferBindingSize: 2 ** 31,
  },
};

describe("before anything is fetched", () => {
  test("what fits is planned, with its reasons", async () => {
    const { plan, climb } = await decide(cardOf({ webgpu: 9e6, wasm: 9e6 }), withGpu, "auto");
    expect(plan).toEqual({
      file: "/x",
      dtype: null,
      device: "webgpu",
      reasons: [
        "webgpu own format (/x): 9.00 MB to fetch",
        "wasm own format (/x): 9.00 MB to fetch",
      ],
    });
    expect([climb.rung, climb.reasons]).toEqual(["webgpu", []]);
  });

  test("a device whose files exceed a limit is refused, and the other one serves", async () => {
    const { plan, climb } = await decide(cardOf({ webgpu: 3 * GB, wasm: 9e6 }), withGpu, "auto");
    expect(plan?.device).toBe("wasm");
    expect(climb.rung).toBe("wasm");
    expect(climb.reasons).toEqual([
      {
        rung: "webgpu",
        code: "MODEL_TOO_LARGE",
        message: "the heap of ONNX Runtime takes 8.27 GB, WebAssembly has 4.29 GB",
      },
    ]);
  });

  test("where a limit is all that is in the way, the error has its numbers", async () => {
    await expect(decide(cardOf({ wasm: 3 * GB }), withGpu, "auto")).rejects.toThrow(
      /MODEL_TOO_LARGE.*takes 8.27 GB, WebAssembly has 4.29 GB/,
    );
  });

  test("where there is no device the climb tells why", async () => {
    const none: MachineFacts = { ...ANY_MACHINE, gpu: { kind: "none", description: "no adapter" } };
    const { plan, climb } = await decide(cardOf({ webgpu: 9e6 }), none, "webgpu");
    expect(plan).toBeNull();
    expect(climb.defeat?.code).toBe("DEVICE_UNAVAILABLE");
  });
});

describe("a trial of WASM", () => {
  const small = cardOf({ webgpu: 9e6, wasm: 9e6 });
  const software = { ...withGpu, gpu: { ...withGpu.gpu, kind: "software" } } as MachineFacts;

  test.for([
    ["is wanted beside a real GPU", small, withGpu, "auto", true],
    ["is not beside a software adapter", small, software, "auto", false],
    ["is not where WebGPU was demanded", small, withGpu, "webgpu", false],
    [
      "is not where a large model would be loaded",
      cardOf({ webgpu: 9e6, wasm: 9e8 }),
      withGpu,
      "auto",
      false,
    ],
  ] as const)("%s", async ([, card, machine, device, expected]) => {
    expect((await decide(card, machine, device)).isTrialWanted).toBe(expected);
  });
});
