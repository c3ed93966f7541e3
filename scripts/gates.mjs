// The rules that no compiler checks. Each finding names the file, the line and the rule; one finding fails the run.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { checkImporters, checkRuntimeVersion } from "./gates/dependencies.mjs";
import { checkFloors, checkManifests } from "./gates/floors.mjs";
import { checkPublished } from "./gates/published.mjs";
import { MAX_PAGE_BYTES, pageBytes } from "./gates/size.mjs";
import { isTest, readSources } from "./sources.mjs";

/** A file that is longer is looked at again; it is no fault by itself. */
const LONG_FILE_LINES = 300;

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const sources = readSources(root, ["packages", "examples", "e2e"]);

const entries = {
  openSearch: join(root, "packages/nearfield/src/open-search.ts"),
  everything: join(root, "packages/nearfield/src/index.ts"),
};
const staged = join(root, "packages/nearfield/build");

const gates = {
  "imports go down the floors": () => checkFloors(sources),
  "dependencies go down the floors": () =>
    checkManifests(readSources(root, ["packages"], ["package.json"])),
  "one file imports each wrapped library": () => checkImporters(sources),
  "one onnxruntime-web, the one that transformers.js pins": () =>
    checkRuntimeVersion(read("pnpm-lock.yaml")),
  "the page's entry is small": async () => {
    const findings = [];
    for (const [what, most] of Object.entries(MAX_PAGE_BYTES)) {
      const { first, later } = await pageBytes(entries[what]);
      console.log(
        `gates  ${what}: ${first} bytes on the page, of ${most} allowed; ${later} more are loaded when they are asked for`,
      );
      if (first >= most) findings.push(`${entries[what]}: ${first} bytes after gzip`);
    }
    return findings;
  },
  "published files name no CDN and no machine": () => {
    if (!existsSync(join(staged, "package.json"))) {
      return ["packages/nearfield/build: not built; run npm run build"];
    }
    const endings = [".js", ".ts", ".json", ".md"];
    return checkPublished(readSources(staged, ["."], endings), root);
  },
  "publint finds nothing in the published manifest": async () => {
    const { messages, pkg } = await publint({ pkgDir: staged, pack: false });
    return messages.map((message) => `packages/nearfield/build: ${formatMessage(message, pkg)}`);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(gates)) {
  const findings = await Promise.resolve()
    .then(check)
    .catch((thrown) => [String(thrown.message)]);
  console.log(`gates  ${findings.length === 0 ? "ok    " : "FAILED"}  ${name}`);
  for (const finding of findings) console.error(`         ${finding}`);
  if (findings.length > 0) failed++;
}
for (const { path, code } of sources) {
  const lines = code.split("\n").length;
  if (lines > LONG_FILE_LINES && !isTest(path)) {
    console.log(`gates  look again: ${path} has ${lines} lines`);
  }
}
console.log(`gates  ${Object.keys(gates).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
