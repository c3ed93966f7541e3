// `npm test`: everything that says whether this tree is sound, in the order of its price. All steps run, whatever the earlier
// ones said; the last line sums up what the runners themselves reported.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
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

/**
 * @typedef {{ name: string, message: string }} Failure
 * @typedef {{ passed: number, failed: number, skipped: string[], failures: Failure[], flaky: Failure[] }} Counts
 */
const total = noCounts();
check("types", ["scripts/check-types.mjs"]);
check("lint", [oxlint, "--type-aware", "--max-warnings=0", ...folders]);
check("format", [oxfmt, "--check", ...folders]);
check("package", ["scripts/build-package.mjs"]);
check("gates", ["scripts/gates.mjs"]);
// Before the unit tests: one of them loads what it makes.
if (all) check("recipe", ["scripts/recipe.mjs"]);
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

// Once more at the end, where they can be found: the log above is long, and some places keep only its tail.
for (const { name, message } of total.failures) {
  console.error(`\nFAILED  ${name}\n${clip(message)}`);
}
for (const { name, message } of total.flaky) {
  console.error(
    `\nFLAKY   ${name}: it passed when it was tried again, which makes it a bug\n${clip(message)}`,
  );
}
if (!all) say("the heavy matrices did not run; npm run test:all runs them.");
for (const [file, count] of countEach(total.skipped)) say(`skipped: ${count} in ${file}`);
say(`took ${seconds(started)}.`);
console.log(
  `${total.passed} passed, ${total.failed} failed${total.flaky.length > 0 ? `, ${total.flaky.length} of the passed flaky` : ""}${total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : ""}`,
);
process.exitCode = total.failed === 0 ? 0 : 1;

/** A step that holds or does not: counts as one. */
function check(name, args) {
  if (run(name, args)) total.passed++;
  else fail(total, `the step "${name}"`, "see its own output above");
}

/** A step that reports its tests one by one. */
function suite(name, read, args) {
  const ok = run(name, args);
  let counts = noCounts();
  try {
    counts = read();
  } catch (thrown) {
    console.error(`${name}: no report (${thrown.message})`);
  }
  // A runner can fail without a failed test: an error between the tests, a server that did not start, a crash.
  if (!ok && counts.failed === 0)
    fail(counts, `the step "${name}"`, "no test failed, the runner did");
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
  total.failures.push(...counts.failures);
  total.flaky.push(...counts.flaky);
}

function fail(counts, name, message) {
  counts.failed++;
  counts.failures.push({ name, message });
}

/** The first lines, without the colours of a terminal. */
function clip(message) {
  return stripVTControlCharacters(message).split("\n").slice(0, 30).join("\n");
}

function run(name, args) {
  const begun = performance.now();
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: "inherit" });
  console.log(`── ${name}: ${status === 0 ? "ok" : "FAILED"}, ${seconds(begun)}`);
  return status === 0;
}

/** @returns {Counts} with skipped tests by their file */
function noCounts() {
  return { passed: 0, failed: 0, skipped: [], failures: [], flaky: [] };
}

/** @returns {Counts} */
function readUnitReport() {
  const { testResults } = JSON.parse(readFileSync(unitReport, "utf8"));
  const counts = noCounts();
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(ROOT, name);
    // A file that could not even be read has no tests to fail, and an error outside of them is of no test.
    const isFailed = ({ status }) => status === "failed";
    if (status === "failed" && !assertionResults.some(isFailed)) fail(counts, file, message ?? "");
    for (const test of assertionResults) {
      const told = { name: `${file} › ${test.fullName}`, message: test.failureMessages.join("\n") };
      if (test.status === "passed") {
        counts.passed++;
        // What it failed of before it was tried again.
        if (told.message !== "") counts.flaky.push(told);
      } else if (isFailed(test)) fail(counts, told.name, told.message);
      else counts.skipped.push(file);
    }
  }
  return counts;
}

/** @returns {Counts} */
function readPageReport() {
  const { suites, errors } = JSON.parse(readFileSync(pageReport, "utf8"));
  const counts = noCounts();
  for (const { message } of errors) fail(counts, "end-to-end tests", message ?? "");
  const visit = ({ specs = [], suites: inner = [] }) => {
    for (const { file, title, tests } of specs) {
      for (const { status, results } of tests) {
        const messages = results.flatMap(({ errors }) => errors.map(({ message }) => message));
        const told = { name: `e2e/${file} › ${title}`, message: messages.join("\n") };
        if (status === "flaky") counts.flaky.push(told);
        if (status === "expected" || status === "flaky") counts.passed++;
        else if (status === "skipped") counts.skipped.push(`e2e/${file}`);
        else fail(counts, told.name, told.message);
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
