import { readFile } from "node:fs/promises";
import { sha256, type ModelFile } from "@nearfield/core";
import { expect, test } from "vitest";
import { pocketCard } from "./card.ts";

const files: ModelFile[] = [
  pocketCard.tokenizer,
  pocketCard.tokenizerConfig,
  ...Object.values(pocketCard.artifacts).flatMap((artifact) => [
    artifact.graph,
    ...artifact.data.map(({ file }) => file),
    ...(artifact.expanded ? [artifact.expanded.plan] : []),
    ...(artifact.knownAnswers ? [artifact.knownAnswers] : []),
  ]),
];

test.for(files)("the card says the length and the hash of $url", async (file) => {
  const bytes = await readFile(new URL(file.url));
  expect(bytes.byteLength).toBe(file.byteLength);
  expect(await sha256(new Uint8Array(bytes))).toBe(file.sha256);
});

test("the known answers are four texts of the reference, with the vectors of each graph", async () => {
  const reference = new URL("../reference/", import.meta.url);
  const texts = JSON.parse(await readFile(new URL("texts.json", reference), "utf8")) as string[];
  expect(pocketCard.knownAnswers.texts).toEqual(texts.slice(33));
  for (const [device, name] of [
    ["wasm", "pocket.wasm.f32"],
    ["webgpu", "pocket.f32"],
  ] as const) {
    const vectors = await readFile(new URL(name, reference));
    const known = await readFile(new URL(pocketCard.artifacts[device]?.knownAnswers?.url ?? ""));
    expect(known.equals(vectors.subarray(33 * pocketCard.dimensions * 4))).toBe(true);
  }
});
