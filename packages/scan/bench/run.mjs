// node bench/run.mjs [--set random|synthetic|falling|real] [--count 100000] [--dimensions 384] [--only NAME]: the scanners in a
// worker of a real Chromium; with --resident SEARCHES what a compact scanner over rows in a file keeps in memory. `real` reads float32 rows and queries from the files that --rows and --queries name.
import { createReadStream } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright";
import { createServer } from "vite";
import { findChromium, QUIET } from "../../../scripts/chromium.mjs";

const { values } = parseArgs({
  options: {
    set: { type: "string", default: "synthetic" },
    count: { type: "string", default: "100000" },
    dimensions: { type: "string", default: "384" },
    only: { type: "string" },
    resident: { type: "string" },
    rows: { type: "string" },
    queries: { type: "string" },
  },
});
const { set, only, rows, queries, resident } = values;
const count = Number(values.count);
const dimensions = Number(values.dimensions);
const files = { "/rows": rows, "/queries": queries };
const server = await createServer({
  root: dirname(dirname(fileURLToPath(import.meta.url))),
  configFile: false,
  logLevel: "error",
  plugins: [
    {
      name: "vectors",
      configureServer({ middlewares }) {
        middlewares.use("/vectors", ({ url }, response) => {
          createReadStream(files[url]).pipe(response);
        });
      },
    },
  ],
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
  const asked = JSON.stringify({ set, count, dimensions, only, searches: Number(resident) });
  const file = resident ? "resident.html" : "";
  page.on("console", (message) => console.log(message.text()));
  await page.goto(`http://127.0.0.1:${port}/bench/${file}?asked=${encodeURIComponent(asked)}`);
  await page.waitForFunction(() => window.report, undefined, { timeout: 1_800_000 });
  const report = await page.evaluate(() => window.report);
  if (resident || report.error) console.log(report);
  const table = resident ? {} : report;
  for (const row of Object.values(table))
    for (const [name, value] of Object.entries(row)) row[name] = Number(value.toPrecision(4));
  console.log(`Chromium ${browser.version()}, ${set}: ${count} x ${dimensions}`);
  if (!resident) console.table(table);
} finally {
  await browser.close();
  await server.close();
}
