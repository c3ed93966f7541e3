import { cosine } from "@nearfield/core";
import { pocketCard } from "@nearfield/pocket";
import { encoderContract, readToyModel, RUN_ALL, type ToyName } from "@nearfield/testing";
import { expect, test } from "vitest";
import { openClient } from "./fixtures/open-client.ts";
import { readPocketReference } from "./fixtures/pocket-reference.ts";
import { readRecipeSlice } from "./fixtures/recipe-slice.ts";

const pocket = await readPocketReference();
encoderContract("pocket on WASM", {
  open: (dimensions) => openClient(pocketCard, { dimensions }),
  dimensions: pocketCard.dimensions,
  matryoshka: pocketCard.matryoshka,
  texts: pocket.texts,
  reference: { document: pocket.wasm },
  floor: 0.9999,
});

test("pocket on WASM stays near the vectors of the float graph, alone and in mixed batches of 8", async () => {
  using client = openClient(pocketCard);
  const alone: Float32Array[] = [];
  for (const text of pocket.texts) alone.push(...(await client.encode([text])));
  const batched: Float32Array[] = [];
  for (let at = 0; at < pocket.texts.length; at += 8) {
    batched.push(...(await client.encode(pocket.texts.slice(at, at + 8))));
  }
  const [leastAlone, leastBatched] = [alone, batched].map((rows) =>
    Math.min(...pocket.webgpu.map((known, row) => cosine(rows[row] as Float32Array, known))),
  );
  console.log(`pocket on WASM to the float graph: ${leastAlone} alone, ${leastBatched} in batches`);
  expect(alone).toHaveLength(37);
  expect(leastAlone).toBeGreaterThanOrEqual(0.99);
  expect(leastBatched).toBeGreaterThanOrEqual(0.99);
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
    floor: 0.99999,
  });
}

const slice = RUN_ALL ? await readRecipeSlice() : undefined;
if (slice) {
  encoderContract("a model that the recipe has just made, on WASM", {
    open: (dimensions) => openClient(slice.card, { dimensions }),
    dimensions: slice.card.dimensions,
    matryoshka: slice.card.matryoshka,
    texts: slice.texts,
    reference: { document: slice.wasm },
    floor: slice.card.knownAnswers.floor,
  });
} else if (RUN_ALL) {
  console.log("skipped: no model of the recipe is here; node scripts/recipe.mjs makes one.");
}
