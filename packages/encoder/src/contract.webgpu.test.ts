import { encoderContract, readToyModel, type ToyName } from "@nearfield/testing";
import { openClient } from "./fixtures/open-client.ts";

// Few texts, because a software adapter takes seconds where a GPU takes milliseconds: from one token to some 100.
const ROWS = [0, 2, 5, 6, 12, 18, 20, 27];

const toys: readonly ToyName[] = ["qwen3-mha", "qzhou"];
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
    floor: 0.9999,
  });
}
