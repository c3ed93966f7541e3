// Builds a page of the benchmark: one for each engine, so that each is the bundle of an app with that library alone.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PAGE = fileURLToPath(new URL("./page", import.meta.url));

/**
 * @param {object} options
 * @param {string} options.outDir
 * @param {string} options.html name of the page in `page/`
 * @param {string | undefined} options.engine name of a module in `page/engines/`
 * @param {string | undefined} options.peers folder with a `node_modules` for what this workspace does not have
 * @param {Readonly<Record<string, string>>} options.aliases files that stand for a module
 * @param {import("vite").UserConfig} options.shared what every page of the workspace is built with
 */
export async function buildPage({ outDir, html, engine, peers, aliases, shared }) {
  await build({
    ...shared,
    root: PAGE,
    configFile: false,
    logLevel: "error",
    resolve: {
      alias: {
        ...aliases,
        ...(engine && { "virtual:engine": join(PAGE, "engines", `${engine}.ts`) }),
      },
    },
    plugins: peers === undefined ? [] : [resolveFrom(peers)],
    build: {
      ...shared.build,
      outDir,
      emptyOutDir: true,
      chunkSizeWarningLimit: Infinity,
      rolldownOptions: { input: join(PAGE, html) },
    },
  });
}

/** Packages that the workspace does not have are looked for in `folder`. */
function resolveFrom(folder) {
  return {
    name: "nearfield-bench:peers",
    resolveId(source, importer, options) {
      if (!importer?.startsWith(PAGE) || /^[./\0]|^(nearfield|virtual:)/.test(source)) return null;
      return this.resolve(source, join(folder, "package.json"), { ...options, skipSelf: true });
    },
  };
}
