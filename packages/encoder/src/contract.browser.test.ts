import { pocketCard } from "@nearfield/pocket";
import { encoderContract, readToyModel, type ToyName } from "@nearfield/testing";
import { openClient } from "./fixtures/open-client.ts";
import { readPocketReference } from "./fixtures/pocket-reference.ts";

const pocket = await readPocketReference();
encoderContract("pocket on WASM", {
  open: (dimensions) => openClient(pocketCard, { dimensions }),
  dimensions: pocketCard.dimensions,
  matryoshka: pocketCard.matryoshka,
  texts: pocket.texts,
  reference: { document: pocket.wasm },
  floor: 0.9999,
});

const toys: readonly ToyName[] = ["qwen3-gqa", "qwen3-mha", "qzhou"];
for (const name of toys) {
  const { card, texts, reference } = await readToyModel(name);
  encoderContract(`toy ${name} on WASM`, {
    open: (dimensions) => openClient(card, { dimensions }),
    dimensions: card.dimensions,
    matryoshka: card.matryoshka,
    texts,
    reference,
    floor: 0.9999,
  });
}
