import { createHash } from "node:crypto";
import type { Plugin } from "vite";
import { collectCorpus, type Corpus } from "./collect.ts";

const VIRTUAL = "virtual:corpus";
const RESOLVED = `\0${VIRTUAL}`;

/**
 * Collects the Markdown documents of the installed packages and serves them as one JSON file of the app's own origin.
 * `import corpus from "virtual:corpus"` gives its address, its hash and its size, but not its text.
 */
export function corpusPlugin(workspace: string): Plugin {
  let base = "/";
  let building = false;
  let made: { json: string; fileName: string; corpus: Corpus; hash: string } | undefined;

  const make = () => {
    if (made) return made;
    const corpus = collectCorpus(workspace);
    const json = JSON.stringify(corpus.documents);
    const hash = createHash("sha256").update(json).digest("hex").slice(0, 16);
    made = { json, hash, corpus, fileName: `corpus-${hash}.json` };
    return made;
  };

  return {
    name: "nearfield-demo:corpus",
    configResolved(config) {
      base = config.base;
      building = config.command === "build";
    },
    resolveId(id) {
      return id === VIRTUAL ? RESOLVED : undefined;
    },
    load(id) {
      if (id !== RESOLVED) return undefined;
      const { json, fileName, corpus, hash } = make();
      if (building) this.emitFile({ type: "asset", fileName, source: json });
      const { documents, characters, packages } = corpus;
      const summary = { documents: documents.length, characters, packages, hash };
      return `export default ${JSON.stringify({ url: base + fileName, ...summary })};`;
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const { json, fileName } = make();
        if (request.url?.split("?")[0] !== base + fileName) return next();
        response.setHeader("Content-Type", "application/json");
        response.end(json);
      });
    },
  };
}
