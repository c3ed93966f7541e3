import type { Page } from "@playwright/test";
import { bookmarkletFor } from "../../examples/in-page/src/bookmarklet.ts";
import { EXTENDED } from "../harness/fixtures.ts";
import { ask, expect, marked, openBar, pageOf, test, untilRead } from "./visit.ts";

const TEXT = `<main><h1>Notes</h1><p>The ferry leaves at noon from the old pier.</p></main>`;

const OWN = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

for (const [what, policyOf, scriptOf] of [
  ["its own server and the strictest policy", () => `default-src 'none'; ${OWN}`, () => undefined],
  [
    "its own server and trusted types",
    () => `${OWN}; require-trusted-types-for 'script'; trusted-types nearfield`,
    () => undefined,
  ],
  ["another server and no policy", () => undefined, (app: string) => `${app}/in-page.js`],
  [
    "another server and a policy that names it",
    (app: string) =>
      `default-src 'none'; script-src 'self' ${app} 'wasm-unsafe-eval'; worker-src blob: ${app}; connect-src ${app}`,
    (app: string) => `${app}/in-page.js`,
  ],
] as const) {
  test(`works with ${what}`, EXTENDED, async ({ page, stand }) => {
    const [policy, script] = [policyOf(stand.app), scriptOf(stand.app)];
    const html = pageOf(TEXT, script === undefined ? {} : { script });
    await page.goto(stand.put("/policy", policy === undefined ? { html } : { html, policy }));
    await openBar(page);
    await untilRead(page);
    await ask(page, "when does the boat go?");
    expect((await marked(page)).current.join()).toContain("ferry leaves at noon");
    await page.keyboard.press("Escape");
  });
}

for (const [what, policyOf, said] of [
  [
    "forbids workers from blobs",
    (app: string) => `script-src 'self' ${app} 'wasm-unsafe-eval'; worker-src 'self'`,
    /does not let the search start its worker/,
  ],
  [
    "forbids to fetch the model",
    (app: string) =>
      `script-src 'self' ${app} 'wasm-unsafe-eval'; worker-src blob: ${app}; connect-src 'self'`,
    /could not be fetched/,
  ],
  [
    "lets a worker from a blob import nothing",
    (app: string) =>
      `script-src 'self' ${app} 'wasm-unsafe-eval'; worker-src blob:; connect-src ${app}`,
    /does not let the search start its worker/,
  ],
  [
    "forbids WebAssembly",
    (app: string) => `script-src 'self' ${app}; worker-src blob: ${app}; connect-src ${app}`,
    /does not let the language model run/,
  ],
] as const) {
  test(
    `where the policy ${what}, the bar says so, and tries again only when asked`,
    EXTENDED,
    async ({ page, stand, context }) => {
      const html = pageOf(TEXT, { script: `${stand.app}/in-page.js` });
      const address = stand.put("/forbidden", { html, policy: policyOf(stand.app) });
      const askAndFail = async (one: Page) => {
        await one.goto(address);
        await openBar(one);
        await one.getByRole("searchbox").fill("when does the boat go?");
        await expect(one.locator("nearfield-find .trouble")).toHaveText(said);
        await untilRead(one);
      };
      await askAndFail(page);
      await expect(page.locator("nearfield-find search")).not.toHaveAttribute("data-answered", "");
      let started = 0;
      page.on("worker", () => started++);
      // As long as it takes another page to fail.
      await askAndFail(await context.newPage());
      expect(started, "workers that nobody asked for").toBe(0);
      await page.keyboard.press("Escape");
      await expect(page.locator("nearfield-find")).toHaveCount(0);
    },
  );
}

for (const [what, policyOf] of [
  ["no policy", () => undefined],
  [
    "a policy that names its server",
    (app: string) =>
      `default-src 'none'; script-src 'self' ${app} 'wasm-unsafe-eval'; worker-src blob: ${app}; connect-src ${app}`,
  ],
] as const) {
  test(
    `the loader of another server brings the script to a page with ${what}, with its parameters`,
    EXTENDED,
    async ({ page, stand }) => {
      const policy = policyOf(stand.app);
      const html = `<!doctype html><html lang="en"><title>Host</title><script async src="${stand.app}/loader.js?shortcut=KeyK"></script>${TEXT}</html>`;
      await page.goto(stand.put("/loader", policy === undefined ? { html } : { html, policy }));
      await page.waitForFunction(() => "nearfieldInPage" in globalThis);
      await page.keyboard.press("Alt+Shift+KeyK");
      await expect(page.getByRole("searchbox", { name: "Ask this page" })).toBeFocused();
      await untilRead(page);
      await ask(page, "when does the boat go?");
      expect((await marked(page)).current.join()).toContain("ferry leaves at noon");
    },
  );
}

test(
  "the bookmark opens the bar on a page that knows nothing of it, twice too, and says where it may not",
  EXTENDED,
  async ({ page, stand }) => {
    const bookmark = bookmarkletFor(`${stand.app}/in-page.js`);
    expect(bookmark.length).toBeLessThan(500);
    const code = decodeURIComponent(bookmark.slice("javascript:".length));
    const html = `<!doctype html><html lang="en"><title>Any</title>${TEXT}</html>`;
    await page.goto(stand.put("/any", { html }));
    await page.evaluate(code);
    const field = page.getByRole("searchbox", { name: "Ask this page" });
    await expect(field).toBeFocused();
    await untilRead(page);
    await ask(page, "when does the boat go?");
    expect((await marked(page)).current.join()).toContain("ferry leaves at noon");
    await page.keyboard.press("Escape");
    await page.evaluate(code);
    await expect(field).toBeFocused();

    await page.goto(stand.put("/strict", { html, policy: "script-src 'self'" }));
    const said = new Promise<string>((resolve) => {
      page.once("dialog", (dialog) => {
        resolve(dialog.message());
        void dialog.accept();
      });
    });
    await page.evaluate(code);
    expect(await said).toBe(`This page does not allow scripts from ${new URL(stand.app).host}.`);
  },
);
