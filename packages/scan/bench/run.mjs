// node bench/run.mjs [count=100000] [dimensions=384] [rotated=yes]: the scanners in a worker of a real Chromium.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { createServer } from "vite";
import { findChromium, QUIET } from "../../../scripts/chromium.mjs";

const [count = "100000", dimensions = "384", rotated = "yes"] = process.argv.slice(2);
const server = await createServer({
  root: dirname(dirname(fileURLToPath(import.meta.url))),
  configFile: false,
  logLevel: "error",
  server: {
    host: "127.0.0.1",
    fs: { strict: false },
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
});
await server.listen();
const executablePath = await findChromium();
const browser = await chromium.launch({
  ...(executablePath && { executablePath }),
  args: [...QUIET, "--headless=new"],
});
try {
  const page = await browser.newPage();
  const { port } = server.httpServer.address();
  await page.goto(
    `http://127.0.0.1:${port}/bench/?count=${count}&dimensions=${dimensions}&rotated=${rotated}`,
  );
  await page.waitForFunction(() => window.report, undefined, { timeout: 600_000 });
  const report = await page.evaluate(() => window.report);
  for (const row of Object.values(report))
    for (const [name, value] of Object.entries(row)) row[name] = Number(value.toPrecision(4));
  console.log(`Chromium ${browser.version()}, ${count} x ${dimensions}, rotated: ${rotated}`);
  console.table(report);
} finally {
  await browser.close();
  await server.close();
}
