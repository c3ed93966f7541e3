// The whole command, in a real Chromium with the pocket model on WASM, on a test collection of our own.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../report.ts";

const COMMAND = fileURLToPath(new URL("../../run.mjs", import.meta.url));
const TINY = fileURLToPath(new URL("../../fixtures/tiny", import.meta.url));
const DOCUMENTS = 24;

/** A minute and a half of builds and browsers: for the extended run only. */
const heavy = test.skipIf(!process.env["NEARFIELD_TEST_ALL"]);

/** Loading a model takes long on a machine that does much else. */
const TIMEOUT_MS = 300_000;

let cache = "";
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "nearfield-evaluate-"));
});
afterAll(() => rmSync(cache, { recursive: true, force: true, maxRetries: 5 }));

interface Ended {
  readonly code: number | null;
  readonly printed: string;
  readonly said: string;
}

/** Runs the command. It is killed as soon as it says a line that `until` matches. */
function command(args: readonly string[], until?: RegExp): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args, "--cache", cache]);
    let [printed, said] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (printed += String(chunk)));
    child.stderr.on("data", (chunk: Buffer) => {
      said += String(chunk);
      if (until?.test(said)) child.kill("SIGKILL");
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, printed, said }));
  });
}

async function evaluated(...args: string[]): Promise<{ report: Report; printed: string }> {
  const out = join(cache, "report.json");
  const { code, printed, said } = await command([TINY, "--device", "wasm", ...args, "--out", out]);
  expect(code, said).toBe(0);
  return { report: JSON.parse(readFileSync(out, "utf8")) as Report, printed };
}

heavy.each(["vectors", "search"])(
  "a run in %s mode that was killed half-way goes on, and encodes nothing twice",
  async (mode) => {
    const args = ["--mode", mode, "--batch", "8"];
    const killed = await command([TINY, "--device", "wasm", ...args], /[1-9]\d* of 24 documents/);
    expect(killed.code).toBeNull();

    const { report, printed } = await evaluated(...args);
    const { documents, resumed } = report.encoding;
    expect(resumed).toBeGreaterThanOrEqual(8);
    expect(documents + resumed).toBe(DOCUMENTS);
    expect(report.counts).toMatchObject({ documents: DOCUMENTS, emptyDocuments: 1, queries: 9 });
    expect(report.counts.shortRankings).toBe(0);
    // Easy questions: a wrong pooling, a wrong order or lost documents would not come near.
    expect(report.figures.ndcgAt10).toBeGreaterThan(0.9);
    expect(report.figures.recallAt100).toBe(1);
    expect(report.latencyMs.queries).toBe(9);
    expect(report.latencyMs.median).toBeGreaterThan(0);
    expect(report.browser.crossOriginIsolated).toBe(true);
    expect(printed).toContain(`nDCG@10      ${report.figures.ndcgAt10.toFixed(4)}`);

    const { report: again } = await evaluated(...args);
    expect(again.encoding).toMatchObject({ documents: 0, resumed: DOCUMENTS });
    expect(again.encoding.documentsPerSecond).toBeNull();
    expect(again.figures).toEqual(report.figures);
    expect(again.latencyMs).toEqual(report.latencyMs);
  },
  TIMEOUT_MS,
);

heavy(
  "vectors may be cut, and a run file has what was found",
  async () => {
    const run = join(cache, "run.trec");
    const { report } = await evaluated("--dimensions", "128", "--run", run);
    expect(report.model.dimensions).toBe(128);
    const lines = readFileSync(run, "utf8").trimEnd().split("\n");
    // All documents for each query, less the two that are excluded.
    expect(lines).toHaveLength(9 * DOCUMENTS - 2);
    expect(lines[0]).toMatch(/^q1 Q0 tide 1 0\.\d+ nearfield-pocket-vectors$/);
    expect(lines.some((line) => line.startsWith("q6 Q0 bow "))).toBe(false);
  },
  TIMEOUT_MS,
);

heavy(
  "a model that Nearfield does not know is refused in its words",
  async () => {
    const { code, said } = await command([TINY, "--model", "no such model"]);
    expect(code).toBe(1);
    expect(said).toMatch(/evaluate {2}(INVALID_OPTION|MODEL_)/);
  },
  TIMEOUT_MS,
);

test(
  "bad options are refused before anything is built or started",
  async () => {
    const { code, said, printed } = await command([TINY, "--mode", "guess"]);
    expect([code, printed]).toEqual([1, ""]);
    expect(said).toContain("INVALID_OPTION: --mode must be one of vectors, search");
  },
  TIMEOUT_MS,
);
