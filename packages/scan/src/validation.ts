import { isFinite32, RetrievalError, type ScanTarget } from "@nearfield/core";

/** Above it no embedding model is known, and the kernels' error bounds are not worth anything any more. */
export const MAX_DIMENSIONS = 65_536;

/** @throws RetrievalError `INVALID_OPTION` unless `dimensions` is an integer from 1 to {@link MAX_DIMENSIONS}. */
export function checkDimensions(dimensions: number): void {
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS)
    throw new RetrievalError("INVALID_OPTION", "the number of dimensions is out of range", {
      value: dimensions,
      repair: `Pass an integer from 1 to ${MAX_DIMENSIONS}.`,
    });
}

/**
 * Number of rows in `rows`. Leaves the components alone: whoever measures the rows sees those that are not finite.
 * @throws RetrievalError `INVALID_VECTOR` for a length that is no multiple of `dimensions`.
 */
export function countRows(rows: Float32Array, dimensions: number): number {
  if (!(rows instanceof Float32Array) || rows.length % dimensions !== 0)
    throw new RetrievalError("INVALID_VECTOR", "the rows do not have whole vectors", {
      value: rows instanceof Float32Array ? rows.length : rows,
      repair: `Pass a Float32Array whose length is a multiple of ${dimensions}.`,
    });
  return rows.length / dimensions;
}

/** The error for a row with a component that is not finite. */
export function notFinite(row: number): RetrievalError {
  return new RetrievalError("INVALID_VECTOR", "a row has a component that is not finite", {
    value: `row ${row}`,
    repair: "Leave out vectors with NaN or Infinity.",
  });
}

/** @throws RetrievalError `INVALID_VECTOR` unless `query` is finite and `dimensions` long. */
export function checkQuery(query: Float32Array, dimensions: number): void {
  if (!(query instanceof Float32Array) || query.length !== dimensions)
    throw new RetrievalError("INVALID_VECTOR", "the query does not have the index's dimensions", {
      value: query instanceof Float32Array ? query.length : query,
      repair: `Pass a Float32Array of length ${dimensions}.`,
    });
  if (!isFinite32(query))
    throw new RetrievalError("INVALID_VECTOR", "the query has a component that is not finite", {
      repair: "Pass a query without NaN and Infinity.",
    });
}

/** @throws RetrievalError `INVALID_VECTOR` at the first of them that {@link checkQuery} refuses. */
export function checkQueries(queries: readonly Float32Array[], dimensions: number): void {
  for (const query of queries) checkQuery(query, dimensions);
}

/** @throws RetrievalError `INVALID_OPTION` unless `limit` is an integer of at least 1 (or Infinity). */
export function checkLimit(limit: number): void {
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 1))
    throw new RetrievalError("INVALID_OPTION", "the limit is not a positive integer", {
      value: limit,
      repair: "Ask for at least one row.",
    });
}

/** What a scanner finds in its table of blocks under the handle of `target`, with a bitmap that covers `count` rows. */
export function resolveTarget<Block extends { readonly count: number }>(
  blocks: ReadonlyMap<number, Block>,
  target: ScanTarget,
): Block {
  const block = blocks.get(target.block);
  if (!block)
    throw new RetrievalError(
      "INVALID_OPTION",
      "a target names a block that the scanner does not hold",
      {
        value: target.block,
        repair: "Search only blocks that were added and not removed.",
      },
    );
  if (target.allowed && target.allowed.length < Math.ceil(block.count / 8))
    throw new RetrievalError("INVALID_OPTION", "the bitmap of a target does not cover its rows", {
      value: target.allowed.length,
      repair: `Pass one bit per row: ${Math.ceil(block.count / 8)} bytes.`,
    });
  return block;
}

/** The error for any use of a scanner after `close`. */
export function closed(): RetrievalError {
  return new RetrievalError("CLOSED", "the scanner was closed", {
    repair: "Create another scanner.",
  });
}
