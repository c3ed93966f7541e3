import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2024",
    // Inlined files would hide from the tests' server; under the strict policy a `data:` URL can not be fetched either.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: {
    format: "es",
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: {
        // Both entries are called worker.ts; a test that breaks one of them has to name it.
        entryFileNames: ({ facadeModuleId }) =>
          `assets/${/packages\/([a-z]+)\//.exec(facadeModuleId ?? "")?.[1] ?? "some"}-worker-[hash].js`,
      },
    },
  },
});
