import {
  isRetrievalError,
  RetrievalError,
  type Entry,
  type EntryBlock,
  type Fields,
} from "@nearfield/core";
import { copyFields, MAX_ID_LENGTH } from "@nearfield/encoder";
import { copyVector } from "./vector.ts";

/** A vector of the app's own, with what it wants to filter by and to get back. */
export interface Row {
  /** 1 to 1,024 UTF-16 code units, compared by code unit. Adding the same id again replaces the row. */
  readonly id: string;
  /** As long as the index's `dimensions`, finite. Stored as it is: it is not normalized. */
  readonly vector: Float32Array | readonly number[];
  readonly fields?: Fields | undefined;
}

/** A row that was checked, with nothing of the caller's in it. */
export interface CheckedRow {
  readonly id: string;
  readonly vector: Float32Array;
  readonly fields: Fields | undefined;
}

/** Rows of one transaction, and bytes of its vectors: one full segment of usual models. */
const ROWS_PER_BATCH = 4_096;
const BYTES_PER_BATCH = 16 * 2 ** 20;

const KNOWN: ReadonlySet<string> = new Set(["id", "vector", "fields"]);

/**
 * Copies of all rows.
 * @throws RetrievalError `INVALID_OPTION` for something that is no iterable, `SOURCE_FAILED` when it throws, `INVALID_DOCUMENT`,
 * `INPUT_TOO_LARGE`, `INVALID_VECTOR`, `DUPLICATE_ID`, `OUT_OF_MEMORY`
 */
export function checkRows(rows: unknown, dimensions: number): readonly CheckedRow[] {
  if (typeof rows !== "object" || rows === null || !(Symbol.iterator in rows)) {
    throw new RetrievalError("INVALID_OPTION", "rows must be an array or an iterable of rows", {
      value: rows,
      repair: "Put a single row into an array.",
    });
  }
  const checked: CheckedRow[] = [];
  const seen = new Set<string>();
  try {
    for (const row of rows as Iterable<unknown>) {
      const copy = readRow(row, dimensions, `row ${checked.length}`);
      if (seen.has(copy.id)) {
        throw new RetrievalError("DUPLICATE_ID", "one call names a row twice", {
          value: copy.id,
          repair: "Give each id once.",
        });
      }
      seen.add(copy.id);
      checked.push(copy);
    }
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    throw new RetrievalError("SOURCE_FAILED", "the iterable that gave the rows threw", {
      repair: "See the cause. Nothing was stored.",
      cause: thrown,
    });
  }
  return checked;
}

/**
 * The rows as blocks for one transaction each.
 * @param hash names this very call: rows of an id that is stored are always replaced
 */
export function* blocksOf(
  rows: readonly CheckedRow[],
  dimensions: number,
  hash: string,
): Generator<EntryBlock & { readonly vectors: Float32Array<ArrayBuffer> }> {
  const byBytes = Math.floor(BYTES_PER_BATCH / (dimensions * Float32Array.BYTES_PER_ELEMENT));
  const size = Math.min(ROWS_PER_BATCH, byBytes);
  for (let start = 0; start < rows.length; start += size) {
    const batch = rows.slice(start, start + size);
    const vectors = new Float32Array(batch.length * dimensions);
    const entries = batch.map(({ id, vector, fields }, at): Entry => {
      vectors.set(vector, at * dimensions);
      return { id, hash, rows: 1, payload: fields ? { fields } : null };
    });
    yield { entries, vectors, dimensions };
  }
}

function readRow(row: unknown, dimensions: number, where: string): CheckedRow {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw new RetrievalError("INVALID_DOCUMENT", `${where} is not an object`, {
      value: row,
      repair: "Give objects of the form { id, vector, fields }.",
    });
  }
  try {
    return copyRow(row, dimensions, where);
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    // No memory for the copy, or a getter or a proxy of the app threw.
    const code = thrown instanceof RangeError ? "OUT_OF_MEMORY" : "INVALID_DOCUMENT";
    throw new RetrievalError(code, `${where} can not be read`, {
      repair: code === "OUT_OF_MEMORY" ? "Add fewer rows in one call." : "Give plain objects.",
      cause: thrown,
    });
  }
}

function copyRow(row: object, dimensions: number, where: string): CheckedRow {
  const unknown = Object.keys(row).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) {
    throw new RetrievalError("INVALID_DOCUMENT", `${where} has a property that is not known`, {
      value: unknown,
      repair: "Put further data in its fields.",
    });
  }
  const { id, vector, fields } = row as Partial<Record<keyof Row, unknown>>;
  if (typeof id !== "string" || id === "") {
    throw new RetrievalError("INVALID_DOCUMENT", `${where} has no id`, {
      value: id,
      repair: "Give each row a string of at least one character as id.",
    });
  }
  if (id.length > MAX_ID_LENGTH) {
    throw new RetrievalError("INPUT_TOO_LARGE", `the id of ${where} is too long`, {
      value: id.length,
      repair: `Use at most ${MAX_ID_LENGTH} code units.`,
    });
  }
  if (
    fields !== undefined &&
    (typeof fields !== "object" || fields === null || Array.isArray(fields))
  ) {
    throw new RetrievalError("INVALID_DOCUMENT", `the fields of ${where} are not an object`, {
      value: fields,
      repair: "Give an object of names and values.",
    });
  }
  return {
    id,
    vector: copyVector(vector, dimensions, `the vector of ${where}`),
    fields: fields && copyFields(fields, where),
  };
}
