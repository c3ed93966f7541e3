// Where Chromium is and how to start it: the one place that knows. Tests, the demo's checks and the benchmarks all ask here.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

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
    if (!existsSync(chosen))
      throw new Error(`NEARFIELD_CHROMIUM is ${chosen}, and nothing is there`);
    return chosen;
  }
  const { chromium } = await import("playwright");
  const own = chromium.executablePath();
  return [own, ...SYSTEM].find((path) => existsSync(path));
}

/**
 * Installs Chromium: as root on Debian from its packages, elsewhere (or where those have none) through Playwright.
 * @throws Error with the installer's own words where both fail
 */
export function installChromium() {
  const root = process.platform === "linux" && process.getuid?.() === 0;
  if (root && existsSync("/usr/bin/apt-get")) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    try {
      execFileSync("apt-get", ["update", "-qq"], { stdio: "pipe" });
      execFileSync("apt-get", ["install", "-y", "-qq", "chromium"], { stdio: "pipe", env });
      if (SYSTEM.some((path) => existsSync(path))) return;
    } catch {
      // Some distributions have no such package; Playwright's build is the other way.
    }
  }
  const cli = fileURLToPath(new URL("../node_modules/playwright/cli.js", import.meta.url));
  // Playwright can install the libraries that its build needs only as root.
  const args = [cli, "install", ...(root ? ["--with-deps"] : []), "chromium"];
  execFileSync(process.execPath, args, { stdio: "inherit" });
}
