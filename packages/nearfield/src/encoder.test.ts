import { expect, test } from "vitest";
import { openEncoder } from "./encoder.ts";
import { openSearch } from "./open-search.ts";

const codeOf = async (act: () => unknown): Promise<unknown> => {
  try {
    await act();
  } catch (thrown) {
    return (thrown as { code?: unknown }).code ?? thrown;
  }
  return "no error";
};

test.each([
  ["an empty object", {}],
  ["a pair of towers", { query: {}, document: {} }],
  ["an array", []],
])("%s in place of a model card is refused by its code", async (_, model) => {
  const options = { model } as object;
  expect(await codeOf(() => openEncoder(options))).toBe("INVALID_OPTION");
  expect(await codeOf(() => openSearch({ name: "a", ...options }))).toBe("INVALID_OPTION");
});

test.each([
  ["an option that is not there", { pooling: "mean" }],
  ["a length that is no number", { dimensions: "64" }],
  ["a length that the model does not have", { dimensions: 65 }],
  ["a signal that is none", { signal: {} }],
  ["an instruction that is no text", { instruction: 7 }],
  ["a role that is none", { role: "judge" }],
  ["null", null],
])("encode refuses %s by its code, before it asks a worker", async (_, options) => {
  const encoder = openEncoder({ device: "wasm" });
  expect(await codeOf(() => encoder.encode(["text"], options as object))).toBe("INVALID_OPTION");
  await encoder.close();
});
