// What is published fetches nothing from strangers and says nothing of the machine that built it.
import { homedir, tmpdir } from "node:os";

/** Hosts that libraries of this kind fetch code or weights from by default. */
const FOREIGN = /https?:\/\/[^\s"'`]*(jsdelivr|unpkg|esm\.sh|skypack|cdnjs|jspm|huggingface\.co)/i;

/**
 * The one exception, by its whole line: where models that an app asks for by name are found unless it names a host of its
 * own. Weights are data that is checked against a hash; nothing is asked of it unless an app names such a model.
 */
const PUBLIC_HUB = /^export (declare )?const PUBLIC_HUB = "https:\/\/huggingface\.co";$/;

/** Paths as machines have them; a comment may speak of `/models/`, never of somebody's home. */
const ABSOLUTE = /(["'`(\s]|file:\/\/)(\/home\/|\/Users\/|\/root\/|[A-Z]:\\\\?Users)/;

/**
 * @param {readonly import("../sources.mjs").Source[]} files of the staged package
 * @param {string} root folder of the workspace
 * @returns {string[]}
 */
export function checkPublished(files, root) {
  const local = [root, homedir(), tmpdir()].map((path) => path.replace(/[\\/]+$/, ""));
  return files.flatMap(({ path, code }) =>
    code.split("\n").flatMap((line, at) => {
      const where = `${path}:${at + 1}`;
      if (FOREIGN.test(line) && !PUBLIC_HUB.test(line)) return [`${where}: names a foreign host`];
      if (ABSOLUTE.test(line) || local.some((one) => one.length > 1 && line.includes(`${one}/`))) {
        return [`${where}: names a path of the machine that built it`];
      }
      return [];
    }),
  );
}
