// The pocket model's recipe, where Python is: its own tests, then 500 steps from the data to the exported files, which
// packages/encoder/src/contract.browser.test.ts loads. Nothing else in this repository needs Python.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, say } from "./setup.mjs";

const folder = join(ROOT, "packages", "pocket", "recipe");
const run = join(ROOT, ".cache", "recipe", "slice");
const env = { ...process.env, OMP_NUM_THREADS: "1" };

const python = findPython();
if (python === undefined) {
  say(
    "recipe: skipped, no Python with its packages. See packages/pocket/recipe/README.md, or name one in NEARFIELD_PYTHON.",
  );
} else if (!existsSync(join(ROOT, "..", "shared", "data", "train"))) {
  say("recipe: its own tests only; the training data is not here.");
  process.exitCode = call(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
} else {
  // Anew each time: a run goes by its data and configuration, and does not see that the code has changed.
  if (process.env.NEARFIELD_KEEP_SLICE !== "1") rmSync(run, { recursive: true, force: true });
  process.exitCode =
    call(["-m", "pytest", "-q", "-p", "no:cacheprovider"]) ||
    call(["-m", "recipe", "all", "--config", join("configs", "slice.toml"), "--run", run]);
}

/** The first Python that has what the recipe needs. */
function findPython() {
  const own = [join(folder, ".venv", "bin", "python"), join(folder, ".venv", "Scripts", "python")];
  const named = process.env.NEARFIELD_PYTHON;
  return [...(named ? [named] : []), ...own].find((path) => {
    const wanted = "import onnx, onnxruntime, pytest, safetensors, tokenizers, torch";
    return spawnSync(path, ["-c", wanted], { stdio: "ignore" }).status === 0;
  });
}

/** @param {string[]} args */
function call(args) {
  return spawnSync(python, args, { cwd: folder, env, stdio: "inherit" }).status ?? 1;
}
