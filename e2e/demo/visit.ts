import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { Profile } from "../harness/profile.ts";
import { Stand } from "./stand.ts";

/** Reading the whole library, on a machine that is busy. */
export const READING_MS = 600_000;

/** What was seen while a first visit read the library. */
export interface FirstVisit {
  /** The counts that were shown, in their order. */
  readonly counts: readonly string[];
  /** Milliseconds of each long task of the page while documents were encoded. */
  readonly longTasks: readonly number[];
  /** Hits of each question that was asked meanwhile. */
  readonly answers: readonly number[];
}

interface Shared {
  readonly stand: Stand;
  readonly profile: Profile;
  /** The browser that runs on the profile now. */
  readonly browser: () => BrowserContext;
  /** How the first visit on it went: it has read the library. */
  readonly first: FirstVisit;
  /** Everything that the browser asked for, on all visits. */
  readonly requests: string[];
}

interface Fixtures {
  /** The demo on a later visit, ready. */
  readonly page: Page;
}

/** Tests of a returning visitor: the library is read once for all of them. */
export const test = base.extend<Fixtures, { shared: Shared }>({
  shared: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright wants a pattern here
    async ({}, use) => {
      const stand = await Stand.start();
      const requests: string[] = [];
      let context: BrowserContext | undefined;
      const profile = await Profile.create((opened) => {
        context = opened;
        opened.on("request", (request) => requests.push(request.url()));
      });
      const first = await readLibrary(await profile.open(), stand.url);
      const browser = (): BrowserContext => {
        if (!context) throw new Error("no browser is open");
        return context;
      };
      await use({ stand, profile, browser, first, requests });
      await profile.remove();
      await stand.remove();
      const foreign = requests.filter(
        (url) => !url.startsWith(stand.url) && !/^(data|blob):/.test(url),
      );
      expect(foreign, "requests that left the origin").toEqual([]);
    },
    { scope: "worker", timeout: READING_MS },
  ],
  page: async ({ shared }, use) => {
    const page = await shared.browser().newPage();
    await page.goto(shared.stand.url);
    await expect(page.locator("body")).toHaveAttribute("data-library", "kept");
    await use(page);
    await page.close();
  },
});

export { expect };

/** Types a question and waits for its answer. */
export async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole("combobox").fill(question);
  await expect(page.locator("#summary")).toContainText("nearest");
  await expect(page.getByRole("option").first()).toBeVisible();
}

/** Gives files to the page as a drop would. */
export async function drop(
  page: Page,
  files: readonly { readonly name: string; readonly text: string }[],
): Promise<void> {
  const transfer = await page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const { name, text } of given) data.items.add(new File([text], name));
    return data;
  }, files);
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

async function readLibrary(context: BrowserContext, url: string): Promise<FirstVisit> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen = { longTasks: [] as { at: number; ms: number }[], counts: [] as string[] };
    Object.assign(globalThis, { seen });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        seen.longTasks.push({ at: startTime, ms: duration });
      }
    }).observe({ type: "longtask", buffered: true });
    document.addEventListener("DOMContentLoaded", () => {
      const text = document.querySelector("#progress-text");
      if (!text) return;
      const note = () => seen.counts.push(text.textContent ?? "");
      new MutationObserver(note).observe(text, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
  });
  await page.goto(url);
  await expect(page.locator("#progress-text")).toContainText("passages", { timeout: 60_000 });
  // Starting (the page's scripts, the compiling of modules) is over: from here on, documents are encoded.
  const since = await page.evaluate(() => performance.now());
  const answers: number[] = [];
  const library = page.locator("body");
  for (const question of [
    "open a database",
    "split a string",
    "semantic version",
    "random numbers",
  ]) {
    await ask(page, question);
    answers.push(await page.getByRole("option").count());
  }
  await expect(library).toHaveAttribute("data-library", "read", { timeout: READING_MS });
  const seen = await page.evaluate(
    () =>
      (
        globalThis as unknown as {
          seen: { longTasks: { at: number; ms: number }[]; counts: string[] };
        }
      ).seen,
  );
  await page.close();
  return {
    counts: seen.counts,
    longTasks: seen.longTasks.filter(({ at }) => at >= since).map(({ ms }) => ms),
    answers,
  };
}
