// `npm start`: builds the demo and serves it, and a page that leads to the other apps. Once the packages are installed it needs no network.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { serveApps } from "./apps.mjs";
import { ROOT, giveUp, say, seconds, setUp } from "./setup.mjs";

/** Vite's own preview port; the next free one is taken where it is in use. */
const DEFAULT_PORT = 4173;

const demo = join(ROOT, "examples/demo");
const { PORT } = process.env;
const port = PORT === undefined || PORT === "" ? DEFAULT_PORT : Number(PORT);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  giveUp(`PORT must be a number from 1 to 65535, not "${PORT}".`);
}

await setUp();
const { build, preview } = await import("vite");
const configFile = join(demo, "vite.config.ts");
const config = { root: demo, configFile: existsSync(configFile) ? configFile : false };

const started = performance.now();
say("building the demo …");
const quiet = { rolldownOptions: { checks: { bundlerTimings: false } } };
await build({ ...config, logLevel: "warn", build: quiet });
say(`built in ${seconds(started)}.`);

// A port that was asked for is taken or refused: whoever asked waits for an answer there.
const server = await preview({
  ...config,
  logLevel: "warn",
  preview: { port, strictPort: PORT !== undefined && PORT !== "" },
});
const address = server.resolvedUrls?.local[0] ?? `http://localhost:${port}/`;
say(`search is at ${address}`);
// Beside the demo's own port: the service worker of the demo answers for all of its origin.
const apps = await serveApps({ demo: address, port: Number(new URL(address).port) + 1 });
say(`all apps are at ${apps}`);
say("stop with Ctrl+C.");
