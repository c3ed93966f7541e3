import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { shared } from "../../vite.config.ts";
import { packPlugin } from "./plugin/pack.ts";
import { pageScriptPlugin } from "./plugin/page-script.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => ({
  ...shared,
  root: here("."),
  publicDir: here("public"),
  plugins: [
    pageScriptPlugin(here("src/page/page-script.ts")),
    // `--mode store`: also the file that a store takes.
    ...(mode === "store" ? [packPlugin(here("build"))] : []),
  ],
  build: {
    ...shared.build,
    // The oldest Chromium that the manifest allows.
    target: "chrome124",
    // Everything is on the disk already.
    modulePreload: false,
    rolldownOptions: {
      input: {
        panel: here("panel.html"),
        offscreen: here("offscreen.html"),
        "service-worker": here("src/service-worker.ts"),
      },
      output: {
        // The manifest names it.
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js",
      },
    },
  },
}));
