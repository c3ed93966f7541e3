// Type-checks every zone (page, worker, pure code) of every package, each with its own `lib`.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

const folders = ["packages", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
);
const projects = [...folders, "e2e"]
  .flatMap((folder) =>
    ["tsconfig.json", "tsconfig.worker.json", "tsconfig.node.json"].map(
      (file) => `${folder}/${file}`,
    ),
  )
  .filter((project) => existsSync(join(root, project)));

let failed = 0;
for (const project of projects) {
  const options = ["-p", project, "--noEmit"];
  const result = spawnSync(process.execPath, [tsc, ...options], { cwd: root, encoding: "utf8" });
  if (result.status === 0) continue;
  failed++;
  console.error(`types  ${project} FAILED\n${result.stdout}${result.stderr}`);
}
console.log(`types  ${projects.length - failed} zones passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
