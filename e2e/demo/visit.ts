import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { browserOf, traceMainThreads, type TaskTimes } from "../harness/main-thread.ts";
import { Profile } from "../harness/profile.ts";
import { Stand } from "./stand.ts";

/** Reading the whole library, on a machine that is busy. */
export const READING_MS = 600_000;

/** Asked while the library is read. */
const QUESTIONS = [
  "open a database",
  "split a string in two",
  "make an image smaller",
  "run a program and read what it prints",
  "which types does this package have",
  "numbers that are too large",
];

/** What was seen while a first visit read the library. */
export interface FirstVisit {
  /** The counts that were shown, in their order. */
  readonly counts: readonly string[];
  /** What the page's main thread did while documents were encoded and questions answered. */
  readonly tasks: TaskTimes;
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
  await expect(page.locator("#hits")).toHaveAttribute("data-question", question);
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
    const counts: string[] = [];
    Object.assign(globalThis, { counts });
    document.addEventListener("DOMContentLoaded", () => {
      const text = document.querySelector("#progress-text");
      if (!text) return;
      new MutationObserver(() => counts.push(text.textContent ?? "")).observe(text, {
        childList: true,
      });
    });
  });
  await page.goto(url);
  await expect(page.locator("#progress-text")).toContainText("You can search already", {
    timeout: READING_MS,
  });
  // Starting (the page's scripts, the compiling of modules) is over: from here on, documents are encoded.
  const stop = await traceMainThreads(browserOf(context));
  const answers: number[] = [];
  for (const question of QUESTIONS) {
    await ask(page, question);
    answers.push(await page.getByRole("option").count());
  }
  const tasks = await stop();
  await expect(page.locator("body")).toHaveAttribute("data-library", "read", {
    timeout: READING_MS,
  });
  const counts = await page.evaluate(() => (globalThis as unknown as { counts: string[] }).counts);
  await page.close();
  return { counts, tasks, answers };
}
