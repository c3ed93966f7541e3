import { expect, test } from "vitest";
import type { GraphInput } from "../graph.ts";
import { makeFeeds } from "./feeds.ts";

const ROWS = [[5, 6, 7], [8]];
const open = ["batch_size", "sequence_length"];

test("rows are padded on the right, whatever order and type the graph wants", () => {
  const feeds = makeFeeds(
    [
      { name: "token_type_ids", type: "int64", shape: open },
      { name: "attention_mask", type: "int64", shape: open },
      { name: "input_ids", type: "int32", shape: open },
      { name: "position_ids", type: "int64", shape: open },
    ],
    ROWS,
    99,
  );
  const plain = Object.entries(feeds).map(([name, { data, dims }]) => [
    name,
    Array.from<number | bigint, number>(data, Number),
    dims,
  ]);
  expect(plain).toEqual([
    ["token_type_ids", [0, 0, 0, 0, 0, 0], [2, 3]],
    ["attention_mask", [1, 1, 1, 1, 0, 0], [2, 3]],
    ["input_ids", [5, 6, 7, 8, 99, 99], [2, 3]],
    ["position_ids", [0, 1, 2, 0, 1, 2], [2, 3]],
  ]);
  expect(feeds["input_ids"]?.type).toBe("int32");
  expect(feeds["attention_mask"]?.data).toBeInstanceOf(BigInt64Array);
});

test.for([
  ["float32", ["batch_size", 8, "past_sequence_length", 128], [2, 8, 0, 128]],
  ["float16", ["batch_size", 8, "past_sequence_length", 128], [2, 8, 0, 128]],
  ["float32", ["batch_size", "past_sequence_length", 64], [2, 0, 64]],
] as const)("a cache of earlier tokens is empty: %s %j", ([type, shape, dims]) => {
  const name = "past_key_values.0.key";
  const { [name]: feed } = makeFeeds([{ name, type, shape }], ROWS, 0);
  expect(feed).toMatchObject({ type, dims });
  expect(feed?.data).toHaveLength(0);
});

test.for<GraphInput>([
  { name: "pixel_values", type: "float32", shape: [1, 3] },
  { name: "input_ids", type: "float32", shape: open },
  { name: "past_key_values.0.key", type: "float32", shape: [1, 8, 16, 128] },
  { name: "past_key_values.0.key", type: "bfloat16", shape: ["b", 8, "p", 128] },
  { name: "input_ids" },
])("an input that text does not fill is refused by name: $name $type", (input) => {
  expect(() => makeFeeds([input], ROWS, 0)).toThrow(/^MODEL_UNSUPPORTED.*_/);
});
