import type { Page } from "@playwright/test";
import { KNOWN_DOCUMENTS } from "../harness/corpus.ts";
import { expect, EXTENDED, extendedAfter, test, visit } from "../harness/fixtures.ts";
import { signal } from "../harness/signal.ts";

const QUESTION = "recipe for baking bread";
const WEIGHTS = /pocket-[\w-]+\.bin$/;
const ENCODER_WORKER = /encoder-worker/;
const INDEX_WORKER = /index-worker/;
/** Parts of the page's own code that are loaded when they are asked for. */
const PLANNING = /decision-[\w-]+\.js$/;
const ADDING = /add-part-[\w-]+\.js$/;
const VECTORS = /vector-index-[\w-]+\.js$/;

test("a query while the model still loads waits for it, can be left, and is answered", async ({
  bare,
  site,
}) => {
  const weights = signal();
  site.misbehave(WEIGHTS, { kind: "hold", until: weights.given });
  const early = await bare.evaluate(async () => {
    const search = await nearfield.openSearch({ name: "early", device: "wasm" });
    kept.search = search;
    const leaving = new AbortController();
    const left = nearfield.codeOf(() => search.query("bread", { signal: leaving.signal }));
    leaving.abort();
    // The promise is kept on the page; its answer can not be there yet.
    Object.assign(globalThis, { asked: search.query("bread") });
    return { left: await left, state: search.status().devices.query.state };
  });
  expect(early).toEqual({ left: "ABORTED", state: "starting" });
  weights.give();
  const late = await bare.evaluate(async (documents) => {
    const { asked } = globalThis as unknown as { asked: Promise<{ hits: unknown[] }> };
    const { hits } = await asked;
    const { search } = kept;
    await search.add(documents);
    const [best] = await nearfield.idsOf(search, "recipe for baking bread");
    return { hits, best, state: search.status().devices.query.state };
  }, KNOWN_DOCUMENTS);
  expect(late).toEqual({ hits: [], best: "bread", state: "ready" });
});

test("an encoder's script that answers 404 gives WORKER_UNAVAILABLE; once it is there, the same search works", async ({
  bare,
  site,
}) => {
  const mend = site.misbehave(ENCODER_WORKER, { kind: "missing" });
  const broken = await bare.evaluate(async (documents) => {
    const search = await nearfield.openSearch({ name: "no-script", device: "wasm" });
    kept.search = search;
    const codes = [
      await nearfield.codeOf(() => search.query("bread")),
      await nearfield.codeOf(() => search.add(documents)),
    ];
    return { codes, state: search.status().devices.query.state };
  }, KNOWN_DOCUMENTS);
  expect(broken.codes).toEqual(["WORKER_UNAVAILABLE", "WORKER_UNAVAILABLE"]);
  expect(broken.state).toBe("failed");
  mend();
  const mended = await bare.evaluate(async (documents) => {
    await kept.search.add(documents);
    return (await nearfield.idsOf(kept.search, "recipe for baking bread"))[0];
  }, KNOWN_DOCUMENTS);
  expect(mended).toBe("bread");
});

test(
  "a later part of the page's code that does not come gives CODE_UNAVAILABLE; once it is there, the same search works",
  EXTENDED,
  async ({ bare, site }) => {
    const mends = [PLANNING, ADDING, VECTORS].map((part) =>
      site.misbehave(part, { kind: "missing" }),
    );
    const codes = await bare.evaluate(async (documents) => {
      const search = await nearfield.openSearch({ name: "no-part", device: "wasm" });
      kept.search = search;
      const encoder = nearfield.openEncoder({ device: "wasm" });
      kept.encoder = encoder;
      return {
        query: await nearfield.codeOf(() => search.query("bread")),
        add: await nearfield.codeOf(() => search.add(documents)),
        encode: await nearfield.codeOf(() => encoder.encode(["bread"])),
        openIndex: await nearfield.codeOf(() => nearfield.openIndex({ name: "x", dimensions: 4 })),
        byWords: await nearfield.codeOf(() => search.query("bread", { mode: "lexical" })),
      };
    }, KNOWN_DOCUMENTS);
    const missing = "CODE_UNAVAILABLE";
    expect(codes).toEqual({
      query: missing,
      add: missing,
      encode: missing,
      openIndex: missing,
      byWords: "no error",
    });
    for (const mend of mends) mend();
    const best = await bare.evaluate(async (documents) => {
      await kept.search.add(documents);
      await kept.encoder.encode(["bread"]);
      await (await nearfield.openIndex({ name: "x", dimensions: 4 })).close();
      return (await nearfield.idsOf(kept.search, "recipe for baking bread"))[0];
    }, KNOWN_DOCUMENTS);
    expect(best).toBe("bread");
  },
);

test(
  "the index's script that answers 404 or a web page gives WORKER_UNAVAILABLE, and later calls work",
  EXTENDED,
  async ({ bare, site }) => {
    for (const kind of ["missing", "html"] as const) {
      const mend = site.misbehave(INDEX_WORKER, { kind });
      const code = await bare.evaluate(() =>
        nearfield.codeOf(() => nearfield.openSearch({ name: "no-index", device: "wasm" })),
      );
      expect(code, kind).toBe("WORKER_UNAVAILABLE");
      mend();
    }
    const state = await bare.evaluate(async () => {
      const search = await nearfield.openSearch({ name: "no-index", device: "wasm" });
      return search.status().state;
    });
    expect(state).toBe("open");
  },
);

test("weights with one wrong bit never run: MODEL_INTEGRITY, stored data stays, and whole weights heal it", async ({
  bare,
  site,
}) => {
  const mend = site.misbehave(WEIGHTS, { kind: "flip" });
  const broken = await bare.evaluate(async (documents) => {
    const search = await nearfield.openSearch({ name: "flipped", device: "wasm" });
    kept.search = search;
    const codes = [
      await nearfield.codeOf(() => search.query("bread")),
      await nearfield.codeOf(() => search.add(documents)),
      await nearfield.codeOf(() => nearfield.openEncoder({ device: "wasm" }).encode(["text"])),
    ];
    return { codes, counts: search.status().counts };
  }, KNOWN_DOCUMENTS);
  expect(broken.codes).toEqual(["MODEL_INTEGRITY", "MODEL_INTEGRITY", "MODEL_INTEGRITY"]);
  expect(broken.counts.documents).toBe(0);
  mend();
  const best = await bare.evaluate(async (documents) => {
    await kept.search.add(documents);
    return (await nearfield.idsOf(kept.search, "recipe for baking bread"))[0];
  }, KNOWN_DOCUMENTS);
  expect(best).toBe("bread");
});

test(
  "corrupted weights on a later visit do not touch what is stored",
  EXTENDED,
  async ({ bare, site, context }) => {
    await bare.evaluate(async (documents) => {
      const search = await nearfield.openSearch({ name: "later", device: "wasm" });
      await search.add(documents);
    }, KNOWN_DOCUMENTS);
    await forgetFiles(bare);
    const mend = site.misbehave(WEIGHTS, { kind: "flip" });
    const tab = await context.newPage();
    await visit(tab, site.isolated);
    const broken = await tab.evaluate(async () => {
      const search = await nearfield.openSearch({ name: "later", device: "wasm" });
      const code = await nearfield.codeOf(() => search.query("bread"));
      return { code, documents: search.status().counts.documents };
    });
    mend();
    expect(broken.code).toBe("MODEL_INTEGRITY");
    expect(broken.documents).toBe(KNOWN_DOCUMENTS.length);
    await visit(tab, site.isolated);
    const best = await tab.evaluate(async (question) => {
      const search = await nearfield.openSearch({ name: "later", device: "wasm" });
      return (await nearfield.idsOf(search, question))[0];
    }, QUESTION);
    expect(best).toBe("bread");
  },
);

for (const [at, [what, kind, code]] of (
  [
    ["are missing", "missing", "MODEL_UNAVAILABLE"],
    ["are a web page", "html", "MODEL_INTEGRITY"],
    ["break off half-way", "cut", "MODEL_UNAVAILABLE"],
  ] as const
).entries()) {
  test(
    `weights that ${what} give ${code}, and the next call works when they are there`,
    extendedAfter(at),
    async ({ bare, site }) => {
      const mend = site.misbehave(WEIGHTS, { kind });
      const broken = await bare.evaluate(async () => {
        const encoder = nearfield.openEncoder({ device: "wasm" });
        kept.encoder = encoder;
        return nearfield.codeOf(() => encoder.encode(["text"]));
      });
      expect(broken).toBe(code);
      mend();
      const length = await bare.evaluate(async () => {
        const vectors = await kept.encoder.encode(["text"]);
        return vectors?.[0]?.length;
      });
      expect(length).toBe(384);
    },
  );
}

test("without a GPU, auto runs on WASM and says why; webgpu is refused with DEVICE_UNAVAILABLE", async ({
  bare,
}) => {
  const seen = await bare.evaluate(async (documents) => {
    const adapter = (await navigator.gpu?.requestAdapter()) ?? null;
    const search = await nearfield.openSearch({ name: "auto" });
    await search.add(documents);
    const best = (await nearfield.idsOf(search, "recipe for baking bread"))[0];
    const status = search.status().devices;
    const demanding = await nearfield.openSearch({ name: "demanding", device: "webgpu" });
    const codes = [
      await nearfield.codeOf(() => demanding.query("bread")),
      await nearfield.codeOf(() => nearfield.openEncoder({ device: "webgpu" }).encode(["text"])),
    ];
    return { hasAdapter: adapter !== null, best, status, codes };
  }, KNOWN_DOCUMENTS);
  expect(seen.hasAdapter, "this browser was started without a GPU").toBe(false);
  expect(seen.best).toBe("bread");
  expect(seen.status.query).toMatchObject({ state: "ready", device: "wasm" });
  expect(JSON.stringify(seen.status.query)).toMatch(/GPU|adapter/i);
  expect(seen.codes).toEqual(["DEVICE_UNAVAILABLE", "DEVICE_UNAVAILABLE"]);
});

test(
  "on a page without cross-origin isolation everything works, on one thread, and status says so",
  EXTENDED,
  async ({ page, site }) => {
    await visit(page, site.plain);
    const seen = await page.evaluate(async (documents) => {
      const search = await nearfield.openSearch({ name: "plain", device: "wasm" });
      await search.add(documents);
      const best = (await nearfield.idsOf(search, "recipe for baking bread"))[0];
      return { isolated: crossOriginIsolated, best, query: search.status().devices.query };
    }, KNOWN_DOCUMENTS);
    expect(seen.isolated).toBe(false);
    expect(seen.best).toBe("bread");
    expect(seen.query).toMatchObject({ state: "ready", device: "wasm", threads: 1 });
  },
);

test("on an isolated page with eight cores four threads serve, under the same policy", async ({
  page,
  site,
}) => {
  // What the page says of its machine decides; the machine of the tests may have fewer.
  await page.addInitScript(() =>
    Object.defineProperty(navigator, "hardwareConcurrency", { value: 8 }),
  );
  await visit(page, site.isolated);
  const seen = await page.evaluate(async () => {
    const encoder = nearfield.openEncoder({ device: "wasm" });
    const [cat, kitten, money] = await encoder.encode([
      "a cat sleeps",
      "a kitten is asleep",
      "ten thousand dollars were paid",
    ]);
    const dot = (a?: Float32Array, b?: Float32Array) =>
      a?.reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0) ?? Number.NaN;
    const status = encoder.status();
    await encoder.close();
    return { near: dot(cat, kitten), far: dot(cat, money), status };
  });
  expect(seen.status).toMatchObject({ device: "wasm", threads: 4, reasons: [] });
  expect(seen.near).toBeGreaterThan(seen.far + 0.2);
  await expect.poll(() => page.workers().length).toBe(0);
});

/** Empties Cache Storage: a model that was kept there would hide what the server does. */
async function forgetFiles(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  });
}
