// The page pays for the facade before it has searched anything: workers, runtime and weights load later, and not on its thread.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/**
 * Limits of what a page loads before it has asked anything, bundled with its dependencies, minified and gzipped. What is imported
 * when it is asked for (planning, a first `add`, finding models by name, a reranker, a change of model) is not in it.
 */
export const MAX_PAGE_BYTES = {
  /** An app that imports `openSearch` alone. */
  openSearch: 30_000,
  /** All exports at once. */
  everything: 35_000,
};

/**
 * Bundles `entry` as an app would and measures what the page itself loads. Workers and model files are assets of their own.
 * @param {string} entry
 * @returns {Promise<{ first: number, later: number }>} bytes after gzip: with the page, and all that may be asked for later
 */
export async function pageBytes(entry) {
  const result = await build({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2022",
      assetsInlineLimit: 0,
      copyPublicDir: false,
      modulePreload: false,
      // An app's own entry exports nothing: what it shares with a later part stays where it is.
      rolldownOptions: { input: entry, preserveEntrySignatures: "allow-extension" },
    },
  });
  const { output } = Array.isArray(result) ? result[0] : result;
  const chunks = output.filter(({ type }) => type === "chunk");
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = new Set(chunks.filter(({ isEntry }) => isEntry));
  // A set that grows while it is walked: static imports, and theirs.
  for (const { imports } of first) for (const name of imports) first.add(byName.get(name));
  const weigh = (some) =>
    some.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).byteLength, 0);
  return { first: weigh([...first]), later: weigh(chunks.filter((chunk) => !first.has(chunk))) };
}
