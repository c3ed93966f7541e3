import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  expect,
  test as base,
  type BrowserContext,
  type Locator,
  type Page,
} from "@playwright/test";
import { browserOf } from "../harness/main-thread.ts";
import { Profile } from "../harness/profile.ts";
import { Extension } from "./extension.ts";
import { Web } from "./web.ts";

/** Indexing, on a machine that is busy. */
export const READING_MS = 300_000;

interface WorkerFixtures {
  /** As it is published: nothing is allowed that has to be asked for. */
  readonly built: Extension;
}

interface Fixtures {
  /** With access to all sites. */
  readonly extension: Extension;
  readonly web: Web;
  /** After the test: the browser has asked nobody but the test's own site. */
  readonly profile: Profile;
  /** Starts the browser with the extension. */
  readonly launch: (extension: Extension) => Promise<BrowserContext>;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  built: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads off this pattern what a fixture needs.
    async ({}, use) => {
      const extension = await Extension.build();
      await use(extension);
      await extension.remove();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  extension: async ({ built }, use) => {
    const extension = await built.granted({ bookmarks: true });
    await use(extension);
    await extension.remove();
  },
  // oxlint-disable-next-line no-empty-pattern -- as above
  web: async ({}, use) => {
    const web = await Web.start();
    await use(web);
    await web.stop();
  },
  // oxlint-disable-next-line no-empty-pattern -- as above
  profile: async ({}, use) => {
    const profile = await Profile.create(() => {});
    await use(profile);
    await profile.remove();
  },
  launch: async ({ profile, web }, use, info) => {
    const logs: string[] = [];
    await use(async (extension) => {
      const log = info.outputPath(`net-${logs.length}.json`);
      logs.push(log);
      return profile.open([
        ...extension.flags,
        `--log-net-log=${log}`,
        // Sites with names that can not exist, for pictures: they are the test's site as well.
        `--host-resolver-rules=MAP *.example:80 ${new URL(web.origin).host}`,
      ]);
    });
    // The browser writes the end of its log when it ends.
    await profile.close();
    const foreign = new Set<string>();
    for (const log of logs) for (const url of await foreignIn(log)) foreign.add(url);
    expect([...foreign], "what the extension asked of anybody else").toEqual([]);
  },
});

export { expect };

/** The panel in a tab of its own: there it is the same page as at the side. */
export async function openPanel(context: BrowserContext, extension: Extension): Promise<Page> {
  const panel = await context.newPage();
  await panel.goto(`${extension.origin}/panel.html`);
  await expect(panel.locator("body")).toHaveAttribute("data-panel", "open");
  return panel;
}

/** Waits until nothing waits any more. */
export async function settle(panel: Page, pages: number): Promise<void> {
  await expect(panel.locator("#shelf-title")).toContainText(
    pages === 1 ? "1 page of" : `${pages} pages of`,
    { timeout: READING_MS },
  );
  await expect(panel.locator("body")).toHaveAttribute("data-waiting", "0", { timeout: READING_MS });
}

/** Types a question and waits for its answer. */
export async function ask(panel: Page, question: string): Promise<void> {
  await panel.locator("#query").fill(question);
  await expect(panel.locator("#hits")).toHaveAttribute("data-question", question, {
    timeout: READING_MS,
  });
}

export function hits(panel: Page): Locator {
  return panel.locator("#hits").getByRole("option");
}

/** The passage that is marked in a page, once there is one. */
export async function markedIn(page: Page): Promise<string> {
  let text = "";
  await expect
    .poll(
      async () =>
        (text = await page.evaluate(() =>
          [...(CSS.highlights.get("nearfield-current")?.values() ?? [])].map(String).join(" "),
        )),
    )
    .not.toBe("");
  return text.replace(/\s+/g, " ").trim();
}

/** Whether the marked passage begins within the window. */
export function isInView(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const [range] = CSS.highlights.get("nearfield-current")?.values() ?? [];
    const top = (range as Range | undefined)?.getBoundingClientRect().top ?? -1;
    return top >= 0 && top < innerHeight;
  });
}

/** Ends the service worker, as the browser does when it has had nothing to do. The next event starts it again. */
export async function endServiceWorker(panel: Page, extension: Extension): Promise<void> {
  const session = await panel.context().newCDPSession(panel);
  let hasStopped = false;
  session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    hasStopped ||= versions.some(
      ({ scriptURL, runningStatus }) =>
        scriptURL.startsWith(extension.origin) && runningStatus === "stopped",
    );
  });
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await expect.poll(() => hasStopped).toBe(true);
  await session.detach();
}

/** What the extension asked for outside of itself and of this machine, by the browser's own log of its network. */
async function foreignIn(log: string): Promise<string[]> {
  const lines = (await readFile(log, "utf8").catch(() => "")).split("\n");
  const asked = lines.flatMap((line) => {
    // One event in a line; the last one of a browser that was killed is cut off.
    const initiator = /"initiator":"(chrome-extension:[^"]*)"/.exec(line)?.[1];
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    return initiator && url ? [url] : [];
  });
  expect(lines.length, "lines of the log").toBeGreaterThan(1);
  return asked.filter(
    (url) =>
      !/^(?:chrome-extension:|blob:|data:|http:\/\/(?:localhost|\w+\.example)[:/])/.test(url),
  );
}

/** Where screenshots of the states go. */
export function shotPath(outputDir: string, name: string): string {
  return join(outputDir, `side-panel-looks/${name}.png`);
}

/** Presses the extension's button in the toolbar while the tab with this page is looked at, as a person does. */
export async function pressButton(
  context: BrowserContext,
  extension: Extension,
  url: string,
): Promise<void> {
  const session = await browserOf(context).newBrowserCDPSession();
  const { targetInfos } = await session.send("Target.getTargets", { filter: [{}] });
  const tab = targetInfos.find((target) => target.type === "tab" && target.url === url);
  if (!tab) throw new Error(`no tab has ${url}`);
  // Playwright's list of the protocol is older than the browser's.
  await (session as unknown as { send(method: string, params: object): Promise<unknown> }).send(
    "Extensions.triggerAction",
    { id: extension.id, targetId: tab.targetId },
  );
  await session.detach();
}
