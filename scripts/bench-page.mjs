// A page in a quiet Chromium that imports the workspace's sources as they are: for measurements beside a package.
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { createServer } from "vite";
import { findChromium, QUIET } from "./chromium.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Opens a page of the workspace, does `work` with it, and ends everything.
 * @template T
 * @param {string} path of the page, from the workspace's root
 * @param {readonly string[]} packages what its code imports from elsewhere: what the scan for dependencies finds late reloads the page
 * @param {(page: import("playwright").Page) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withBenchPage(path, packages, work) {
  const server = await createServer({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    optimizeDeps: { entries: [], include: [...packages], noDiscovery: true },
    // A source that changes meanwhile must not reload the page.
    server: { port: 0, hmr: false, watch: null },
    worker: { format: "es" },
  });
  await server.listen();
  const browser = await chromium.launch({ executablePath: await findChromium(), args: QUIET });
  try {
    const page = await browser.newPage();
    const [address] = server.resolvedUrls.local;
    await page.goto(new URL(path, address).href);
    return await work(page);
  } finally {
    await browser.close();
    await server.close();
  }
}
