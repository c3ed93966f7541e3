import { encoderContract, readToyModel, RUN_ALL, type ToyName } from "@nearfield/testing";
import { test, vi } from "vitest";
import { openClient } from "./fixtures/open-client.ts";

// Few texts, because a software adapter takes seconds where a GPU takes milliseconds: from one token to some 45.
const ROWS = [0, 2, 6, 12];
vi.setConfig({ testTimeout: 120_000 });

// A minute for each on a software adapter. The quick run has vectors of WebGPU held against references by the ladder's
// tests: those of a toy, and of the pocket model.
const toys: readonly ToyName[] = RUN_ALL ? ["qwen3-mha", "qzhou"] : [];
test.skipIf(RUN_ALL)("the contract on WebGPU is one of the extended tests", ({ skip }) => skip());
for (const name of toys) {
  const { card, texts, reference } = await readToyModel(name);
  encoderContract(`toy ${name} on WebGPU`, {
    open: (dimensions) => openClient(card, { dimensions, device: "webgpu" }),
    dimensions: card.dimensions,
    matryoshka: card.matryoshka.slice(-1),
    texts: ROWS.map((row) => texts[row] as string),
    reference: {
      document: ROWS.map((row) => reference.document[row] as Float32Array),
    },
    floor: 0.99999,
  });
}
