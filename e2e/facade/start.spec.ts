import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KNOWN, KNOWN_DOCUMENTS, makeDocuments } from "../harness/corpus.ts";
import { expect, EXTENDED, RUN_ALL, test, visit } from "../harness/fixtures.ts";

/** Starts that are timed. */
const STARTS = RUN_ALL ? 5 : 1;
const RESULTS = join(import.meta.dirname, "../../test-results");

// On a profile on disk: the browser's cache in memory takes no file as large as the weights.

test("an existing index answers after a new start of the browser; how long that takes is written down", async ({
  profile,
  site,
}) => {
  const first = await (await profile.open()).newPage();
  await visit(first, site.isolated);
  const passages = await first.evaluate(
    async (documents) => {
      const search = await nearfield.openSearch({ name: "start", device: "wasm" });
      await search.add(documents);
      await search.query("warm");
      await search.close();
      return search.status().counts.passages;
    },
    [...KNOWN_DOCUMENTS, ...makeDocuments(20, { passages: 5, sentences: 1, seed: 9 })],
  );
  // Ended in good order, so that the cache is written out.
  await profile.close();

  const runs = [];
  for (let run = 0; run < STARTS; run++) {
    const context = await profile.open();
    const page = await context.newPage();
    await visit(page, site.isolated);
    site.requests.length = 0;
    const times = await page.evaluate(async (question) => {
      const started = performance.now();
      const search = await nearfield.openSearch({ name: "start", device: "wasm" });
      const openMs = performance.now() - started;
      const { hits } = await search.query(question, { limit: 3 });
      const firstHitsMs = performance.now() - started;
      const again = performance.now();
      await search.query(question, { limit: 3 });
      const secondQueryMs = performance.now() - again;
      const { query } = search.status().devices;
      return { openMs, firstHitsMs, secondQueryMs, best: hits[0]?.document.id, query };
    }, KNOWN[2]?.question ?? "");
    expect(times.best).toBe("bread");
    runs.push({ ...times, requests: [...site.requests] });
    await profile.close();
  }
  const report = { passages, runs };
  console.log(`start of an existing index: ${JSON.stringify(report, undefined, 1)}`);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, "start.json"), JSON.stringify(report, undefined, 2));
});

test("with the server switched off after the first visit, a new search and a new encoder still work", async ({
  profile,
  site,
}) => {
  const page = await (await profile.open()).newPage();
  await visit(page, site.isolated);
  await page.evaluate(async (documents) => {
    const search = await nearfield.openSearch({ name: "offline", device: "wasm" });
    await search.add(documents);
    await search.query("warm");
    await search.close();
  }, KNOWN_DOCUMENTS);
  await site.switchOff();
  const seen = await page.evaluate(async () => {
    const reachable = await fetch("/?again", { cache: "no-store" }).then(
      () => true,
      () => false,
    );
    const search = await nearfield.openSearch({ name: "offline", device: "wasm" });
    await search.add([{ id: "cellar", text: "Wine is kept in the cool cellar below the house." }]);
    const best = (await nearfield.idsOf(search, "where is the wine?"))[0];
    const bread = (await nearfield.idsOf(search, "recipe for baking bread"))[0];
    const [vector] = await nearfield.openEncoder({ device: "wasm" }).encode(["text"]);
    const { query, document } = search.status().devices;
    const checked = [query, document].map(({ knownAnswers }) => knownAnswers?.texts);
    return { reachable, best, bread, length: vector?.length, checked };
  });
  expect(seen).toEqual({
    reachable: false,
    best: "cellar",
    bread: "bread",
    length: 384,
    // This browser has passed the whole check before: one text for each encoder, though both start at once.
    checked: [1, 1],
  });
  await site.switchOn();
});

test(
  "a first visit whose files can not be reached says so by its code, and works when the network is back",
  EXTENDED,
  async ({ bare, site }) => {
    // The page and its scripts are there, the model is not.
    const held = site.misbehave(/\.(bin|onnx|json|f32)$/, { kind: "missing" });
    const code = await bare.evaluate(async () => {
      const search = await nearfield.openSearch({ name: "never-seen", device: "wasm" });
      kept.search = search;
      return nearfield.codeOf(() => search.query("bread"));
    });
    expect(code).toBe("MODEL_UNAVAILABLE");
    await site.switchOff();
    const offline = await bare.evaluate(() => nearfield.codeOf(() => kept.search.query("bread")));
    expect(offline).toBe("MODEL_UNAVAILABLE_OFFLINE");
    held();
    await site.switchOn();
    const online = await bare.evaluate(() => nearfield.codeOf(() => kept.search.query("bread")));
    expect(online).toBe("no error");
  },
);
