import { expect, test as base, type Locator, type Page } from "@playwright/test";
import { Stand } from "../demo/stand.ts";
import type { Given } from "./files.ts";

/** Reading some hundred files, on a machine that is busy. */
export const READING_MS = 900_000;

interface Fixtures {
  /** Everything that the browser asked for. */
  readonly requests: string[];
}

interface WorkerFixtures {
  readonly stand: Stand;
}

/** After each test: nothing was asked for outside of the app's own address. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  stand: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright wants a pattern here
    async ({}, use) => {
      const stand = await Stand.start("library");
      await use(stand);
      await stand.remove();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  requests: [
    async ({ context, stand }, use) => {
      const requests: string[] = [];
      context.on("request", (request) => requests.push(request.url()));
      await use(requests);
      expect(foreignOf(requests, stand), "requests that left the origin").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Requests that left the app's own address. */
export function foreignOf(requests: readonly string[], stand: Stand): string[] {
  return requests.filter((url) => !url.startsWith(stand.url) && !/^(data|blob):/.test(url));
}

/** Opens the library. WASM, so that every machine does the same. */
export async function visit(page: Page, stand: Stand): Promise<void> {
  await page.goto(`${stand.url}?device=wasm`);
  await expect(page.locator("body")).toHaveAttribute("data-library", "open");
}

/** Gives files to the page as a drop would. */
export async function drop(page: Page, files: readonly Given[]): Promise<void> {
  const given = files.map(({ name, mimeType, buffer }) => ({
    name,
    type: mimeType,
    content: buffer.toString("base64"),
  }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, type, content } of list) {
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], name, { type, lastModified: Date.UTC(2026, 2, 3) }));
    }
    return data;
  }, given);
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

/** Waits until everything that was given is read, and `documents` can be found. */
export async function settle(page: Page, documents: number): Promise<void> {
  await expect(page.locator("#shelf-title")).toContainText(`(${documents.toLocaleString("en")})`, {
    timeout: READING_MS,
  });
  await expect(page.locator("body")).toHaveAttribute("data-waiting", "0", { timeout: READING_MS });
}

/** Types a question and waits for its answer. */
export async function ask(page: Page, question: string): Promise<void> {
  await page.locator("#query").fill(question);
  await expect(page.locator("#hits")).toHaveAttribute("data-question", question);
  await expect(hits(page).first()).toBeVisible();
}

/** The passages that were found. */
export function hits(page: Page): Locator {
  return page.locator("#hits").getByRole("option");
}

/** Opens the first hit; gives the words that are marked in the original. */
export async function openFirst(page: Page): Promise<string> {
  await hits(page).first().click();
  await expect(page.locator("#reader")).toHaveAttribute("data-state", "open");
  await expect(page.locator("#reader mark").first()).toBeVisible();
  const marks = await page.locator("#reader mark").allTextContents();
  return marks.join(" ");
}
