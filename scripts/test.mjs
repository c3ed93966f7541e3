// `npm test`: everything that says whether this tree is sound, in the order of its price. All steps run, whatever the earlier
// ones said; the last line sums up what the runners themselves reported.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT, say, seconds, setUp } from "./setup.mjs";

const all = process.argv.includes("--all");
const started = performance.now();
await setUp({ chromium: true });

const reports = join(ROOT, ".cache", "reports");
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const unitReport = join(reports, "vitest.json");
const pageReport = join(reports, "playwright.json");

const env = {
  ...process.env,
  ...(all && { NEARFIELD_TEST_ALL: "1" }),
  ...(process.stdout.isTTY || { FORCE_COLOR: "0" }),
  PLAYWRIGHT_JSON_OUTPUT_FILE: pageReport,
};
const folders = ["packages", "examples", "e2e", "scripts"];
const oxlint = tool("oxlint/bin/oxlint");
const oxfmt = tool("oxfmt/bin/oxfmt");

const total = { passed: 0, failed: 0, skipped: [] };
check("types", ["scripts/check-types.mjs"]);
check("lint", [oxlint, "--type-aware", "--max-warnings=0", ...folders]);
check("format", [oxfmt, "--check", ...folders]);
check("package", ["scripts/build-package.mjs"]);
check("gates", ["scripts/gates.mjs"]);
suite("unit tests", readUnitReport, [
  tool("vitest/vitest.mjs"),
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${unitReport}`,
]);
suite("end-to-end tests", readPageReport, [
  tool("@playwright/test/cli.js"),
  "test",
  "--config=e2e/playwright.config.ts",
  "--reporter=list,json",
]);

if (!all) say("the heavy matrices did not run; npm run test:all runs them.");
for (const [file, count] of countEach(total.skipped)) say(`skipped: ${count} in ${file}`);
say(`took ${seconds(started)}.`);
console.log(
  `${total.passed} passed, ${total.failed} failed${total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : ""}`,
);
process.exitCode = total.failed === 0 ? 0 : 1;

/** A step that holds or does not: counts as one. */
function check(name, args) {
  if (run(name, args)) total.passed++;
  else total.failed++;
}

/** A step that reports its tests one by one. */
function suite(name, read, args) {
  const ok = run(name, args);
  let counts;
  try {
    counts = read();
  } catch (thrown) {
    console.error(`${name}: no report (${thrown.message})`);
    counts = { passed: 0, failed: 0, skipped: [] };
  }
  total.passed += counts.passed;
  // A runner can fail without a failed test: an error between the tests, a server that did not start, a crash.
  total.failed += ok || counts.failed > 0 ? counts.failed : 1;
  total.skipped.push(...counts.skipped);
}

function run(name, args) {
  const begun = performance.now();
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: "inherit" });
  console.log(`── ${name}: ${status === 0 ? "ok" : "FAILED"}, ${seconds(begun)}`);
  return status === 0;
}

/** @returns {{ passed: number, failed: number, skipped: string[] }} skipped tests by their file */
function readUnitReport() {
  const { testResults } = JSON.parse(readFileSync(unitReport, "utf8"));
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const { name, status, assertionResults } of testResults) {
    // A file that could not even be read has no tests to fail.
    if (status === "failed" && assertionResults.length === 0) counts.failed++;
    for (const test of assertionResults) {
      if (test.status === "passed") counts.passed++;
      else if (test.status === "failed") counts.failed++;
      else counts.skipped.push(relative(ROOT, name));
    }
  }
  return counts;
}

/** @returns {{ passed: number, failed: number, skipped: string[] }} */
function readPageReport() {
  const { suites, errors } = JSON.parse(readFileSync(pageReport, "utf8"));
  const counts = { passed: 0, failed: errors.length, skipped: [] };
  const visit = ({ specs = [], suites: inner = [] }) => {
    for (const { file, tests } of specs) {
      for (const { status } of tests) {
        if (status === "expected") counts.passed++;
        else if (status === "skipped") counts.skipped.push(`e2e/${file}`);
        else counts.failed++;
      }
    }
    inner.forEach(visit);
  };
  suites.forEach(visit);
  return counts;
}

function tool(path) {
  return join(ROOT, "node_modules", path);
}

function countEach(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
