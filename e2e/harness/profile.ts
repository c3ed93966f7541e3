import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "@playwright/test";
import { findChromium, QUIET } from "../../scripts/chromium.mjs";

const executablePath = await findChromium();

/** Chromium is about to replace LevelDB under IndexedDB by SQLite: new databases of a browser with this flag have it. */
export const SQLITE = "--enable-features=IdbSqliteOnDiskRollout:stage/UseSqliteForNewStores";

/** A browser profile on disk: what is stored in it outlives the browser, however that ends. */
export class Profile {
  readonly #folder: string;
  readonly #onOpen: (context: BrowserContext) => void;
  #context: BrowserContext | undefined;

  private constructor(folder: string, onOpen: (context: BrowserContext) => void) {
    this.#folder = folder;
    this.#onOpen = onOpen;
  }

  /** `onOpen` is called with each new life of the browser. */
  static async create(onOpen: (context: BrowserContext) => void): Promise<Profile> {
    return new Profile(await mkdtemp(join(tmpdir(), "nearfield-profile-")), onOpen);
  }

  /** Starts a browser on it. */
  async open(flags: readonly string[] = []): Promise<BrowserContext> {
    this.#context = await chromium.launchPersistentContext(this.#folder, {
      headless: true,
      ...(executablePath ? { executablePath } : { channel: "chromium" }),
      args: [...QUIET, ...flags],
    });
    this.#onOpen(this.#context);
    return this.#context;
  }

  /** Ends the browser as the user would. */
  async close(): Promise<void> {
    await this.#context?.close().catch(() => {});
    this.#context = undefined;
  }

  /** SIGKILL to every process of the browser. */
  async kill(): Promise<void> {
    for (const pid of this.#pids()) process.kill(pid, "SIGKILL");
    await this.close();
    // The lock of a browser that is gone would keep the next one from starting.
    for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) {
      await rm(join(this.#folder, name), { force: true });
    }
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #pids(): number[] {
    return execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(`--user-data-dir=${this.#folder}`))
      .map((line) => Number.parseInt(line, 10));
  }
}

/** Process id of the renderer of `page`: the one that burns time when the page is asked to. */
export async function rendererOf(page: Page): Promise<number> {
  const browser = await page.context().browser()?.newBrowserCDPSession();
  if (!browser) throw new Error("the page has no browser to ask");
  const spinMs = 300;
  const times = async () => {
    const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer");
    return new Map(renderers.map(({ id, cpuTime }) => [id, cpuTime]));
  };
  const before = await times();
  await page.evaluate((ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }, spinMs);
  const spent = [...(await times())].map(([id, time]) => ({
    id,
    time: time - (before.get(id) ?? 0),
  }));
  const busiest = spent.sort((a, b) => b.time - a.time)[0];
  await browser.detach();
  // Never 0 or below: a signal to such a process id goes to a whole group of processes.
  if (!busiest || busiest.id <= 1) throw new Error("the browser has no renderer");
  return busiest.id;
}

/**
 * SIGKILL to the renderer of `page`, which `rendererOf` took for the one with this process id. A busy machine can mislead it: a page that
 * goes on living says so, and its renderer is looked for again.
 */
export async function killRenderer(page: Page, pid: number): Promise<void> {
  let isGone = false;
  page.once("crash", () => (isGone = true));
  for (let suspect = pid; !isGone; suspect = await rendererOf(page).catch(() => suspect)) {
    try {
      process.kill(suspect, "SIGKILL");
    } catch {
      // No such process: it has died already.
    }
    for (let waited = 0; !isGone && waited < 5_000; waited += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Ends the renderer of `page` as a bug in the browser would. That page is of no use afterwards. */
export async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  void session.send("Page.crash").catch(() => {});
  await crashed;
}
