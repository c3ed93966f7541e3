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
      `default-src 'none'; script-src 'self' ${app} 'wasm-unsafe-eval'; worker-src blob:; connect-src ${app}`,
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
      `script-src 'self' ${app} 'wasm-unsafe-eval'; worker-src blob:; connect-src 'self'`,
    /could not be fetched/,
  ],
  [
    "forbids WebAssembly",
    (app: string) => `script-src 'self' ${app}; worker-src blob:; connect-src ${app}`,
    /could not be searched/,
  ],
] as const) {
  test(`where the policy ${what}, the bar says so`, EXTENDED, async ({ page, stand }) => {
    const script = `${stand.app}/in-page.js`;
    const html = pageOf(TEXT, { script });
    await page.goto(stand.put("/forbidden", { html, policy: policyOf(stand.app) }));
    await openBar(page);
    await page.getByRole("searchbox").fill("when does the boat go?");
    const state = page.locator("nearfield-find .trouble");
    await expect(state).toHaveText(said, { timeout: 120_000 });
    console.log(`${what}: ${await state.textContent()}`);
    await page.keyboard.press("Escape");
    await expect(page.locator("nearfield-find")).toHaveCount(0);
  });
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
