// Set-up: what `npm start` and `npm test` need before they can do anything. Imports nothing but Node, as nothing else is there yet.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The first line of the supported range; `engines` in package.json says the same. */
const LEAST_NODE = [20, 19];

/** Written last, so that an installation which was killed half-way does not look finished. */
const STAMP = join(ROOT, "node_modules", ".nearfield-installed");

/**
 * Brings a clone to the state in which everything runs. Does nothing where that is so already; may be killed and called again.
 * @param {{ chromium?: boolean }} [wanted] `chromium`: also find or install a browser for the tests
 */
export async function setUp({ chromium = false } = {}) {
  checkNode();
  installPackages();
  if (chromium) await provideChromium();
}

/** One line for the reader about what happens now. */
export function say(line) {
  console.log(`nearfield  ${line}`);
}

/** Ends the process with one clear line instead of a stack. */
export function giveUp(line) {
  console.error(`nearfield  ${line}`);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
    giveUp(`needs Node ${LEAST_NODE.join(".")} or newer; this is ${process.versions.node}.`);
  }
}

function installPackages() {
  const wanted = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  rmSync(STAMP, { force: true });
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const started = performance.now();
  say(`installing packages with ${packageManager} (a minute at first, later nothing) …`);
  const result = spawnSync("npx", ["--yes", packageManager, "install", "--frozen-lockfile"], {
    cwd: ROOT,
    encoding: "utf8",
    shell: process.platform === "win32", // npx is a .cmd file there
    // onnxruntime-node comes along with transformers.js, which only tests use; its CUDA download is never needed.
    env: { ...process.env, CI: "true", ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}`);
    giveUp("the packages could not be installed; the lines above say why. Run the command again.");
  }
  writeFileSync(STAMP, wanted);
  say(`packages installed in ${seconds(started)}.`);
}

/** Names what has to be installed: the lockfile, all manifests, and the platform with its native binaries. */
function fingerprint() {
  const hash = createHash("sha256");
  hash.update(`${process.platform} ${process.arch}\n`);
  const manifests = ["packages", "examples"].flatMap((folder) =>
    existsSync(join(ROOT, folder))
      ? readdirSync(join(ROOT, folder)).map((name) => join(folder, name, "package.json"))
      : [],
  );
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", "e2e/package.json"];
  for (const file of [...files, ...manifests].toSorted()) {
    if (!existsSync(join(ROOT, file))) continue;
    hash.update(`${file}\n`);
    hash.update(readFileSync(join(ROOT, file)));
  }
  return hash.digest("hex");
}

async function provideChromium() {
  const { findChromium, installChromium } = await import("./chromium.mjs");
  if (await findChromium()) return;
  const started = performance.now();
  say("installing Chromium for the tests …");
  try {
    installChromium();
  } catch (thrown) {
    console.error(String(thrown?.stderr ?? thrown?.message ?? thrown));
  }
  if (!(await findChromium())) {
    giveUp("no Chromium, and none could be installed. Set NEARFIELD_CHROMIUM to the path of one.");
  }
  say(`Chromium installed in ${seconds(started)}.`);
}

export function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp({ chromium: process.argv.includes("--chromium") });
  say("ready.");
}
