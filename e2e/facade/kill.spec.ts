import type { Page } from "@playwright/test";
import { KNOWN_DOCUMENTS, makeDocuments, seeded } from "../harness/corpus.ts";
import { expect, EXTENDED, RUN_ALL, test, visit } from "../harness/fixtures.ts";
import { crash, killRenderer, rendererOf, SQLITE, type Profile } from "../harness/profile.ts";
import { signal } from "../harness/signal.ts";
import type { Site } from "../harness/site.ts";

/** How often each kind of death is tried; `NEARFIELD_SEED` repeats a run. */
const TRIALS = RUN_ALL ? 18 : 1;
const SEED = Number(process.env["NEARFIELD_SEED"] ?? Date.now() % 1_000_000);

/** Documents of several passages, so that half a document would show; enough of them for several commits in one call. */
const DOCUMENTS = makeDocuments(96, { passages: 5, sentences: 1, seed: 3 });
const NAME = "killed";

type Spans = Record<string, { start: number; end: number }[]>;

/** Deaths come while fewer than this many documents are acknowledged, and up to so long afterwards. */
const LATEST_DOCUMENT = 40;
const LATEST_MS = 200;

/** What a page says before it dies. */
class Acknowledged {
  /** Ids whose `add` had resolved. */
  readonly ids: Set<string> = new Set();
  /** The most documents of one call that `onProgress` had reported as durable. */
  count = 0;
  readonly #reached = signal();
  readonly #wanted: number;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Resolves when as many documents as wanted are acknowledged. */
  get reached(): Promise<void> {
    return this.#reached.given;
  }

  hear(told: number | string): void {
    if (typeof told === "string") this.ids.add(told);
    else this.count = Math.max(this.count, told);
    if (Math.max(this.count, this.ids.size) >= this.#wanted) this.#reached.give();
  }
}

const killBrowser = async (_page: Page, _pid: number, profile: Profile) => profile.kill();

const DEATHS = [
  ["a crash of the tab", crash, []],
  ["SIGKILL to the renderer", killRenderer, []],
  ["SIGKILL to the whole browser", killBrowser, []],
  ["SIGKILL to a browser that keeps IndexedDB in SQLite", killBrowser, [SQLITE]],
] as const;

for (const [at, [death, kill, flags]] of DEATHS.entries()) {
  // The quick run kills a browser here and a renderer in index-kill.spec.ts.
  const details = death === "SIGKILL to the whole browser" ? {} : EXTENDED;
  test(
    `after ${death} during add, every acknowledged document is found, and no half one`,
    details,
    async ({ profile, site }) => {
      test.setTimeout(120_000 + TRIALS * 60_000);
      const random = seeded(SEED + at);
      console.log(`seed ${SEED}: ${TRIALS} times ${death}`);
      let context = await profile.open(flags);
      const whole = await learnPassages(await context.newPage(), site);
      let interrupted = 0;
      for (let trial = 0; trial < TRIALS; trial++) {
        const page = await context.newPage();
        await visit(page, site.isolated);
        const pid = await rendererOf(page);
        const acknowledged = new Acknowledged(1 + Math.floor(random() * LATEST_DOCUMENT));
        await startAdding(page, acknowledged, (at + trial) % 2 === 0 ? "one call" : "call by call");
        await acknowledged.reached;
        await page.waitForTimeout(random() * LATEST_MS);
        await kill(page, pid, profile);
        if (!context.browser()?.isConnected()) context = await profile.open(flags);
        const reopened = await context.newPage();
        await visit(reopened, site.isolated);
        const found = await findAll(reopened);
        const told = `trial ${trial}: ${Math.max(acknowledged.count, acknowledged.ids.size)} acknowledged, ${found.documents} found`;
        console.log(told);
        if (found.documents < DOCUMENTS.length) interrupted++;
        for (const id of acknowledged.ids) expect(found.stored, told).toHaveProperty(id);
        expect(found.documents, told).toBeGreaterThanOrEqual(acknowledged.count);
        expect(Object.keys(found.stored), told).toHaveLength(found.documents);
        for (const [id, spans] of Object.entries(found.stored))
          expect(spans, told).toEqual(whole[id]);
        const rest = await addRest(reopened);
        expect(rest.sum.added + rest.sum.unchanged).toBe(DOCUMENTS.length);
        expect(rest.sum.unchanged, told).toBe(found.documents);
        expect(rest.stored).toEqual(whole);
        await destroy(reopened);
        await reopened.close();
        await page.close();
      }
      // One alone may come too late on a fast machine; not all of many.
      if (TRIALS > 1) expect(interrupted, "deaths before the end of the work").toBeGreaterThan(0);
    },
  );
}

test(
  "a tab that crashes during add leaves the other tab's search as it was",
  EXTENDED,
  async ({ profile, site }) => {
    const context = await profile.open();
    const [dying, living] = [await context.newPage(), await context.newPage()];
    await visit(living, site.isolated);
    await living.evaluate(
      async ({ name, documents }) => {
        kept.search = await nearfield.openSearch({ name, device: "wasm" });
        await kept.search.add(documents);
      },
      { name: NAME, documents: KNOWN_DOCUMENTS },
    );
    await visit(dying, site.isolated);
    const acknowledged = new Acknowledged(3);
    await startAdding(dying, acknowledged, "call by call");
    await acknowledged.reached;
    await crash(dying);
    const ids = await living.evaluate(async () => {
      const { search } = kept;
      await search.add([{ id: "after", text: "The lighthouse keeper goes site." }]);
      return Object.keys(await nearfield.storedIn(search));
    });
    expect(ids).toContain("after");
    expect(ids).toEqual(expect.arrayContaining(KNOWN_DOCUMENTS.map(({ id }) => id)));
    expect(ids).toEqual(expect.arrayContaining([...acknowledged.ids]));
  },
);

/** The passages of each document as they are when nobody is killed. */
async function learnPassages(page: Page, site: Site): Promise<Spans> {
  await visit(page, site.isolated);
  const whole = await page.evaluate(async (documents) => {
    const search = await nearfield.openSearch({ name: "reference", device: "wasm" });
    await search.add(documents);
    const stored = await nearfield.storedIn(search);
    await search.destroy();
    return stored;
  }, DOCUMENTS);
  await page.close();
  expect(Object.keys(whole)).toHaveLength(DOCUMENTS.length);
  expect(Object.values(whole).every((spans) => spans.length > 1)).toBe(true);
  return whole;
}

async function startAdding(
  page: Page,
  acknowledged: Acknowledged,
  how: "one call" | "call by call",
): Promise<void> {
  await page.exposeFunction("acknowledge", (told: number | string) => acknowledged.hear(told));
  await page.evaluate(
    async ({ name, documents, how }) => {
      const page = globalThis as unknown as { acknowledge(told: number | string): void };
      const search = await nearfield.openSearch({ name, device: "wasm" });
      // The page dies before this ends; nothing may wait for it.
      void (async () => {
        if (how === "one call") {
          await search.add(documents, { onProgress: (done) => page.acknowledge(done.documents) });
        } else {
          for (const document of documents) {
            await search.add([document]);
            page.acknowledge(document.id);
          }
        }
      })();
    },
    { name: NAME, documents: DOCUMENTS, how },
  );
}

async function findAll(page: Page): Promise<{ documents: number; stored: Spans }> {
  return page.evaluate(async (name) => {
    const search = await nearfield.openSearch({ name, device: "wasm" });
    kept.search = search;
    return {
      documents: search.status().counts.documents,
      stored: await nearfield.storedIn(search),
    };
  }, NAME);
}

async function addRest(page: Page) {
  return page.evaluate(async (documents) => {
    const { search } = kept;
    const sum = await search.add(documents);
    return { sum, stored: await nearfield.storedIn(search) };
  }, DOCUMENTS);
}

async function destroy(page: Page): Promise<void> {
  await page.evaluate(() => kept.search.destroy());
}
