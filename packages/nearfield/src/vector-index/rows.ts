import {
  isRetrievalError,
  RetrievalError,
  type Entry,
  type EntryBlock,
  type Fields,
} from "@nearfield/core";
import { copyFields, MAX_ID_LENGTH } from "@nearfield/encoder";
import { readVector } from "./vector.ts";

/** A vector of the app's own, with what it wants to filter by and to get back. */
export interface Row {
  /** 1 to 1,024 UTF-16 code units, compared by code unit. Adding the same id again replaces the row. */
  readonly id: string;
  /** As long as the index's `dimensions`, finite. Stored as it is: it is not normalized. */
  readonly vector: Float32Array | readonly number[];
  readonly fields?: Fields | undefined;
}

/** Rows that go into one transaction, with nothing of the caller's in them. */
export type RowBlock = EntryBlock & { readonly vectors: Float32Array<ArrayBuffer> };

/** Rows of one transaction, and bytes of its vectors: some full segments, as a transaction takes its time whatever is in it. */
const ROWS_PER_BLOCK = 16_384;
const BYTES_PER_BLOCK = 32 * 2 ** 20;
/** Room for so many rows is made at first: most calls have few. */
const FIRST_ROWS = 64;

const KNOWN: ReadonlySet<string> = new Set(["id", "vector", "fields"]);

/**
 * Copies of all rows, as blocks for one transaction each.
 * @param hash names this very call: rows of an id that is stored are always replaced
 * @throws RetrievalError `INVALID_OPTION` for something that is no iterable, `SOURCE_FAILED` when it throws, `INVALID_DOCUMENT`,
 * `INPUT_TOO_LARGE`, `INVALID_VECTOR`, `DUPLICATE_ID`, `OUT_OF_MEMORY`
 */
export function readBlocks(rows: unknown, dimensions: number, hash: string): readonly RowBlock[] {
  if (typeof rows !== "object" || rows === null || !(Symbol.iterator in rows)) {
    throw new RetrievalError("INVALID_OPTION", "rows must be an array or an iterable of rows", {
      value: rows,
      repair: "Put a single row into an array.",
    });
  }
  const blocks = new Blocks(dimensions, hash);
  const seen = new Set<string>();
  try {
    for (const row of rows as Iterable<unknown>) {
      const id = readRow(row, blocks, `row ${seen.size}`);
      if (seen.has(id)) {
        throw new RetrievalError("DUPLICATE_ID", "one call names a row twice", {
          value: id,
          repair: "Give each id once.",
        });
      }
      seen.add(id);
    }
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    throw new RetrievalError("SOURCE_FAILED", "the iterable that gave the rows threw", {
      repair: "See the cause. Nothing was stored.",
      cause: thrown,
    });
  }
  return blocks.finish();
}

/** Fills block after block, each vector copied once, to where it is sent from. */
class Blocks {
  readonly dimensions: number;
  readonly #hash: string;
  readonly #most: number;
  readonly #full: RowBlock[] = [];
  #entries: Entry[] = [];
  #vectors = new Float32Array();

  constructor(dimensions: number, hash: string) {
    this.dimensions = dimensions;
    this.#hash = hash;
    const byBytes = Math.floor(BYTES_PER_BLOCK / (dimensions * Float32Array.BYTES_PER_ELEMENT));
    this.#most = Math.min(ROWS_PER_BLOCK, byBytes);
  }

  /** Where the vector of the next row belongs. */
  get place(): Float32Array {
    const { dimensions } = this;
    if (this.#entries.length === this.#most) this.#end();
    const at = this.#entries.length * dimensions;
    if (at === this.#vectors.length) {
      const rows = Math.min(this.#most, Math.max(FIRST_ROWS, this.#entries.length * 2));
      const grown = new Float32Array(rows * dimensions);
      grown.set(this.#vectors);
      this.#vectors = grown;
    }
    return this.#vectors.subarray(at, at + dimensions);
  }

  /** Takes the row whose vector is in its place. */
  add(id: string, fields: Fields | undefined): void {
    this.#entries.push({ id, hash: this.#hash, rows: 1, payload: fields ? { fields } : null });
  }

  finish(): readonly RowBlock[] {
    if (this.#entries.length > 0) this.#end();
    return this.#full;
  }

  #end(): void {
    const { dimensions } = this;
    const length = this.#entries.length * dimensions;
    const vectors = this.#vectors.subarray(0, length);
    this.#full.push({ entries: this.#entries, vectors, dimensions });
    this.#entries = [];
    this.#vectors = new Float32Array();
  }
}

/** Adds a row; gives its id. */
function readRow(row: unknown, blocks: Blocks, where: string): string {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw new RetrievalError("INVALID_DOCUMENT", `${where} is not an object`, {
      value: row,
      repair: "Give objects of the form { id, vector, fields }.",
    });
  }
  try {
    return copyRow(row, blocks, where);
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

function copyRow(row: object, blocks: Blocks, where: string): string {
  for (const key of Object.keys(row)) {
    if (KNOWN.has(key)) continue;
    throw new RetrievalError("INVALID_DOCUMENT", `${where} has a property that is not known`, {
      value: key,
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
  readVector(vector, blocks.place, `the vector of ${where}`);
  blocks.add(id, fields && copyFields(fields, where));
  return id;
}
