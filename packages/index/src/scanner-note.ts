// Which scanner was measured to be the fastest here, for vectors of so many dimensions: a note of the page, as workers have no localStorage.
import type { ScannerChoice } from "@nearfield/scan";

/** What was measured last; `undefined` where nothing was, and where the page may keep nothing. */
export function recallScanner(dimensions: number): ScannerChoice | undefined {
  try {
    const note: unknown = JSON.parse(localStorage.getItem(keyOf(dimensions)) ?? "null");
    return isChoice(note) && note.dimensions === dimensions ? note : undefined;
  } catch {
    return undefined;
  }
}

/** Never throws: without the note it is measured again. */
export function rememberScanner(choice: ScannerChoice): void {
  try {
    localStorage.setItem(keyOf(choice.dimensions), JSON.stringify(choice));
  } catch {
    // Refused or full.
  }
}

/** Every script of the origin can write there. A name that nobody knows is passed over by who takes the choice. */
function isChoice(note: unknown): note is ScannerChoice {
  if (typeof note !== "object" || note === null) return false;
  const { name, rows, reason } = note as Partial<Record<keyof ScannerChoice, unknown>>;
  return typeof name === "string" && Number.isSafeInteger(rows) && typeof reason === "string";
}

function keyOf(dimensions: number): string {
  return `nearfield:scanner:${dimensions}`;
}
