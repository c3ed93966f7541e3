// The floors of the house: a package imports only packages on lower floors, types included; packages on one floor never
// import one another.
import { posix } from "node:path";
import { referencesOf } from "../references.mjs";
import { isTest } from "../sources.mjs";

/** A package that is not here is on no floor, and the gate refuses it. */
export const FLOORS = {
  core: 1,
  link: 2,
  scan: 2,
  models: 2,
  runtime: 2,
  encoder: 3,
  index: 3,
  rerank: 3,
  reason: 3,
  nearfield: 4,
};

/** Examples and end-to-end tests stand on top of everything. */
const TOP_FLOOR = 5;

/** Packages beside the house: what each may import, and who may import it. */
export const BESIDE = {
  pocket: { imports: ["core"], importedBy: ["nearfield", "evaluate", "bench"] },
  testing: { imports: ["core"], importedBy: [] },
  evaluate: { imports: Object.keys(FLOORS), importedBy: ["bench"] },
  bench: { imports: Object.keys(FLOORS), importedBy: [] },
};

/**
 * @param {readonly import("../sources.mjs").Source[]} sources
 * @returns {string[]} one line for each import against the floors, as `file:line: rule`
 */
export function checkFloors(sources) {
  return sources.flatMap((source) => {
    const importer = packageOf(source.path);
    if (importer === undefined) return [];
    if (!isKnown(importer)) return [`${source.path}:1: ${importer} is on no floor; give it one`];
    return referencesOf(source.path, source.code).flatMap(({ kind, specifier, line }) => {
      const rule = broken(importer, source.path, specifier, kind);
      return rule === undefined ? [] : [`${source.path}:${line}: ${rule} ("${specifier}")`];
    });
  });
}

/** The same rule for the manifests: a dependency that may not be imported may not be declared either. */
export function checkManifests(manifests) {
  return manifests.flatMap(({ path, code }) => {
    const importer = packageOf(path);
    if (importer === undefined || !isKnown(importer)) return [];
    // The face declares its own parts for development alone: the published package contains them.
    const dependencies = Object.keys(JSON.parse(code).dependencies ?? {});
    return dependencies.flatMap((name) => {
      const rule = broken(importer, path, name);
      return rule === undefined ? [] : [`${path}:1: ${rule} ("${name}")`];
    });
  });
}

/** The rule that an import breaks, or undefined. */
function broken(importer, path, specifier, kind = "import") {
  if (specifier.startsWith(".")) {
    const target = packageOf(posix.join(posix.dirname(path), specifier));
    if (target === importer || floorOf(importer) === TOP_FLOOR) return undefined;
    // A test may read a data file, such as the reference vectors of a model.
    if (isTest(path) && kind === "url" && target in BESIDE) return undefined;
    return `a relative path leaves ${importer}; import the package by its name`;
  }
  const target = specifier.match(/^(?:@nearfield\/([^/]+)|(nearfield)(?:\/|$))/);
  const imported = target?.[1] ?? target?.[2];
  if (imported === undefined || imported === importer) return undefined;
  if (!isKnown(imported)) return `${imported} is on no floor; give it one`;
  if (isTest(path) && imported in BESIDE) return undefined;
  if (imported in BESIDE) {
    const { importedBy } = BESIDE[imported];
    if (importedBy.includes(importer) || floorOf(importer) === TOP_FLOOR) return undefined;
    return imported === "testing"
      ? `only tests import testing`
      : `${importer} may not import ${imported}, which stands beside the house`;
  }
  if (importer in BESIDE) {
    if (BESIDE[importer].imports.includes(imported)) return undefined;
    return `${importer} may import only ${BESIDE[importer].imports.join(", ")}`;
  }
  const from = floorOf(importer);
  const to = floorOf(imported);
  if (to < from) return undefined;
  return to === from
    ? `${importer} and ${imported} are both on floor ${from}, and packages of one floor never import one another`
    : `${importer} (floor ${from}) may not import ${imported} (floor ${to}): imports go down only`;
}

function isKnown(name) {
  return name in BESIDE || floorOf(name) !== undefined;
}

function floorOf(name) {
  return ["examples", "e2e"].includes(name) ? TOP_FLOOR : FLOORS[name];
}

/** `packages/link/src/x.ts` is of `link`; everything below examples and e2e counts as one. */
function packageOf(path) {
  const [folder, name] = path.split("/");
  if (folder === "packages") return name;
  return folder === "examples" || folder === "e2e" ? folder : undefined;
}
