// Deaths while an index is encoded anew for another model.
import type { Page } from "@playwright/test";
import { makeDocuments, seeded } from "../harness/corpus.ts";
import { expect, EXTENDED, RUN_ALL, test, visit } from "../harness/fixtures.ts";
import { signal } from "../harness/signal.ts";

/** How many changes are begun and killed; `NEARFIELD_SEED` repeats a run. */
const TRIALS = RUN_ALL ? 12 : 1;
const SEED = Number(process.env["NEARFIELD_SEED"] ?? Date.now() % 1_000_000);

const DOCUMENTS = makeDocuments(RUN_ALL ? 160 : 64, { passages: 2, sentences: 1, seed: 4 });
const NAME = "changed";
/** Two sizes of one model stand for two models: nothing of one serves the other. */
const SIZES = [64, 128] as const;
/** Deaths come when so many documents have their new vectors, and up to so long afterwards: also in the switch and behind it. */
const LATEST_DOCUMENT = DOCUMENTS.length;
const LATEST_MS = 300;

interface Stored {
  readonly ids: readonly string[];
  readonly dimensions: number;
}

test(
  "a browser that dies while the model changes loses nothing, and goes on where it was",
  EXTENDED,
  async ({ profile, site }) => {
    test.setTimeout(120_000 + TRIALS * 60_000);
    const random = seeded(SEED);
    console.log(`seed ${SEED}: ${TRIALS} changes of model`);
    let context = await profile.open();
    let page = await context.newPage();
    await visit(page, site.isolated);
    await page.evaluate(
      async ({ name, documents, dimensions }) => {
        const search = await nearfield.openSearch({ name, device: "wasm", dimensions });
        await search.add(documents);
        await search.close();
      },
      { name: NAME, documents: DOCUMENTS, dimensions: SIZES[0] },
    );
    const kept = new Set(DOCUMENTS.map(({ id }) => id));
    for (let trial = 0; trial < TRIALS; trial++) {
      const dimensions = SIZES[(trial + 1) % SIZES.length] as number;
      const added = `added ${trial}`;
      const removed = DOCUMENTS[trial]?.id as string;
      const wanted = Math.floor(random() * LATEST_DOCUMENT);
      const reached = signal();
      await page.exposeFunction("changed", (documents: number) => {
        if (documents >= wanted) reached.give();
      });
      await begin(page, { dimensions, added, removed });
      kept.add(added);
      kept.delete(removed);
      await reached.given;
      await page.waitForTimeout(random() * LATEST_MS);
      await profile.kill();

      context = await profile.open();
      page = await context.newPage();
      await visit(page, site.isolated);
      const told = `trial ${trial}, killed after ${wanted} documents`;
      const all = [...kept].sort();
      const at = await open(page, dimensions);
      console.log(`${told}: ${at.dimensions} dimensions answer`);
      expect(at.ids, told).toEqual(all);
      const after = await finish(page);
      expect(after, told).toEqual({ ids: all, dimensions });
    }
  },
);

/** Opens the index with another model, changes it meanwhile, and tells how far it is. Returns when the changes are stored. */
async function begin(
  page: Page,
  options: { readonly dimensions: number; readonly added: string; readonly removed: string },
): Promise<void> {
  await page.evaluate(
    async ({ name, dimensions, added, removed }) => {
      const page = globalThis as unknown as { changed(documents: number): void };
      const search = await nearfield.openSearch({ name, device: "wasm", dimensions });
      await search.add([{ id: added, text: `The text of ${added}.` }]);
      await search.remove([removed]);
      setInterval(() => page.changed(search.status().change?.documents ?? Infinity), 5);
    },
    { name: NAME, ...options },
  );
}

async function open(page: Page, dimensions: number): Promise<Stored> {
  return page.evaluate(
    async ({ name, dimensions }) => {
      kept.search = await nearfield.openSearch({ name, device: "wasm", dimensions });
      const answering = kept.search.status().model.dimensions;
      const stored = await nearfield.storedIn(kept.search);
      return { ids: Object.keys(stored).sort(), dimensions: answering };
    },
    { name: NAME, dimensions },
  );
}

async function finish(page: Page): Promise<Stored> {
  await page.waitForFunction(() => kept.search.status().change === null);
  return page.evaluate(async () => {
    const stored = await nearfield.storedIn(kept.search);
    const { dimensions } = kept.search.status().model;
    await kept.search.close();
    return { ids: Object.keys(stored).sort(), dimensions };
  });
}
