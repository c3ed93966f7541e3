// The page pays for the facade before it has searched anything: workers, runtime and weights load later, and not on its thread.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** Limit of the facade's page entry, bundled with its dependencies, minified and gzipped. Finding a model by its name makes a good part of it,
 * and looking at an index from outside brings the IndexedDB wrapper to the page. */
export const MAX_PAGE_BYTES = 55_000;

/**
 * Bundles `entry` as an app would and measures what the page itself loads. Workers and model files are assets of their own.
 * @param {string} entry
 * @returns {Promise<number>} bytes after gzip
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
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  });
  const { output } = Array.isArray(result) ? result[0] : result;
  const chunks = output.filter(({ type }) => type === "chunk");
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).byteLength, 0);
}
