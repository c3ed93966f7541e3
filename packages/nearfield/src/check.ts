// Checks of options of any kind.
import { RetrievalError } from "@nearfield/core";
import type { Durability, Precision, StorageChoice } from "@nearfield/index";

/** The options of `call`, if all of them are `known`. @throws RetrievalError `INVALID_OPTION` */
export function checkKeys(
  call: string,
  options: unknown,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid(`the options of ${call}`, "an object", options);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new RetrievalError("INVALID_OPTION", `${call} has no option of this name`, {
      value: key,
      repair: `It takes ${known.join(", ")}.`,
    });
  }
  return options as Readonly<Record<string, unknown>>;
}

/** The error for an option of another kind than is `wanted`. */
export function invalid(what: string, wanted: string, value: unknown): RetrievalError {
  return new RetrievalError("INVALID_OPTION", `${what} must be ${wanted}`, {
    value,
    repair: `Give ${wanted}.`,
  });
}

/** @throws RetrievalError `INVALID_OPTION` */
export function checkPrecision(value: unknown): asserts value is Precision | undefined {
  if (value === undefined || value === "exact" || value === "compact") return;
  throw invalid("precision", `"exact" or "compact"`, value);
}

/** @throws RetrievalError `INVALID_OPTION` */
export function checkDurability(value: unknown): asserts value is Durability | undefined {
  if (value === undefined || value === "strict" || value === "relaxed") return;
  throw invalid("durability", `"strict" or "relaxed"`, value);
}

/** @throws RetrievalError `INVALID_OPTION` */
export function checkStorage(value: unknown): asserts value is StorageChoice | undefined {
  if (value === undefined || value === "browser" || value === "memory") return;
  throw invalid("storage", `"browser" or "memory"`, value);
}
