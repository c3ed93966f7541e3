import { readFile } from "node:fs/promises";
import { sha256 } from "@nearfield/core";
import { expect, test } from "vitest";
import { expandWeights, type ExpansionPlan } from "./expand.ts";

const MODEL = new URL("../../pocket/model/", import.meta.url);
const plan = JSON.parse(await readFile(new URL("expand.json", MODEL), "utf8")) as ExpansionPlan;

test("pocket's int8 weights have the hash that their plan says", async () => {
  const source = new Uint8Array(await readFile(new URL("pocket.bin", MODEL)));
  const weights = expandWeights(source, plan);
  expect(weights.byteLength).toBe(plan.bytes);
  expect(await sha256(weights)).toBe(plan.sha256);
});

test("two blocks by hand: low half first, transposed, each with its own multiplier", () => {
  // Two rows of one block of two columns: codes 0x9f and 0x70, multipliers 3 and -2.
  const source = Uint8Array.from([0x9f, 0x70, 3, 254]);
  const small = { rows: 2, columns: 2, codes: 0, multipliers: 2, target: 0 };
  const weights = expandWeights(source, { bytes: 4, sha256: "", block: 2, tensors: [small] });
  expect([...new Int8Array(weights.buffer)]).toEqual([21, 16, 3, 2]);
});

test("a plan that reaches beyond the source is refused", () => {
  expect(() => expandWeights(new Uint8Array(1_000), plan)).toThrow(/MODEL_UNSUPPORTED/);
});
