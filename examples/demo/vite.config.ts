import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { ISOLATION, shared } from "../../vite.config.ts";
import { corpusPlugin } from "./plugin/corpus.ts";
import { offlinePlugin } from "./plugin/offline.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What a careful site allows: its own scripts, workers, styles and data, compiled WebAssembly, and nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export default defineConfig({
  ...shared,
  root: here("."),
  // What a page fetches and no code imports: one folder for all apps of the house.
  publicDir: here("../../public"),
  plugins: [corpusPlugin(here("../..")), offlinePlugin()],
  build: {
    ...shared.build,
    rolldownOptions: {
      input: { index: here("index.html"), "service-worker": here("worker/service-worker.ts") },
      output: {
        // A service worker is found by its address: only its content may change.
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js",
      },
    },
  },
  preview: { ...shared.preview, headers: { ...ISOLATION, "Content-Security-Policy": POLICY } },
});
