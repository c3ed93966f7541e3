import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Manifest, lockfile and stand-ins of the peers. */
const SOURCE = fileURLToPath(new URL("../../peers", import.meta.url));

/**
 * Installs the libraries to compare with, outside the workspace: exact versions by a lockfile, without their scripts. Does nothing
 * where that was done before.
 * @returns the folder that has their `node_modules`
 */
export function installPeers(cache: string, say: (line: string) => void): string {
  const lockfile = readFileSync(join(SOURCE, "package-lock.json"));
  const hash = createHash("sha256").update(lockfile).digest("hex").slice(0, 16);
  const folder = join(cache, `peers-${hash}`);
  const stamp = join(folder, "installed");
  if (existsSync(stamp)) return folder;
  say("installing the peers …");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  cpSync(SOURCE, folder, { recursive: true });
  const result = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32", // npm is a .cmd file there
  });
  if (result.status !== 0) throw new Error(`the peers could not be installed\n${result.stderr}`);
  // Last, so that an installation which was killed half-way does not look finished.
  writeFileSync(stamp, "");
  return folder;
}

/** Version of an installed package. */
export function versionOf(peers: string, name: string): string {
  const manifest = join(peers, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
