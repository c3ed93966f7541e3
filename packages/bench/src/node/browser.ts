import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type CDPSession, type Page } from "playwright";

export interface BrowserOptions {
  /** Path of Chromium; undefined: Playwright's own. */
  readonly executablePath: string | undefined;
  readonly flags: readonly string[];
}

/**
 * The page's host. What is stored belongs to an origin, and a port is part of that; so the page has this name always, and the
 * browser is told where it is today. Names below `localhost` count as secure.
 */
const HOST = "bench.localhost";

const FLAGS = [
  // A renderer in reserve would be counted as memory of the page.
  "--disable-features=SpareRendererForSitePerProcess",
  // So that rubbish can be collected before memory is read.
  "--js-flags=--expose-gc",
];

/** Files by which Chromium holds a profile. One that was killed leaves them, and they would keep the next one out. */
const LOCKS = ["SingletonLock", "SingletonSocket", "SingletonCookie"];

/** A browser profile on disk: what is stored in it outlives the browser, however that ends. */
export class Profile {
  readonly #options: BrowserOptions;
  readonly #folder: string;
  #visit: Visit | undefined;

  private constructor(options: BrowserOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  static async create(options: BrowserOptions): Promise<Profile> {
    return new Profile(options, await mkdtemp(join(tmpdir(), "nearfield-bench-")));
  }

  /** Starts a browser on it, and opens a page of the server at `port`. */
  async visit(port: number, path: string): Promise<Visit> {
    const { executablePath, flags } = this.#options;
    const context = await chromium.launchPersistentContext(this.#folder, {
      headless: true,
      // Playwright's own headless shell lacks what the full browser has.
      ...(executablePath ? { executablePath } : { channel: "chromium" }),
      args: [...flags, ...FLAGS, `--host-resolver-rules=MAP ${HOST}:80 127.0.0.1:${port}`],
    });
    this.#visit = await Visit.start(context, `http://${HOST}${path}`);
    return this.#visit;
  }

  /** SIGKILL to every process of the browser: nothing has time to be written that was not written. */
  async kill(): Promise<void> {
    await this.#visit?.kill();
    this.#visit = undefined;
    for (const name of LOCKS) await rm(join(this.#folder, name), { force: true });
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One life of a browser with one page. */
export class Visit {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #session: CDPSession;
  readonly #processId: number;

  private constructor(context: BrowserContext, page: Page, session: CDPSession, pid: number) {
    this.#context = context;
    this.page = page;
    this.#session = session;
    this.#processId = pid;
  }

  static async start(context: BrowserContext, address: string): Promise<Visit> {
    const session = await context.browser()?.newBrowserCDPSession();
    if (!session) throw new Error("the browser can not be asked for its processes");
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(address);
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const browser = processInfo.find(({ type }) => type === "browser");
    // Never 0 or below: a signal to such a process id goes to a whole group of processes.
    if (!browser || browser.id <= 1) throw new Error("the browser has no process");
    return new Visit(context, page, session, browser.id);
  }

  get version(): string {
    return this.#context.browser()?.version() ?? "unknown";
  }

  /** Resident bytes of the renderers of this browser, after a garbage collection; null where the system does not say it. */
  async residentBytes(): Promise<number | null> {
    const collect = () => (globalThis as { gc?: () => void }).gc?.();
    // Twice: what the first one finalizes, the second one frees.
    for (let round = 0; round < 2; round++) {
      await this.page.evaluate(collect);
      await Promise.all(this.page.workers().map((worker) => worker.evaluate(collect)));
    }
    const { processInfo } = await this.#session.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer");
    const sizes = await Promise.all(renderers.map(({ id }) => residentBytesOf(id)));
    return sizes.reduce(
      (sum: number | null, one) => (sum === null || one === null ? null : sum + one),
      0,
    );
  }

  async kill(): Promise<void> {
    const { processInfo } = await this.#session
      .send("SystemInfo.getProcessInfo")
      .catch(() => ({ processInfo: [] }));
    for (const id of [this.#processId, ...processInfo.map(({ id }) => id)]) {
      if (id > 1) tryKill(id);
    }
    await this.#context.close().catch(() => {});
  }
}

function tryKill(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It ended by itself, as children do whose browser is gone.
  }
}

/**
 * Without what is mapped from files: that is the browser's own code, which comes in as it is used. Linux alone says it in a form
 * that can be read without further tools.
 */
async function residentBytesOf(process: number): Promise<number | null> {
  const status = await readFile(`/proc/${process}/status`, "utf8").catch(() => "");
  const kibibytes = ["RssAnon", "RssShmem"].map((field) =>
    Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? Number.NaN),
  );
  const bytes = kibibytes.reduce((sum, one) => sum + one, 0) * 1024;
  return Number.isNaN(bytes) ? null : bytes;
}
