import { cosine } from "@nearfield/core";
import { pocketCard } from "@nearfield/pocket";
import { expect, test } from "vitest";
import { EncoderClient, type EncoderClientOptions } from "./client.ts";
import { readPocketReference } from "./fixtures/pocket-reference.ts";
import { RUNTIME_FILES } from "./fixtures/runtime-files.ts";

const open = (options: Partial<EncoderClientOptions> = {}) =>
  new EncoderClient({
    card: pocketCard,
    role: "document",
    device: "wasm",
    runtime: RUNTIME_FILES,
    threads: 1,
    ...options,
  });

const reference = await readPocketReference();

test("pocket on WASM gives its reference vectors, alone and among others, bit for bit the same", async () => {
  using client = open();
  const alone: Float32Array[] = [];
  for (const text of reference.texts) alone.push(...(await client.encode([text])));
  const together = await client.encode(reference.texts);
  const least = (rows: readonly Float32Array[]) =>
    Math.min(...rows.map((row, at) => cosine(row, alone[at] as Float32Array)));
  const leastOwn = least(reference.wasm);
  const leastFloat = least(reference.webgpu);
  console.log(
    `least cosine to the int8 reference ${leastOwn}, to the float reference ${leastFloat}`,
  );
  expect(leastOwn).toBeGreaterThan(0.9999);
  expect(leastFloat).toBeGreaterThan(0.99);
  expect(together).toEqual(alone);
  expect(client.status()).toMatchObject({
    state: "ready",
    rung: "wasm",
    device: "wasm",
    threads: 1,
    reasons: [],
    notStored: null,
  });
});
