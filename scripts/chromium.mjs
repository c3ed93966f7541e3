// Where Chromium is and how to start it: the one place that knows. Tests, the demo's checks and the benchmarks all ask here.
import { existsSync } from "node:fs";
import { execFileSync } from "node:child_process";

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** For every launch: no sandbox (CI runs as root) and no connection that a page did not ask for. */
export const QUIET = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** WebGPU on a machine without a GPU: the software adapter. Without these two there is no adapter at all. */
export const SOFTWARE_WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/**
 * Path of a full Chromium (headless-shell has no WebGPU): `NEARFIELD_CHROMIUM`, then Playwright's own, then a system one.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const chosen = process.env.NEARFIELD_CHROMIUM;
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`NEARFIELD_CHROMIUM is ${chosen}, and nothing is there`);
    return chosen;
  }
  const { chromium } = await import("playwright");
  const own = chromium.executablePath();
  return [own, ...SYSTEM].find((path) => existsSync(path));
}

/** Installs Chromium: as root on Debian from its packages, elsewhere through Playwright. */
export function installChromium() {
  const run = (command, args) => execFileSync(command, args, { stdio: "inherit" });
  if (process.platform === "linux" && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    run("apt-get", ["update", "-qq"]);
    run("apt-get", ["install", "-y", "-qq", "chromium"]);
  } else {
    run(process.execPath, [cliOfPlaywright(), "install", "chromium"]);
  }
}

function cliOfPlaywright() {
  return new URL("../node_modules/playwright/cli.js", import.meta.url).pathname;
}
