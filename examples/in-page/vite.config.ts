import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { shared } from "../../vite.config.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The strictest policy that the script can work under where it is served by the page's own origin. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Any site may include the script: its files must be readable from everywhere, and from isolated pages too. */
const OPEN_TO_ALL = { "Cross-Origin-Resource-Policy": "cross-origin" };

export default defineConfig({
  ...shared,
  root: here("."),
  // Wherever the folder is put: a file finds its neighbours by its own address.
  base: "./",
  publicDir: here("public"),
  resolve: {
    // In this workspace the entries of workers belong to other packages; an app with `nearfield` from npm needs no alias.
    alias: [
      {
        find: /^nearfield\/workers\/(encoder|index)/,
        replacement: here("../../packages/$1/src/worker.ts"),
      },
    ],
  },
  build: {
    ...shared.build,
    // What is loaded later would else be announced by elements in the head of whatever page it is.
    modulePreload: false,
    rolldownOptions: {
      input: {
        index: here("index.html"),
        "in-page": here("src/main.ts"),
        loader: here("src/loader.ts"),
      },
      // The address by which sites include it must not change with its content.
      output: {
        entryFileNames: ({ name }) =>
          name === "in-page" || name === "loader" ? "[name].js" : "assets/[name]-[hash].js",
      },
    },
  },
  preview: {
    ...shared.preview,
    cors: true,
    headers: { ...shared.preview.headers, ...OPEN_TO_ALL, "Content-Security-Policy": POLICY },
  },
});
