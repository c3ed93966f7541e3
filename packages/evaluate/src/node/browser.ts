import { RetrievalError } from "@nearfield/core";
import { chromium, type BrowserContext, type Page } from "playwright";
import type { Outcome } from "../job.ts";
import { freeProfile } from "./lock.ts";

export interface BrowserOptions {
  /** Path of Chromium; undefined: Playwright's own. */
  readonly executablePath: string | undefined;
  readonly flags: readonly string[];
  /** What is stored there outlives the browser, however that ends. */
  readonly profile: string;
  /** Port on this machine where the page is served. */
  readonly port: number;
}

/**
 * The page's host. An index belongs to an origin, and a port is part of that; so the page has this name always, and the
 * browser is told where it is today. Names below `localhost` count as secure.
 */
const HOST = "evaluate.localhost";

/** What the page was told to run. */
const ENTRY = "runEvaluation";

/**
 * Opens the page in Chromium and waits until it has done its job.
 * @throws RetrievalError `WORKER_LOST` where the browser or the page went away; what the page says, as it says it
 */
export async function runInBrowser(options: BrowserOptions): Promise<Outcome> {
  const { executablePath, flags, profile, port } = options;
  await freeProfile(profile);
  const context = await chromium.launchPersistentContext(profile, {
    headless: true,
    // Playwright's own headless shell has no WebGPU; the full browser has.
    ...(executablePath ? { executablePath } : { channel: "chromium" }),
    args: [...flags, `--host-resolver-rules=MAP ${HOST}:80 127.0.0.1:${port}`],
  });
  try {
    return await runPage(context);
  } finally {
    await context.close().catch(() => {});
  }
}

async function runPage(context: BrowserContext): Promise<Outcome> {
  const page = await context.newPage();
  await page.goto(`http://${HOST}/`);
  await page.waitForFunction((entry) => entry in globalThis, ENTRY);
  const { outcome, message } = await Promise.race([callEntry(page), watchCrash(page)]);
  if (outcome) return outcome;
  throw new Error(message ?? "the page gave nothing");
}

interface Returned {
  readonly outcome?: Outcome;
  /** What the page threw, in its words; the class of an error does not cross. */
  readonly message?: string;
}

async function callEntry(page: Page): Promise<Returned> {
  try {
    return await page.evaluate(async (entry) => {
      try {
        const run = (globalThis as unknown as Record<string, () => Promise<Outcome>>)[entry];
        return run ? { outcome: await run() } : {};
      } catch (thrown) {
        return { message: thrown instanceof Error ? thrown.message : String(thrown) };
      }
    }, ENTRY);
  } catch (thrown) {
    throw lost("the browser went away", thrown);
  }
}

function watchCrash(page: Page): Promise<never> {
  return new Promise((_, reject) => {
    page.once("crash", () => reject(lost("the page crashed")));
  });
}

function lost(problem: string, cause?: unknown): RetrievalError {
  return new RetrievalError("WORKER_LOST", problem, {
    repair: "Run again: it goes on with what is stored.",
    cause,
  });
}
