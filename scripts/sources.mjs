// The workspace's source files, as the gates see them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Folders of generated or foreign files. */
const PASSED_OVER = new Set(["node_modules", "dist", "build", "public", "test-results"]);

/**
 * @typedef {object} Source
 * @property {string} path below the root, with forward slashes
 * @property {string} code
 */

/**
 * All files below `folders` with one of the endings, sorted by path.
 * @param {string} root
 * @param {readonly string[]} folders
 * @param {readonly string[]} endings
 * @returns {Source[]}
 */
export function readSources(root, folders, endings = [".ts"]) {
  const files = folders.flatMap((folder) => list(join(root, folder)));
  return files
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .toSorted()
    .map((file) => ({
      path: relative(root, file).split(sep).join("/"),
      code: readFileSync(file, "utf8"),
    }));
}

/** True for tests, benchmarks, fixtures and configuration: what is never published. */
export function isTest(path) {
  return /\.(test|spec|bench)\.ts$|(^|\/)(fixtures|test|bench)\/|\.config\.ts$/.test(path);
}

/** @param {string} folder @returns {string[]} */
function list(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return PASSED_OVER.has(entry.name) ? [] : list(path);
    return entry.isFile() ? [path] : [];
  });
}
