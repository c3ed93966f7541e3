import { expect, test as base, type Page } from "@playwright/test";
import { Stand } from "./stand.ts";

/** Reading a long page on a machine that is busy. */
export const READING_MS = 300_000;

interface Fixtures {
  /** After the test: the pages threw nothing. */
  readonly page: Page;
}

/** The app is built once, and every test has a browser context of its own. */
export const test = base.extend<Fixtures, { stand: Stand }>({
  stand: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads off this pattern what a fixture needs.
    async ({}, use) => {
      const stand = await Stand.start();
      await use(stand);
      await stand.stop();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  page: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await use(page);
    expect(errors, "what the page threw").toEqual([]);
  },
});

export { expect };

/** A page that includes the script from its own site. */
export function pageOf(body: string, { script = "/nearfield/in-page.js", head = "" } = {}): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${head}
<script type="module" src="${script}"></script></head><body>${body}</body></html>`;
}

/** Opens the bar as a person does. */
export async function openBar(page: Page): Promise<void> {
  await page.waitForFunction(() => "nearfieldInPage" in globalThis);
  await page.keyboard.press("Alt+Shift+KeyF");
  await expect(page.getByRole("searchbox", { name: "Ask this page" })).toBeFocused();
}

/** Waits until all of the page is read. */
export async function untilRead(page: Page): Promise<void> {
  await expect(page.getByRole("progressbar", { name: "Reading this page" })).toBeHidden({
    timeout: READING_MS,
  });
}

/** Types a question and waits for the answer that will not get better. */
export async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole("searchbox", { name: "Ask this page" }).fill(question);
  await expect(page.locator("nearfield-find search")).toHaveAttribute("data-answered", question, {
    timeout: READING_MS,
  });
}

/** What is painted in the page: the passage that is chosen, and the others. */
export function marked(page: Page): Promise<{ current: string[]; found: string[] }> {
  return page.evaluate(() => {
    const textsOf = (name: string) =>
      [...(CSS.highlights.get(name)?.values() ?? [])].map((range) =>
        (range as Range).toString().replace(/\s+/g, " ").trim(),
      );
    return { current: textsOf("nearfield-current"), found: textsOf("nearfield-found") };
  });
}

/** The chosen passage; "" where there is none. A page that draws itself anew has none for a moment each time. */
export async function currentOf(page: Page): Promise<string> {
  if ((await page.locator("nearfield-find li").count()) === 0) return "";
  let text = "";
  await expect.poll(async () => (text = (await marked(page)).current.join())).not.toBe("");
  return text;
}

/** Whether the chosen passage begins within the window. */
export function isInView(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const [range] = CSS.highlights.get("nearfield-current")?.values() ?? [];
    const top = (range as Range | undefined)?.getBoundingClientRect().top ?? -1;
    return top >= 0 && top < innerHeight;
  });
}
