import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkImporters, checkRuntimeVersion } from "./dependencies.mjs";

const lockfile = readFileSync(new URL("../../pnpm-lock.yaml", import.meta.url), "utf8");
const pinned = /^ {6}onnxruntime-web: (\S+)$/m.exec(lockfile)?.[1] ?? "";

test("a second file that imports a wrapped library is named", () => {
  const code = `import { openDB } from "idb";`;
  const one = { path: "packages/index/src/store.ts", code };
  const two = { path: "packages/models/src/shelf.ts", code };
  const oracle = { path: "packages/index/src/store.test.ts", code };
  expect(checkImporters([one, oracle])).toEqual([]);
  expect(checkImporters([one, two])).toEqual([
    "packages/index/src/store.ts, packages/models/src/shelf.ts: only one file may import idb",
  ]);
});

test("this workspace has one onnxruntime-web, the one that transformers.js pins", () => {
  expect(pinned).not.toBe("");
  expect(checkRuntimeVersion(lockfile)).toEqual([]);
});

test("a second onnxruntime-web in the lockfile fails", () => {
  const entry = `\n  onnxruntime-web@${pinned}:\n`;
  expect(lockfile).toContain(entry);
  const two = lockfile.replace(entry, `\n  onnxruntime-web@1.30.0:\n    resolution: {}\n${entry}`);
  expect(checkRuntimeVersion(two)).toHaveLength(1);
});

test("another onnxruntime-web than transformers.js pins fails", () => {
  const other = lockfile.replace(
    `      onnxruntime-web: ${pinned}\n`,
    "      onnxruntime-web: 1.30.0\n",
  );
  expect(checkRuntimeVersion(other)).toHaveLength(1);
});
