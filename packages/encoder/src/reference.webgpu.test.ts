import { RUN_ALL } from "@nearfield/testing";
import { describe, expect, test } from "vitest";
import { compare } from "./fixtures/compare.ts";
import { openClient } from "./fixtures/open-client.ts";
import { FOUR_BIT, MODELS, readReference, readTexts, SINGLE } from "./fixtures/shared.ts";

const PATIENCE = { timeout: 3_600_000 };
const models = MODELS ?? "";
const texts = MODELS === undefined ? [] : await readTexts(models);

// All texts take a software adapter many minutes. In the quick run `contract.webgpu.test.ts` and `ladder.webgpu.test.ts` have
// a few.
describe.skipIf(MODELS === undefined || !RUN_ALL)("reference vectors on WebGPU", () => {
  test.for([...SINGLE, ...FOUR_BIT])(
    "$name, alone and in mixed batches of 8",
    PATIENCE,
    async (reference) => {
      const floor = FOUR_BIT.includes(reference) ? 0.999 : 0.99999;
      for (const { role, card, vectors } of await readReference(models, reference)) {
        using client = openClient(card, { role, device: "webgpu" });
        const { alone, batched } = await compare(client, texts, vectors, role);
        const { rung, reasons } = client.status();
        console.log(
          `${reference.name} on ${rung}, ${role}: least cosine ${alone} alone, ${batched} in batches`,
        );
        expect(Math.min(alone, batched)).toBeGreaterThanOrEqual(floor);
        if (!reference.name.includes("gqa")) continue;
        // The default device is wrong beyond 32 tokens here, and only the known answers see it.
        expect(rung).toBe("webgpu-no-subgroups");
        expect(reasons).toMatchObject([{ rung: "webgpu", code: "EMBEDDING_INVALID" }]);
      }
    },
  );
});
