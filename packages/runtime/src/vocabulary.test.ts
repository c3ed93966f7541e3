import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { lookUpGraph, writeGraph } from "@nearfield/testing";
import { readVocabulary } from "./vocabulary.ts";

const POCKET = new URL("../../pocket/model/", import.meta.url);
const TOYS = new URL("../../testing/models/", import.meta.url);

describe("rows of the token table", () => {
  test.for([
    ["pocket.wasm.onnx", POCKET, 27_997],
    ["pocket.webgpu.onnx", POCKET, 27_997],
    ["toy-qwen3-embedding/gqa.onnx", TOYS, 1542],
    ["toy-qwen3-embedding/model_external.onnx", TOYS, 1542],
    ["toy-two-towers/query_0_Transformer/onnx/model.onnx", TOYS, 1201],
  ] as const)("of %s", async ([path, folder, rows]) => {
    expect(readVocabulary(await readFile(new URL(path, folder)))).toBe(rows);
  });

  test("are found behind casts of the ids and of the table", () => {
    const graph = writeGraph({
      inputs: [{ name: "input_ids", type: "int64", shape: ["b", "s"] }],
      initializers: [
        { name: "other", type: "float32", shape: [2, 4], data: new Float32Array(8) },
        { name: "table", type: "float16", shape: [5, 4], data: new Uint16Array(20) },
      ],
      nodes: [
        { operator: "Cast", inputs: ["input_ids"], outputs: ["ids"], attributes: { to: 6 } },
        { operator: "Cast", inputs: ["table"], outputs: ["wide"], attributes: { to: 1 } },
        { operator: "Gather", inputs: ["other", "places"], outputs: ["unrelated"] },
        { operator: "Gather", inputs: ["wide", "ids"], outputs: ["states"] },
      ],
      outputs: [{ name: "states", type: "float32" }],
    });
    expect(readVocabulary(graph)).toBe(5);
  });
});

test("what is no graph, or looks nothing up, has no rows", () => {
  expect(readVocabulary(new TextEncoder().encode("<!doctype html>"))).toBeUndefined();
  expect(readVocabulary(new Uint8Array(0))).toBeUndefined();
  const whole = lookUpGraph({ rows: 3, width: 2 });
  expect(readVocabulary(whole)).toBe(3);
  expect(readVocabulary(whole.subarray(0, whole.length / 2))).toBeUndefined();
});
