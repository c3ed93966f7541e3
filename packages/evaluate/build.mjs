// Builds the page that runs in the browser, once for each content: a folder that is there is whole.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PAGE = fileURLToPath(new URL("./page", import.meta.url));

/**
 * @param {string} cache
 * @param {import("vite").UserConfig} shared what every page of the workspace is built with
 * @returns {Promise<{ folder: string, hash: string }>} `hash` names the content of all files, models and runtimes included
 */
export async function buildPage(cache, shared) {
  const pages = join(cache, "pages");
  mkdirSync(pages, { recursive: true });
  const outDir = mkdtempSync(join(pages, "building-"));
  try {
    await build({
      ...shared,
      root: PAGE,
      configFile: false,
      logLevel: "error",
      build: { ...shared.build, outDir, emptyOutDir: true, chunkSizeWarningLimit: Infinity },
    });
    const hash = hashOf(outDir);
    const folder = join(pages, hash);
    if (!existsSync(folder)) renameSync(outDir, folder);
    return { folder, hash };
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

function hashOf(folder) {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()) {
    hash.update(file.slice(folder.length)).update("\0").update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
