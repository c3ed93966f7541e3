import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { Profile } from "./profile.ts";
import { Site } from "./site.ts";

/** The whole of the long suites, not only the quick part of them. */
export const RUN_ALL: boolean = Boolean(process.env["NEARFIELD_TEST_ALL"]);

/** Details of a test that belongs to the long suites alone; the configuration leaves it out of the quick run. */
export const EXTENDED = { tag: "@extended" } as const;

/** Of several tests of one kind the quick run takes the first. */
export function extendedAfter(at: number, quick = 1): { tag: string[] } {
  return { tag: at < quick ? [] : [EXTENDED.tag] };
}

interface Fixtures {
  /** A server of the test's own. After the test: no policy was breached. */
  readonly site: Site;
  /** The bare page on the isolated origin, ready to use. */
  readonly bare: Page;
  /**
   * A page that many tests use one after another, with an open and empty index in `kept.search`: loading the model takes
   * seconds, so only tests that need a first visit, a fault or a second tab ask for a page of their own.
   */
  readonly shared: Page;
  /** A browser profile on disk, for tests that start and end the browser themselves. */
  readonly profile: Profile;
}

interface WorkerFixtures {
  readonly sharedPage: Page;
}

/** After each test: no page and no worker of it asked for anything outside of its site. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads off this pattern what a fixture needs.
  site: async ({}, use) => {
    const site = await Site.start();
    await use(site);
    await site.switchOff();
    expect(site.violations, "breaches of the content security policy").toEqual([]);
  },
  context: async ({ context, site }, use) => {
    const foreign = watchForeign(context, site);
    await use(context);
    expect(foreign, "requests that left the origin").toEqual([]);
  },
  bare: async ({ page, site }, use) => {
    await visit(page, site.isolated);
    await use(page);
  },
  sharedPage: [
    async ({ browser }, use) => {
      const site = await Site.start();
      const context = await browser.newContext();
      const foreign = watchForeign(context, site);
      const page = await context.newPage();
      await visit(page, site.isolated);
      await page.evaluate(async () => {
        kept.search = await nearfield.openSearch({ name: "shared", device: "wasm" });
      });
      await use(page);
      await context.close();
      await site.switchOff();
      expect(site.violations, "breaches of the content security policy").toEqual([]);
      expect(foreign, "requests that left the origin").toEqual([]);
    },
    { scope: "worker" },
  ],
  shared: async ({ sharedPage }, use) => {
    await sharedPage.evaluate(() => nearfield.emptyOut(kept.search));
    await use(sharedPage);
  },
  profile: async ({ site }, use) => {
    const foreign: string[] = [];
    const profile = await Profile.create((context) => void watchForeign(context, site, foreign));
    await use(profile);
    await profile.remove();
    expect(foreign, "requests that left the origin").toEqual([]);
  },
});

export { expect };

/** Opens the bare page; afterwards `nearfield` is there. */
export async function visit(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => "nearfield" in globalThis);
}

/** Schemes that reach no server. */
const LOCAL_SCHEMES = ["data:", "blob:", "about:"];

/** Fills `foreign`, which it returns, with what is asked of other servers, by pages and by workers, while the context lives. */
export function watchForeign(
  context: BrowserContext,
  site: Site,
  foreign: string[] = [],
): string[] {
  context.on("request", (request) => {
    const url = request.url();
    if (LOCAL_SCHEMES.some((scheme) => url.startsWith(scheme))) return;
    if (![site.isolated, site.plain].includes(new URL(url).origin)) foreign.push(url);
  });
  return foreign;
}
