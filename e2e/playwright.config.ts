import { createServer, type AddressInfo } from "node:net";
import { defineConfig } from "@playwright/test";
import { findChromium, QUIET, SOFTWARE_WEBGPU } from "../scripts/chromium.mjs";

/** As in `harness/fixtures.ts`, which can not be read from here: it declares tests. */
const RUN_ALL = Boolean(process.env["NEARFIELD_TEST_ALL"]);
const executablePath = await findChromium();

/** The demo's port: chosen once, and handed on to the processes that read this file again. */
const port = (process.env["NEARFIELD_DEMO_PORT"] ??= String(await freePort()));
const demo = `http://localhost:${port}`;

const chromium = (flags: readonly string[]) => ({
  launchOptions: {
    ...(executablePath && { executablePath }),
    args: [
      ...QUIET,
      ...flags,
      // No name but localhost exists for these browsers: whatever reaches for the network fails, and its test with it.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ],
  },
  // Playwright's own headless shell has no WebGPU; the full browser has.
  ...(executablePath ? {} : { channel: "chromium" }),
});

/** What an app gets from npm; one browser is enough for it. */
const PACKAGED = ["packed/**/*.spec.ts"];

/**
 * SwiftShader is too slow for the long suites of the facade: it gets a short one of its own. The apps would take the CPU
 * there as well: a software adapter counts as none.
 */
const ON_WEBGPU = "facade/webgpu.spec.ts";

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  globalSetup: "./harness/build.ts",
  // Tests have their own servers and profiles, but the machine has few cores, and encoders take them all.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  retries: Number(process.env["NEARFIELD_RETRIES"] ?? 0),
  forbidOnly: Boolean(process.env["CI"]),
  reporter: [["list"]],
  ...(!RUN_ALL && { grepInvert: /@extended/ }),
  use: { baseURL: demo },
  projects: [
    { name: "wasm", testIgnore: [...PACKAGED, ON_WEBGPU], use: chromium([]) },
    { name: "webgpu", testMatch: ON_WEBGPU, use: chromium(SOFTWARE_WEBGPU) },
    { name: "packed", testMatch: PACKAGED, use: chromium([]) },
  ],
  webServer: {
    command: "node scripts/start.mjs",
    cwd: "..",
    env: { PORT: port },
    url: demo,
    timeout: 180_000,
    stdout: "ignore",
    stderr: "pipe",
  },
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}
