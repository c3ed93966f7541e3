import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the linter, with the configuration of this workspace, says about these files. */
function lint(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "nearfield-cycles-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
  const oxlint = join(root, "node_modules", "oxlint", "bin", "oxlint");
  const config = join(root, ".oxlintrc.json");
  return spawnSync(process.execPath, [oxlint, "--config", config, folder], { encoding: "utf8" })
    .stdout;
}

test("two files that import one another's types are a cycle", () => {
  const said = lint({
    "one.ts": `import type { Two } from "./two.ts";\nexport type One = { two: Two };\n`,
    "two.ts": `import type { One } from "./one.ts";\nexport type Two = { one: One };\n`,
  });
  expect(said).toContain("no-cycle");
});

test("an import in one direction is none", () => {
  const said = lint({
    "one.ts": `import type { Two } from "./two.ts";\nexport type One = { two: Two };\n`,
    "two.ts": `export type Two = { one: number };\n`,
  });
  expect(said).not.toContain("no-cycle");
});
