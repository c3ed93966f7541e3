// Checks of single values in a card. Each gives the value back, typed, or says which field must be what.
import { RetrievalError } from "@nearfield/core";

export type Fields = Readonly<Record<string, unknown>>;

/** An object with no other keys than `known`: a misspelt option would silently change every vector. */
export function record(value: unknown, name: string, known: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(name, "an object", value);
  }
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger === undefined) return value as Fields;
  throw new RetrievalError("INVALID_OPTION", `the model card's ${name} has no such field`, {
    value: stranger,
    repair: `It takes ${known.join(", ")}.`,
  });
}

export function list(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw bad(name, "an array", value);
}

export function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw bad(name, "a string", value);
}

export function filledText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw bad(name, "a string that is not empty", value);
}

export function filledTexts(value: unknown, name: string): readonly string[] {
  return list(value, name).map((item, at) => filledText(item, `${name}[${at}]`));
}

export function count(value: unknown, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw bad(name, "a whole number above 0", value);
}

export function flag(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw bad(name, "true or false", value);
}

/** A number above 0 and up to 1. */
export function fraction(value: unknown, name: string): number {
  if (typeof value === "number" && value > 0 && value <= 1) return value;
  throw bad(name, "a number above 0 and up to 1", value);
}

/** One of `choices`; another one may be sound, but it is nothing that this build does. */
export function oneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw unsupported(`${name} must be one of ${choices.join(", ")}`, value);
}

/** Runs `check` where there is a value. */
export function optional(
  value: unknown,
  name: string,
  check: (value: unknown, name: string) => void,
): void {
  if (value !== undefined) check(value, name);
}

export function bad(name: string, wanted: string, value: unknown): RetrievalError {
  return new RetrievalError("INVALID_OPTION", `the model card's ${name} must be ${wanted}`, {
    value,
    repair: "Correct the model card.",
  });
}

export function unsupported(problem: string, value: unknown): RetrievalError {
  return new RetrievalError("MODEL_UNSUPPORTED", `the model card's ${problem}`, {
    value,
    repair: "Choose another model.",
  });
}
