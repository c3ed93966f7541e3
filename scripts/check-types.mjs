// Type-checks every zone (page, worker, pure code) of every package, each with its own `lib`.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const folders = ["packages", "examples"].flatMap((root) =>
  readdirSync(root).map((name) => `${root}/${name}`),
);
const projects = [...folders, "e2e"].flatMap((folder) =>
  ["tsconfig.json", "tsconfig.worker.json"].map((file) => `${folder}/${file}`).filter(existsSync),
);
let failed = false;
for (const project of projects) {
  try {
    execFileSync("node_modules/.bin/tsc", ["-p", project], { stdio: "inherit" });
  } catch {
    failed = true;
    console.error(`types: ${project} failed`);
  }
}
process.exit(failed ? 1 : 0);
