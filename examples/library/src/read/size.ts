import { KINDS, type Kind } from "./kind.ts";
import { FileProblem, sayBytes } from "./problem.ts";

/** @throws FileProblem for a file that is too large, before anything of it is read */
export function checkSize(kind: Kind, bytes: number): void {
  const { maxBytes, many } = KINDS[kind];
  if (bytes === 0) throw new FileProblem("It is empty.");
  if (bytes > maxBytes) {
    throw new FileProblem(
      `It has ${sayBytes(bytes)}, and the limit for files of its kind (${many}) is ${sayBytes(maxBytes)}. Split it and add the parts.`,
    );
  }
}
