// `pnpm bench`: Nearfield next to its peers in a real browser. Hands the command what only the workspace knows.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, setUp } from "../../scripts/setup.mjs";

await setUp({ chromium: true });
const { loadConfigFromFile, runnerImport } = await import("vite");
const { findChromium, QUIET } = await import("../../scripts/chromium.mjs");
const { buildPage } = await import("./build.mjs");

const environment = { command: "build", mode: "production" };
const { config } = await loadConfigFromFile(environment, join(ROOT, "vite.config.ts"));
const command = fileURLToPath(new URL("./src/node/run.ts", import.meta.url));
const { module } = await runnerImport(command, { configFile: false, logLevel: "error" });

try {
  await module.main(process.argv.slice(2), {
    // pnpm runs the command in the root; paths are meant from where it was typed.
    base: process.env.INIT_CWD ?? process.cwd(),
    root: ROOT,
    cache: join(ROOT, ".cache", "bench"),
    executablePath: await findChromium(),
    flags: QUIET,
    headers: config.server.headers,
    buildPage: (options) => buildPage({ ...options, shared: config }),
    say: (line) => console.error(`bench  ${line}`),
    print: (text) => console.log(text),
  });
} catch (thrown) {
  console.error(`bench  ${thrown.stack ?? thrown}`);
  process.exitCode = 1;
}
