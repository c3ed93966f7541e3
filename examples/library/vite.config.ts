import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { ISOLATION, shared } from "../../vite.config.ts";
import { offlinePlugin } from "./plugin/offline.ts";
import { pdfPlugin } from "./plugin/pdf.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * The app's own scripts, workers, styles and data, compiled WebAssembly, and pictures that are in a person's own files. Nothing is
 * fetched from anywhere else, whatever a document asks for.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

export default defineConfig({
  ...shared,
  root: here("."),
  // Relative, so that the app can be served from any folder of a site.
  base: "./",
  plugins: [pdfPlugin(), offlinePlugin()],
  build: {
    ...shared.build,
    chunkSizeWarningLimit: 1_000,
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
