import type { FilterValue } from "../filter.ts";

/** True for what a field can hold, or an element of it. */
export function isFilterValue(value: unknown): value is FilterValue {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}
