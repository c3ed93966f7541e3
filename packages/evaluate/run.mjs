// `pnpm evaluate <folder>`: measures retrieval in a real browser. Hands the command what only the workspace knows.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, setUp } from "../../scripts/setup.mjs";

await setUp({ chromium: true });
const { loadConfigFromFile, runnerImport } = await import("vite");
const { findChromium, QUIET, SOFTWARE_WEBGPU } = await import("../../scripts/chromium.mjs");
const { buildPage } = await import("./build.mjs");

const environment = { command: "build", mode: "production" };
const { config } = await loadConfigFromFile(environment, join(ROOT, "vite.config.ts"));
const command = fileURLToPath(new URL("./src/node/run.ts", import.meta.url));
const { module } = await runnerImport(command, { configFile: false, logLevel: "error" });

try {
  await module.main(process.argv.slice(2), {
    // pnpm runs the command in the root; paths are meant from where it was typed.
    base: process.env.INIT_CWD ?? process.cwd(),
    cache: join(ROOT, ".cache", "evaluate"),
    executablePath: await findChromium(),
    flags: QUIET,
    softwareGpuFlags: SOFTWARE_WEBGPU,
    headers: config.server.headers,
    buildPage: (cache) => buildPage(cache, config),
    say: (line) => console.error(`evaluate  ${line}`),
    print: (text) => console.log(text),
  });
} catch (thrown) {
  console.error(`evaluate  ${thrown.message}`);
  process.exitCode = 1;
}
