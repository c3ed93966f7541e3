// Builds the one published package, `nearfield`, into packages/nearfield/build: plain `tsc` output of every file that its
// entries reach, with the workspace's bare specifiers made relative. Not bundled: a worker must stay a file that the
// consumer's bundler finds by `new URL("./worker.js", import.meta.url)`.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { referencesOf, renameReferences } from "./references.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = join(ROOT, "packages");
export const STAGE = join(PACKAGES, "nearfield", "build");
const EMITTED = join(PACKAGES, "nearfield", "build", ".tsc");

/** Public name of each entry, and its source. The worker entries are for apps that bring their own worker files. */
const ENTRIES = {
  ".": "nearfield/src/index.ts",
  "./workers/encoder": "encoder/src/worker.ts",
  "./workers/index": "index/src/worker.ts",
  "./workers/rerank": "rerank/src/worker.ts",
  "./workers/reason": "reason/src/worker.ts",
};

/** Declarations that use `Disposable` bring its library along: an app that compiles against ES2022 does not have it. */
const DISPOSABLE = /\b(Async)?Disposable\b|\bSymbol\.(asyncDispose|dispose)\b/;
const DISPOSABLE_LIB = '/// <reference lib="esnext.disposable" />\n';

/** Documents that travel with the package. */
const DOCUMENTS = ["LICENSE", "NOTICE", "README.md", "CHANGELOG.md"];

/**
 * Builds and returns the folder that `npm pack` takes.
 * @returns {string}
 * @throws Error where a file does not compile or names a file that is not there
 */
export function buildPackage() {
  rmSync(STAGE, { recursive: true, force: true });
  compile();
  const shipped = reachable();
  for (const file of shipped) stage(file);
  for (const name of DOCUMENTS) copyFileSync(join(ROOT, name), join(STAGE, name));
  writeFileSync(join(STAGE, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
  rmSync(EMITTED, { recursive: true });
  return STAGE;
}

/** Each package in its own zones (page, worker), as its tsconfig files say: the emitted text is the same, the checks are not. */
function compile() {
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  for (const name of readdirSync(PACKAGES)) {
    for (const file of ["tsconfig.json", "tsconfig.worker.json"]) {
      const project = join(PACKAGES, name, file);
      if (!existsSync(project) || !existsSync(join(PACKAGES, name, "src"))) continue;
      const options = ["--noEmit", "false", "--outDir", EMITTED, "--rootDir", PACKAGES];
      const result = spawnSync(process.execPath, [tsc, "-p", project, ...options], {
        encoding: "utf8",
      });
      if (result.status !== 0) throw new Error(`${name}/${file}:\n${result.stdout}`);
    }
  }
}

/** Emitted files and assets, by path below `packages`, that the entries reach: .js files, their .d.ts, and what they name. */
function reachable() {
  const found = new Set();
  const todo = Object.values(ENTRIES).map(emittedName);
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (!isCode(file)) continue;
    const declarations = file.replace(/\.js$/, ".d.ts");
    if (declarations !== file) todo.push(declarations);
    const code = readFileSync(join(EMITTED, file), "utf8");
    for (const reference of referencesOf(file, code)) {
      const target = targetOf(file, reference);
      if (target === undefined) continue;
      // A declaration imports "./x.js" and means "./x.d.ts"; a file of types alone needs no .js at all.
      todo.push(file.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target);
    }
  }
  return found;
}

function stage(file) {
  const destination = join(STAGE, "dist", publishedName(file));
  mkdirSync(dirname(destination), { recursive: true });
  if (!isCode(file)) {
    copyFileSync(join(PACKAGES, file), destination);
    return;
  }
  const code = readFileSync(join(EMITTED, file), "utf8");
  const renamed = renameReferences(file, code, (reference) => {
    const target = targetOf(file, reference);
    if (target === undefined) return undefined;
    const query = reference.specifier.match(/\?.*$/)?.[0] ?? "";
    const path = relative(dirname(publishedName(file)), publishedName(target));
    const posix = path.split(sep).join("/");
    return `${posix.startsWith(".") ? posix : `./${posix}`}${query}`;
  });
  const needsLib = file.endsWith(".d.ts") && DISPOSABLE.test(code);
  writeFileSync(destination, needsLib ? `${DISPOSABLE_LIB}${renamed}` : renamed);
}

/** What a reference means, as a path below `packages`; undefined for packages that the consumer installs. */
function targetOf(file, { specifier }) {
  const path = specifier.replace(/\?.*$/, "");
  if (path.startsWith(".")) {
    // In declarations and in URL literals `tsc` leaves the endings as they were written.
    return emittedName(relative(PACKAGES, resolve(PACKAGES, dirname(file), path)));
  }
  const [, name, subpath] = path.match(/^@nearfield\/([^/]+)(\/.+)?$/) ?? [];
  if (name === undefined) return undefined;
  const { exports } = JSON.parse(readFileSync(join(PACKAGES, name, "package.json"), "utf8"));
  const source = exports[`.${subpath ?? ""}`];
  if (source === undefined) throw new Error(`${file}: ${specifier} is not exported`);
  return emittedName(join(name, source));
}

const isCode = (file) => file.endsWith(".js") || file.endsWith(".d.ts");
const emittedName = (source) => source.replace(/(?<!\.d)\.ts$/, ".js");
/** `core/src/rank.js` is published as `core/rank.js`. */
const publishedName = (file) => file.replace(/^([^/\\]+)[/\\]src[/\\]/, "$1/");

function manifest() {
  const own = JSON.parse(readFileSync(join(PACKAGES, "nearfield", "package.json"), "utf8"));
  const exports = Object.fromEntries(
    Object.entries(ENTRIES).map(([name, source]) => {
      const path = `./dist/${publishedName(emittedName(source))}`;
      return [name, { types: path.replace(/\.js$/, ".d.ts"), default: path }];
    }),
  );
  const workers = Object.keys(ENTRIES).filter((name) => name.startsWith("./workers/"));
  return {
    name: own.name,
    version: own.version,
    description: own.description,
    keywords: [
      "semantic search",
      "embeddings",
      "retrieval",
      "webgpu",
      "onnx",
      "indexeddb",
      "offline",
    ],
    license: own.license,
    type: "module",
    // A worker's file is imported for what it does, not for what it exports.
    sideEffects: workers.map((name) => exports[name].default),
    exports: { ...exports, "./package.json": "./package.json" },
    files: ["dist", "NOTICE", "CHANGELOG.md"],
    dependencies: pinned(own.dependencies),
  };
}

/** `catalog:` replaced by the version that pnpm-workspace.yaml gives. */
function pinned(dependencies) {
  const workspace = readFileSync(join(ROOT, "pnpm-workspace.yaml"), "utf8");
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, version]) => {
      if (version !== "catalog:") return [name, version];
      const line = workspace
        .split("\n")
        .find((text) => [`${name}:`, `"${name}":`].some((key) => text.trim().startsWith(key)));
      if (line === undefined) throw new Error(`${name} is not in the catalog`);
      return [name, line.slice(line.lastIndexOf(":") + 1).trim()];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`nearfield  package staged in ${relative(ROOT, buildPackage())}`);
}
