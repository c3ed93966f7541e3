// Third parties: one file knows each library, and there is one copy of ONNX Runtime in the tree.
import { referencesOf } from "../references.mjs";
import { isTest } from "../sources.mjs";

/** Libraries that one file wraps, so that a change of theirs is a change of one file of ours. Tests may use them as oracles. */
const WRAPPED = [
  "idb",
  "minisearch",
  "stemmer",
  "@huggingface/tokenizers",
  "@huggingface/transformers",
];

/**
 * @param {readonly import("../sources.mjs").Source[]} sources
 * @returns {string[]}
 */
export function checkImporters(sources) {
  const importers = new Map(WRAPPED.map((name) => [name, new Set()]));
  for (const { path, code } of sources) {
    if (!path.startsWith("packages/") || isTest(path)) continue;
    for (const { specifier } of referencesOf(path, code)) {
      const name = WRAPPED.find((one) => specifier === one || specifier.startsWith(`${one}/`));
      if (name !== undefined) importers.get(name).add(path);
    }
  }
  return [...importers]
    .filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${[...paths].join(", ")}: only one file may import ${name}`);
}

/**
 * Two copies of onnxruntime-web would be two 27 MB files and two classes of one name; another version than the one that
 * transformers.js pins brings the second copy as soon as somebody uses both.
 * @param {string} lockfile text of pnpm-lock.yaml
 * @returns {string[]}
 */
export function checkRuntimeVersion(lockfile) {
  const packages = section(lockfile, "packages");
  const versions = [...packages.matchAll(/^ {2}onnxruntime-web@([^:\s]+):/gm)].map(([, v]) => v);
  if (versions.length !== 1) {
    return [
      `pnpm-lock.yaml:1: one onnxruntime-web wanted, there is ${versions.join(", ") || "none"}`,
    ];
  }
  const transformers = section(lockfile, "snapshots")
    .split(/\n(?= {2}\S)/)
    .filter((entry) => /^ {2}'@huggingface\/transformers@/.test(entry));
  return transformers.flatMap((entry) => {
    const pinned = entry.match(/^ {6}onnxruntime-web: (\S+)$/m)?.[1];
    if (pinned === versions[0]) return [];
    return [`pnpm-lock.yaml:1: onnxruntime-web is ${versions[0]}, transformers.js pins ${pinned}`];
  });
}

function section(lockfile, name) {
  return lockfile.match(new RegExp(`^${name}:\\n((?: .*\\n|\\n)*)`, "m"))?.[1] ?? "";
}
