import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of the README that is marked `ts run`. */
export interface Example {
  /** Its place among the others, as the name of a module. */
  readonly name: string;
  readonly code: string;
  /** Line of the README at which the code begins. */
  readonly line: number;
  /** What it prints, as the comments behind its `console.log` calls say. */
  readonly prints: readonly string[];
}

const FENCE = /^```ts run\n([\s\S]*?)^```$/gm;
const PRINTED = /console\.log\(.*\);\s*\/\/ (.*)$/gm;

/** Reads the examples that promise to run. */
export function readExamples(
  path: string = join(import.meta.dirname, "../../README.md"),
): readonly Example[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(FENCE)].map((match, at) => ({
    name: String(at + 1),
    code: match[1] ?? "",
    line: text.slice(0, match.index).split("\n").length + 1,
    prints: [...(match[1] ?? "").matchAll(PRINTED)].map(([, said]) => said ?? ""),
  }));
}
