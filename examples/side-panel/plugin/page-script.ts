import { build, type Plugin } from "vite";

/**
 * Builds the script that runs in pages. Chromium puts it in as a classic script: it can import nothing, so that all of it is one
 * file.
 */
export function pageScriptPlugin(entry: string): Plugin {
  return {
    name: "nearfield-side-panel:page-script",
    apply: "build",
    async generateBundle() {
      this.addWatchFile(entry);
      const result = await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        build: {
          target: "es2022",
          write: false,
          rolldownOptions: { input: entry, output: { format: "iife" } },
        },
      });
      const outputs = [result].flat().flatMap((one) => ("output" in one ? one.output : []));
      const [chunk, ...others] = outputs;
      if (chunk?.type !== "chunk" || others.length > 0) {
        throw new Error("the script for pages is more than one file");
      }
      this.emitFile({ type: "asset", fileName: "page-script.js", source: chunk.code });
    },
  };
}
