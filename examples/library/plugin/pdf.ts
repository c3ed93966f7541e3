import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const ROOT = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));

/** What pdf.js fetches by name while it reads: tables of East Asian letters, fonts that a PDF may leave out, decoders of pictures. */
const FOLDERS = ["cmaps", "standard_fonts", "iccs", "wasm"];

/** Scripts of a PDF are never run, and every browser that this app runs in has WebAssembly. */
const LEFT_OUT = /^quickjs|nowasm/;

/** Serves these files under `pdf/`, in the build and while developing. */
export function pdfPlugin(): Plugin {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => !LEFT_OUT.test(name))
      .map((name) => `${folder}/${name}`),
  );
  return {
    name: "nearfield-library:pdf",
    generateBundle() {
      for (const name of files) {
        const source = readFileSync(join(ROOT, name));
        this.emitFile({ type: "asset", fileName: `pdf/${name}`, source });
      }
    },
    configureServer({ middlewares }) {
      middlewares.use("/pdf/", (request, response, next) => {
        const name = decodeURIComponent(request.url ?? "").replace(/^\//, "");
        if (!files.includes(name)) return next();
        response.end(readFileSync(join(ROOT, name)));
      });
    },
  };
}
