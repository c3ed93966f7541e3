// What may come in. Everything is refused before any transaction opens, so that a bad batch stores nothing.
import { isFinite32, RetrievalError, type EntryBlock } from "@nearfield/core";

/** Code units of an id; the bound keeps keys and records small. */
const MAX_ID_UNITS = 1024;
/** Code units of a content hash: a SHA-256 in hexadecimal has 64. */
const MAX_HASH_UNITS = 256;
/** Rows of one commit: its transaction and its memory are bounded by it (100 MB of 384 dimensions). */
const MAX_COMMIT_ROWS = 65_536;

/**
 * @throws RetrievalError `INVALID_VECTOR` (dimensions, length, a component that is not finite, rows that do not add up),
 * `INVALID_DOCUMENT` (an id or a hash that is no string or is empty), `INPUT_TOO_LARGE`, `DUPLICATE_ID`.
 */
export function checkBlock(block: EntryBlock, dimensions: number): void {
  const { entries, vectors } = block;
  const seen = new Set<string>();
  let rows = 0;
  for (const entry of entries) {
    checkId(entry.id);
    if (seen.has(entry.id)) {
      throw new RetrievalError("DUPLICATE_ID", "one commit names an entry twice", {
        value: entry.id,
        repair: "Give each id once.",
      });
    }
    seen.add(entry.id);
    checkHash(entry.hash);
    if (!Number.isSafeInteger(entry.rows) || entry.rows < 1) {
      throw new RetrievalError("INVALID_VECTOR", "an entry needs at least one row", {
        value: entry.rows,
        repair: "Give a whole number from 1 on.",
      });
    }
    rows += entry.rows;
  }
  if (rows > MAX_COMMIT_ROWS) {
    throw new RetrievalError("INPUT_TOO_LARGE", "a commit has too many rows", {
      value: rows,
      repair: `Commit at most ${MAX_COMMIT_ROWS} rows at once.`,
    });
  }
  if (block.dimensions !== dimensions) throw wrongLength(block.dimensions, dimensions);
  if (!(vectors instanceof Float32Array) || vectors.length !== rows * dimensions) {
    throw new RetrievalError(
      "INVALID_VECTOR",
      `${rows} rows of ${dimensions} dimensions are ${rows * dimensions} numbers of a Float32Array`,
      { value: vectors?.length, repair: "Give the vectors of all rows, one after the other." },
    );
  }
  checkFinite(vectors);
}

/** @throws RetrievalError `INVALID_DOCUMENT`, or `INPUT_TOO_LARGE` for an id of more than 1,024 code units. */
export function checkId(id: unknown): asserts id is string {
  if (typeof id !== "string" || id === "") {
    throw new RetrievalError(
      "INVALID_DOCUMENT",
      "an id is not a string of at least one character",
      {
        value: id,
        repair: "Give every entry a string of its own as id.",
      },
    );
  }
  if (id.length > MAX_ID_UNITS) {
    throw new RetrievalError("INPUT_TOO_LARGE", "an id is too long", {
      value: id.length,
      repair: `Use at most ${MAX_ID_UNITS} characters.`,
    });
  }
}

/** @throws RetrievalError `INVALID_VECTOR`. */
export function checkQuery(vector: unknown, dimensions: number): asserts vector is Float32Array {
  if (!(vector instanceof Float32Array)) {
    throw new RetrievalError("INVALID_VECTOR", "a query vector is a Float32Array", {
      value: vector,
      repair: "Convert it with Float32Array.from.",
    });
  }
  if (vector.length !== dimensions) throw wrongLength(vector.length, dimensions);
  checkFinite(vector);
}

/** @throws RetrievalError `INVALID_OPTION` for anything but a whole number from 1 on. */
export function checkLimit(limit: unknown): asserts limit is number {
  if (typeof limit !== "number" || !Number.isSafeInteger(limit) || limit < 1) {
    throw new RetrievalError("INVALID_OPTION", "limit is a whole number from 1 on", {
      value: limit,
      repair: "Ask for at least one hit.",
    });
  }
}

function checkHash(hash: unknown): void {
  if (typeof hash !== "string" || hash === "" || hash.length > MAX_HASH_UNITS) {
    throw new RetrievalError("INVALID_DOCUMENT", "an entry needs the hash of its content", {
      value: hash,
      repair: `Give a string of 1 to ${MAX_HASH_UNITS} characters that changes with the content.`,
    });
  }
}

function checkFinite(vectors: Float32Array): void {
  if (isFinite32(vectors)) return;
  const at = vectors.findIndex((component) => !Number.isFinite(component));
  throw new RetrievalError("INVALID_VECTOR", `component ${at} is not a finite number`, {
    value: vectors[at],
    repair: "Look into the encoder that gave it.",
  });
}

function wrongLength(met: number, wanted: number): RetrievalError {
  return new RetrievalError("INVALID_VECTOR", `this index has vectors of ${wanted} dimensions`, {
    value: met,
    repair: "Use the encoder that the index was made with.",
  });
}
