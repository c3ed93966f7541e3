// The reference repositories beside this one, in the layout of a hub. Skipped where they are not.
import { pathToFileURL } from "node:url";
import type { RepositoryCard } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { findCard } from "./cards.ts";
import { folderReader } from "./fixtures/folder.ts";
import { pinCard } from "./pin.ts";
import { cardFromRepository } from "./repository.ts";

const shared = process.env["NEARFIELD_SHARED"] ?? "";
if (!shared)
  console.log("skipped: cards of the reference repositories, which are not beside this one");

async function read(name: string, graph = "onnx/model"): Promise<RepositoryCard> {
  const reader = folderReader(pathToFileURL(`${shared}/models/${name}/`));
  const options = { repository: `shared/${name}`, revision: "main", graph };
  return (await cardFromRepository(reader, options)) as RepositoryCard;
}

describe.skipIf(!shared)("cards of the reference repositories", () => {
  test("all-MiniLM-L6-v2: its files say what the built-in card says", async () => {
    const card = await read("all-MiniLM-L6-v2");
    const known = findCard("all-MiniLM-L6-v2") as RepositoryCard;
    const same = [
      "dimensions",
      "maxTokens",
      "prompts",
      "pooling",
      "requiredTokens",
      "attention",
    ] as const;
    for (const field of same) expect(card[field], field).toEqual(known[field]);
    expect(card.artifacts.map(({ dtype }) => dtype)).toEqual(["q8"]);
    expect(pinCard(card).artifacts).toMatchObject({ wasm: { dtype: "q8" } });
  });

  test("toy-qwen3-embedding-gqa: fp32 and 4 bits, 4 bits first", async () => {
    const card = await read("toy-qwen3-embedding-gqa");
    expect(card.artifacts.map(({ dtype }) => dtype)).toEqual(["fp32", "q4"]);
    const { wasm, webgpu } = pinCard(card).artifacts;
    expect([wasm?.dtype, webgpu?.dtype]).toEqual(["q4", "q4"]);
  });

  test("toy-qwen3-embedding-mha: the graph with external data", async () => {
    const { artifacts } = await read("toy-qwen3-embedding-mha", "onnx/model_external");
    expect(artifacts[0]?.data).toMatchObject([
      { path: "model_external.onnx_data", file: { path: "onnx/model_external.onnx_data" } },
    ]);
  });

  test("toy-cre-t1: a plain decoder whose tokenizer appends nothing says so", async () => {
    const reader = folderReader(pathToFileURL(`${shared}/models/toy-cre-t1/`));
    const options = { repository: "shared/toy-cre-t1", revision: "main", folder: "document" };
    await expect(cardFromRepository(reader, options)).rejects.toThrow(/appends no end token/);
    const endToken = { text: "<emb_token>", id: 1472, appendedBy: "encoder" } as const;
    const card = await cardFromRepository(reader, { ...options, overrides: { endToken } });
    expect(card).toMatchObject({ pooling: "last-token", dimensions: 96, endToken });
  });
});
