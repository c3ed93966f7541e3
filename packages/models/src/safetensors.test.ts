import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { TOYS } from "./fixtures/folder.ts";
import { measureHeader, readTensorIndex } from "./safetensors.ts";

/** A file of this header and `dataBytes` zeros. */
function fileOf(header: unknown, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe("the header of a safetensors file", () => {
  test("says where the toy's Dense layer lies, to the last byte", async () => {
    const path = new URL("toy-two-towers/query_2_Dense/model.safetensors", TOYS);
    const bytes = new Uint8Array(await readFile(path));
    const head = bytes.subarray(0, measureHeader(bytes));
    const tensors = readTensorIndex(head);
    expect([...tensors.keys()].toSorted()).toEqual(["linear.bias", "linear.weight"]);
    const weight = tensors.get("linear.weight");
    expect(weight).toMatchObject({ dtype: "F32", shape: [96, 64], end: bytes.length });
    expect(tensors.get("linear.bias")).toMatchObject({ start: head.length, end: weight?.start });
  });

  test("may hold notes, which are no tensor", () => {
    const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
    const tensors = readTensorIndex(fileOf({ __metadata__: { format: "pt" }, a: entry }, 8));
    expect([...tensors.keys()]).toEqual(["a"]);
  });

  test.for([
    ["a file of three bytes", new Uint8Array(3)],
    ["a length beyond all measure", new Uint8Array(8).fill(255)],
    ["a header that is cut off", fileOf({ a: 1 }).subarray(0, 10)],
    ["a header that is not JSON", fileOf("{")],
    ["an entry without a shape", fileOf({ a: { dtype: "F32", data_offsets: [0, 4] } })],
    ["a place of another size", fileOf({ a: { dtype: "F32", shape: [2], data_offsets: [0, 4] } })],
    ["no place", fileOf({ a: { dtype: "F32", shape: [], data_offsets: [] } })],
  ] as const)("is refused: %s", ([, bytes]) => {
    expect(() => readTensorIndex(bytes)).toThrow(/^MODEL_INVALID/);
  });
});
