import { RetrievalError, type Fields, type FieldValue } from "@nearfield/core";
import { MAX_FIELDS_LENGTH } from "./limits.ts";

/** Names that are no data: assigned to a plain object they would change what it is. */
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Room that a value takes besides its characters. */
const LENGTH_PER_VALUE = 16;

/**
 * A frozen copy of the own enumerable properties with string names. A value of `undefined` is left out.
 * @throws RetrievalError `INVALID_DOCUMENT`, `INPUT_TOO_LARGE`
 */
export function copyFields(source: object, where: string): Fields {
  const copy: Record<string, FieldValue> = {};
  const room = new Room(where);
  for (const name of Object.keys(source)) {
    if (FORBIDDEN.has(name)) {
      throw new RetrievalError("INVALID_DOCUMENT", `a field of ${where} has a forbidden name`, {
        value: name,
        repair: "Rename it.",
      });
    }
    const value = (source as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) continue;
    room.take(name.length);
    copy[name] = copyValue(value, `field "${name.slice(0, 40)}" of ${where}`, room);
  }
  return Object.freeze(copy);
}

function copyValue(value: unknown, what: string, room: Room): FieldValue {
  if (value === null) {
    room.take(LENGTH_PER_VALUE);
    return null;
  }
  if (!Array.isArray(value)) return copyScalar(value, what, room);
  const copy: (string | number | boolean)[] = [];
  // By index, so that a hole is met; by the length at the start, so that the loop ends.
  const count = value.length;
  for (let i = 0; i < count; i++) copy.push(copyScalar(value[i], `an item of ${what}`, room));
  return Object.freeze(copy);
}

function copyScalar(value: unknown, what: string, room: Room): string | number | boolean {
  if (typeof value === "string") {
    room.take(LENGTH_PER_VALUE + value.length);
    return value;
  }
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) {
    room.take(LENGTH_PER_VALUE);
    return value;
  }
  throw new RetrievalError("INVALID_DOCUMENT", `${what} can not be stored`, {
    value,
    repair: "Use strings, finite numbers, booleans, null, or arrays of the first three.",
  });
}

/** Counts what the fields of one document take together. */
class Room {
  readonly #where: string;
  #left = MAX_FIELDS_LENGTH;

  constructor(where: string) {
    this.#where = where;
  }

  take(length: number): void {
    this.#left -= length;
    if (this.#left >= 0) return;
    throw new RetrievalError("INPUT_TOO_LARGE", `the fields of ${this.#where} are too large`, {
      value: MAX_FIELDS_LENGTH - this.#left,
      repair: `Keep them below ${MAX_FIELDS_LENGTH} code units together.`,
    });
  }
}
