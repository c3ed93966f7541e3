import { FileProblem } from "./problem.ts";

/** So much of a file is looked at to tell whether it is a text at all. */
const PROBE_BYTES = 64_000;

/** Old files have a stray one here and there. A program or a picture has one in ten, at the least. */
const MAX_CONTROL_SHARE = 0.01;

/**
 * The text of a file: UTF-8, UTF-16 with its mark, and what is neither as Windows-1252, in which older files are written. Line
 * ends become `\n`.
 * @throws FileProblem where it is no text
 */
export function decodeText(bytes: Uint8Array): string {
  const text = decode(bytes).replace(/\r\n?/g, "\n");
  const probe = text.slice(0, PROBE_BYTES);
  const strange = countControls(probe);
  if (probe.includes("\0") || strange > probe.length * MAX_CONTROL_SHARE) {
    throw new FileProblem(
      "It is named like a text, but it holds something else: a program or a picture, perhaps.",
    );
  }
  return text;
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Control characters that no text has: all but tab, line feed, form feed, carriage return and escape. */
function countControls(text: string): number {
  let count = 0;
  for (const [character] of text.matchAll(/\p{Cc}/gu)) {
    if (character.charCodeAt(0) < 0x20 && !"\t\n\f\r\x1b".includes(character)) count++;
  }
  return count;
}
