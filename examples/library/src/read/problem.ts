/** Why a file was not taken, in words for the person who gave it. */
export class FileProblem extends Error {
  override readonly name = "FileProblem";
}

/** A size as a person reads it: "812 bytes", "4.2 MB". */
export function sayBytes(bytes: number): string {
  if (bytes < 1_000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let at = -1;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1_000;
    at++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
