// Strings as UTF-16 code units: UTF-8 has no form for a lone surrogate, and an id may hold one.

/** `String.fromCharCode` takes its units as arguments, and engines limit how many there may be. */
const UNITS_PER_CALL = 8192;

/** Writes the units of `text` at `at`; gives the place after them. */
export function writeUnits(units: Uint16Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) units[at + index] = text.charCodeAt(index);
  return at + text.length;
}

export function textOfUnits(units: Uint16Array): string {
  let text = "";
  for (let start = 0; start < units.length; start += UNITS_PER_CALL) {
    text += String.fromCharCode(...units.subarray(start, start + UNITS_PER_CALL));
  }
  return text;
}
