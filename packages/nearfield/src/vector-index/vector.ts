import { isFinite32, RetrievalError } from "@nearfield/core";

/**
 * A copy of `value` as float32.
 * @param what names it in the message
 * @throws RetrievalError `INVALID_VECTOR` for another kind, another length, or a component that is no finite float32
 */
export function copyVector(
  value: unknown,
  dimensions: number,
  what: string,
): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimensions);
  readVector(value, vector, what);
  return vector;
}

/** The same, into `vector`, which has all dimensions; after an error it holds anything. */
export function readVector(value: unknown, vector: Float32Array, what: string): void {
  if (!isFloat32Array(value) && !isNumbers(value)) {
    throw new RetrievalError("INVALID_VECTOR", `${what} is not a vector`, {
      value,
      repair: "Give a Float32Array or an array of numbers.",
    });
  }
  if (value.length !== vector.length) {
    const problem = `${what} does not have ${vector.length} dimensions`;
    throw new RetrievalError("INVALID_VECTOR", problem, {
      value: value.length,
      repair: "Use the model that the index was made for.",
    });
  }
  vector.set(value);
  if (isFinite32(vector)) return;
  const at = vector.findIndex((component) => !Number.isFinite(component));
  throw new RetrievalError("INVALID_VECTOR", `component ${at} of ${what} is not a finite float32`, {
    value: value[at],
    repair: "Leave it out, or look into the model that gave it.",
  });
}

/** Each of them has its own list of the best, of up to 10,000 rows. */
const MAX_QUERIES = 1_000;

/**
 * Copies of the vectors of a batch.
 * @throws RetrievalError `INVALID_OPTION` for something that is no iterable, `INPUT_TOO_LARGE`, and as {@link copyVector}
 */
export function copyQueries(vectors: unknown, dimensions: number): Float32Array<ArrayBuffer>[] {
  if (typeof vectors !== "object" || vectors === null || !(Symbol.iterator in vectors)) {
    throw new RetrievalError("INVALID_OPTION", "the queries must be an iterable of vectors", {
      value: vectors,
      repair: "Put a single vector into an array, or use query.",
    });
  }
  const copies: Float32Array<ArrayBuffer>[] = [];
  for (const vector of vectors as Iterable<unknown>) {
    if (copies.length === MAX_QUERIES) {
      throw new RetrievalError("INPUT_TOO_LARGE", "there are too many queries in one call", {
        repair: `Give at most ${MAX_QUERIES} at once.`,
      });
    }
    copies.push(copyVector(vector, dimensions, `query ${copies.length}`));
  }
  return copies;
}

/** Also one of another realm. */
function isFloat32Array(value: unknown): value is Float32Array {
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Float32Array]"
  );
}

function isNumbers(value: unknown): value is readonly number[] {
  if (!Array.isArray(value)) return false;
  // By index, so that a hole is met.
  for (let at = 0; at < value.length; at++) if (typeof value[at] !== "number") return false;
  return true;
}
