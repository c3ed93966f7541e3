import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { createServer } from "vite";
import { watchForeign, extendedAfter } from "../harness/fixtures.ts";
import { Site } from "../harness/site.ts";
import { Consumer } from "./consumer.ts";
import { readExamples } from "./readme.ts";

/** npm's cache may be empty: then ONNX Runtime comes over the network once more. */
const INSTALL_MS = 300_000;

let consumer: Consumer;
let site: Site;

test.beforeAll(async () => {
  test.setTimeout(INSTALL_MS);
  consumer = await Consumer.create();
  await consumer.build();
  site = await Site.start(join(consumer.folder, "dist"));
});

test.afterAll(async () => {
  await site?.switchOff();
  await consumer?.remove();
});

for (const isolated of [false, true]) {
  const where = isolated ? "with" : "without";
  test(`a production build adds and finds under a strict policy, ${where} cross-origin isolation`, async ({
    page,
  }) => {
    const foreign = watchForeign(page.context(), site);
    const value = await open(page, `${isolated ? site.isolated : site.plain}/`);
    expect(value).toMatchObject({ first: "refund", found: 3, added: 3 });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated);
    expect(foreign, "requests that left the origin").toEqual([]);
    expect(site.violations, "breaches of the policy").toEqual([]);
  });
}

test("an app may bring worker files of its own, each one import of the package's entry", async ({
  page,
}) => {
  const workers: string[] = [];
  page.on("worker", (worker) => workers.push(new URL(worker.url()).pathname));
  const value = await open(page, `${site.plain}/?own-workers`);
  expect(value).toMatchObject({ first: "refund", added: 3 });
  expect(workers.length).toBeGreaterThanOrEqual(3);
  for (const path of workers) expect(path).toMatch(/\/(encoder|index)\.worker-/);
});

test("the app and the README's examples compile against the published declarations", async () => {
  await consumer.checkTypes();
});

for (const [at, { name, line, prints }] of readExamples().entries()) {
  test(
    `the README's example at line ${line} runs and prints what it says`,
    extendedAfter(at, 2),
    async ({ page }) => {
      const printed: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "log") printed.push(message.text());
      });
      await open(page, `${site.isolated}/?example=${name}`);
      expect(printed).toEqual(prints);
    },
  );
}

test("Vite's development server runs the app without any configuration", async ({ page }) => {
  const server = await createServer({
    root: consumer.folder,
    configFile: false,
    logLevel: "error",
    server: { port: 0 },
  });
  try {
    await server.listen();
    const value = await open(page, server.resolvedUrls?.local[0] ?? "");
    expect(value).toMatchObject({ first: "refund" });
  } finally {
    await server.close();
  }
});

/** Opens the app and gives what came of it; throws what it threw. */
async function open(page: Page, url: string): Promise<unknown> {
  await page.goto(url);
  const handle = await page.waitForFunction(() => globalThis.outcome);
  const outcome = await handle.jsonValue();
  if (!outcome?.ok) throw new Error(outcome?.error);
  return outcome.value;
}

declare global {
  // `var` is the only declaration that types `globalThis`.
  var outcome: { ok: true; value: unknown } | { ok: false; error: string } | undefined;
}
