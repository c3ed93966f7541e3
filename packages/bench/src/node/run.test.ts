// The whole command at a tiny size, so that the benchmark does not rot: pages are built, rows are stored, the browser is
// killed, and what is found after it is judged. Times are not looked at.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../report.ts";

const COMMAND = fileURLToPath(new URL("../../run.mjs", import.meta.url));
/** Starting browsers takes long on a machine that does much else. */
const TIMEOUT_MS = 120_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nearfield-bench-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

// Four starts of a browser: one of the extended tests.
test.runIf(process.env["NEARFIELD_TEST_ALL"])(
  "Nearfield and the plain loop find the same rows after the browser was killed",
  async () => {
    const out = join(folder, "report.json");
    const options = [
      "--size",
      "300",
      "--sets",
      "clustered",
      "--peers",
      "none",
      "--sections",
      "engines",
    ];
    const few = ["--rounds", "1", "--queries", "4", "--cache", folder, "--out", out];
    const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...options, ...few]);
    const report = JSON.parse(readFileSync(out, "utf8")) as Report;
    const [set] = report.sets;
    expect(set).toMatchObject({ set: "clustered", rows: 300, dimensions: 384 });
    expect(set?.engines.map(({ name }) => name)).toEqual(["nearfield", "loop"]);
    for (const engine of set?.engines ?? []) {
      expect(engine).toMatchObject({ failure: null, recall: 1 });
      expect(engine.queryMs.flat()).toHaveLength(4);
      expect(engine.firstAnswerMs).toHaveLength(1);
    }
    expect(stdout).toContain("| naive typed loop");
  },
  TIMEOUT_MS,
);
