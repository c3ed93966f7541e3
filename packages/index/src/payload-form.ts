import { cellsOf, isEmptyList, type Cell, type Cells } from "./columns.ts";

/**
 * Where the payload of an entry is. `record`: in a record of its own. `fields`: it is nothing but fields, which are in the columns of
 * its segment. `none`: there is none. The last two are *bare* entries: thousands of rows with a few fields are thus written and read
 * with their segment, where a record for each takes ten times as long.
 */
export type PayloadForm = "record" | "fields" | "none";

/** In the order of their numbers in a segment's record. */
export const PAYLOAD_FORMS: readonly PayloadForm[] = ["record", "fields", "none"];

/** The plainest form that gives this payload back. */
export function formOf(payload: unknown): PayloadForm {
  if (payload === null || payload === undefined) return "none";
  if (!isPlain(payload)) return "record";
  const { fields, ...others } = payload;
  if (!isPlain(fields) || Object.keys(others).length > 0) return "record";
  const names = Object.keys(fields);
  return names.length > 0 && cellsOf(payload).size === names.length ? "fields" : "record";
}

/** The payload of a bare entry, from the cells of its row. */
export function payloadOf(form: Exclude<PayloadForm, "record">, cells: Cells): unknown {
  if (form === "none") return null;
  return { fields: Object.fromEntries(Array.from(cells, ([name, own]) => [name, valueOf(own)])) };
}

/** An array of one begins with the mark of the empty list: that it is one has to be told apart from a single value. */
function valueOf(cells: readonly Cell[]): unknown {
  const [first, ...rest] = cells as readonly [Cell, ...Cell[]];
  if (isEmptyList(first)) return rest;
  return rest.length > 0 ? cells : first;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
