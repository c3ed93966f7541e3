import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** The runtime for WebGPU: 27 MB, kept where the device has a use for it. The one for WASM runs everywhere, and is kept always. */
const FOR_WEBGPU = /asyncify|jspi|webgpu[^/]*\.onnx$/;

const WORKER = "service-worker.js";
const PLACEHOLDER = "__BUILD__";

/** Writes into the built service worker which files this build consists of, and a version that changes when they do. */
export function offlinePlugin(): Plugin {
  return {
    name: "nearfield-library:offline",
    apply: "build",
    writeBundle({ dir }) {
      if (!dir) throw new Error("the build has no folder to look into");
      const files = (readdirSync(dir, { recursive: true }) as string[])
        .map((path) => path.replaceAll("\\", "/"))
        .filter((path) => path !== WORKER && statSync(join(dir, path)).isFile())
        .sort();
      const hash = createHash("sha256");
      for (const path of files) hash.update(path).update(readFileSync(join(dir, path)));
      const build = {
        version: hash.digest("hex").slice(0, 16),
        always: files.filter((path) => !FOR_WEBGPU.test(path)),
        webgpu: files.filter((path) => FOR_WEBGPU.test(path)),
      };
      const path = join(dir, WORKER);
      const source = readFileSync(path, "utf8");
      if (!source.includes(PLACEHOLDER)) {
        throw new Error("the service worker has no place for the list of files");
      }
      // File names of a build hold neither quotes nor backslashes, so the JSON's own are all that need escaping.
      writeFileSync(
        path,
        source.replace(PLACEHOLDER, JSON.stringify(build).replaceAll('"', '\\"')),
      );
    },
  };
}
