import type { RepositoryCard } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { folderReader, TOYS } from "./fixtures/folder.ts";
import { chooseArtifact, pinCard, urlOf } from "./pin.ts";
import { cardFromRepository } from "./repository.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

async function readToy(name: string, graph: string): Promise<RepositoryCard> {
  const reader = folderReader(new URL(`${name}/`, TOYS));
  const options = { repository: "toys/model", revision: "main", graph };
  return (await cardFromRepository(reader, options)) as RepositoryCard;
}

describe("a pinned card", () => {
  test("names every file by address, size and hash, and the commit as its version", async () => {
    const card = await readToy("toy-qwen3-embedding", "model_external");
    const pinned = pinCard(card, { host: "/models/", commit: COMMIT });
    expect(pinned.version).toBe(COMMIT);
    const { wasm, webgpu } = pinned.artifacts;
    expect(wasm).toEqual(webgpu);
    const root = `/models/toys/model/resolve/${COMMIT}`;
    expect(wasm?.graph.url).toBe(`${root}/model_external.onnx`);
    expect(wasm?.data).toMatchObject([
      { path: "model_external.onnx_data", file: { url: `${root}/model_external.onnx_data` } },
    ]);
    expect(pinned.tokenizer).toMatchObject({
      url: `${root}/tokenizer.json`,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(pinned).toMatchObject({ pooling: "last-token", endToken: { id: 1537 } });
  });

  test("takes sizes and hashes that were learned later", async () => {
    const card = await readToy("toy-qzhou-embedding", "model");
    const bare = { ...card, tokenizer: { path: "tokenizer.json" } };
    expect(() => pinCard(bare)).toThrow(/^MODEL_INVALID.*tokenizer\.json/);
    const facts = { byteLength: 7, sha256: "1".repeat(64) };
    const pinned = pinCard(bare, {
      facts: (path) => (path === "tokenizer.json" ? facts : undefined),
    });
    expect(pinned.tokenizer).toMatchObject(facts);
  });

  test("has known answers to check, also where its repository brings none", async () => {
    const { knownAnswers } = pinCard(await readToy("toy-qzhou-embedding", "model"));
    expect(knownAnswers.texts).toHaveLength(4);
  });

  test("pins the weights of layers outside of the graph", async () => {
    const layer = {
      kind: "dense",
      on: "pooled",
      inDimensions: 112,
      outDimensions: 112,
      bias: false,
      activation: "tanh",
      weights: { path: "2_Dense/model.safetensors", byteLength: 5, sha256: "2".repeat(64) },
    } as const;
    const card = { ...(await readToy("toy-qzhou-embedding", "model")), head: [layer] };
    expect(pinCard(card).head?.[0]?.weights).toEqual({
      url: "https://huggingface.co/toys/model/resolve/main/2_Dense/model.safetensors",
      byteLength: 5,
      sha256: "2".repeat(64),
    });
  });

  test("is refused where there is nothing to run", async () => {
    const card = { ...(await readToy("toy-qzhou-embedding", "model")), artifacts: [] };
    expect(() => pinCard(card)).toThrow(/^MODEL_UNSUPPORTED.*no ONNX file/);
  });
});

describe("the choice of a number format", () => {
  const file = { path: "onnx/model.onnx" };
  const artifact = (dtype: "fp32" | "q8" | "q4" | "fp16", ...devices: ("wasm" | "webgpu")[]) => ({
    dtype,
    devices,
    graph: file,
    data: [],
  });
  const reason = "it overflows";
  const card = {
    name: "m",
    artifacts: [
      artifact("fp32", "webgpu", "wasm"),
      artifact("q4", "webgpu", "wasm"),
      artifact("q8", "wasm"),
      artifact("fp16", "webgpu"),
    ],
    dtypeLimits: [{ dtype: "fp16", reason }],
  } as unknown as RepositoryCard;

  test("is int8 on WASM, 4-bit blocks on WebGPU, and never half precision by itself", () => {
    expect(chooseArtifact(card, "wasm")?.dtype).toBe("q8");
    expect(chooseArtifact(card, "webgpu")?.dtype).toBe("q4");
    const half = { ...card, artifacts: [artifact("fp16", "webgpu")], dtypeLimits: [] };
    expect(chooseArtifact(half, "webgpu")).toBeUndefined();
    expect(chooseArtifact(half, "webgpu", "fp16")?.dtype).toBe("fp16");
  });

  test("is refused where the repository lacks it, with those that are there", () => {
    expect(() => chooseArtifact(card, "webgpu", "q8")).toThrow(
      /^INVALID_OPTION: m has no q8 for webgpu.*fp32, q4\./,
    );
  });

  test("is refused where the card forbids it, with the reason", () => {
    expect(() => chooseArtifact(card, "webgpu", "fp16")).toThrow(/for webgpu: it overflows/);
  });
});

test("a branch with a slash and a path with a space keep their places in an address", () => {
  expect(urlOf({ repository: "o/n" }, "https://h.example/", "refs/pr/2", "a/b c.onnx")).toBe(
    "https://h.example/o/n/resolve/refs%2Fpr%2F2/a/b%20c.onnx",
  );
});
