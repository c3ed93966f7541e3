import { normalize, RetrievalError, type Pooling, type PoolingMode } from "@nearfield/core";
import type { GraphOutput } from "@nearfield/runtime";

/** One row of a right-padded batch. */
export interface PooledRow {
  /** Tokens without padding. */
  readonly length: number;
  /** Tokens at the start that are left out of the pooling; at least one token stays. */
  readonly skip: number;
}

export interface PoolOptions {
  readonly pooling: Pooling;
  /** Components of each vector of the graph. */
  readonly width: number;
  /** Layers on the states of the tokens, before they are pooled. */
  readonly tokens?: ((states: Float32Array) => Float32Array) | undefined;
}

/**
 * One vector for each row, not yet normalized; several modes give vectors one after the other.
 * @param output `[rows, width]` where the graph pools, else `[rows, tokens, width]`
 * @throws RetrievalError `EMBEDDING_INVALID` where the output has another shape than the card says
 */
export function pool(
  output: GraphOutput,
  rows: readonly PooledRow[],
  { pooling, width, tokens = (states) => states }: PoolOptions,
): Float32Array[] {
  if (pooling === "in-graph") {
    checkShape(output, [rows.length, width]);
    return rows.map((_, row) => output.data.slice(row * width, (row + 1) * width));
  }
  const longest = Math.max(...rows.map(({ length }) => length));
  checkShape(output, [rows.length, longest, width]);
  const modes = [pooling].flat();
  return rows.map(({ length, skip }, row) => {
    const first = Math.min(skip, length - 1);
    const start = row * longest;
    const raw = output.data.subarray((start + first) * width, (start + length) * width);
    const states = tokens(raw);
    return concatenate(modes.map((mode) => poolRow(states, length - first, first, mode)));
  });
}

function concatenate(vectors: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of vectors) {
    whole.set(vector, at);
    at += vector.length;
  }
  return whole;
}

/**
 * One vector of `length` states, by the definitions of sentence-transformers' `Pooling`.
 * @param first place of the first state in its row
 */
function poolRow(
  states: Float32Array,
  length: number,
  first: number,
  mode: PoolingMode,
): Float32Array {
  const width = states.length / length;
  switch (mode) {
    case "cls":
      return states.subarray(0, width);
    case "last-token":
      return states.subarray(states.length - width);
    case "mean":
      return combine(states, width, () => 1 / length);
    case "mean-sqrt-length":
      return combine(states, width, () => 1 / Math.sqrt(length));
    case "weighted-mean": {
      // Weights go by the place in the whole row, also where its beginning is left out.
      const sum = length * first + (length * (length + 1)) / 2;
      return combine(states, width, (token) => (first + token + 1) / sum);
    }
    case "max": {
      const most = states.slice(0, width);
      for (let at = width; at < states.length; at++) {
        const j = at % width;
        most[j] = Math.max(most[j] as number, states[at] as number);
      }
      return most;
    }
    default:
      return mode satisfies never;
  }
}

/** The sum of all states, each times its weight, added up in double precision. */
function combine(
  states: Float32Array,
  dimensions: number,
  weightOf: (token: number) => number,
): Float32Array {
  const sum = new Float64Array(dimensions);
  for (let token = 0; token * dimensions < states.length; token++) {
    const weight = weightOf(token);
    for (let j = 0; j < dimensions; j++) {
      sum[j] = (sum[j] as number) + weight * (states[token * dimensions + j] as number);
    }
  }
  return Float32Array.from(sum);
}

/**
 * The first `dimensions` components (Matryoshka), scaled to unit length unless the model's vectors keep their length.
 * @throws RetrievalError `EMBEDDING_INVALID` for a vector that is not finite or has no direction
 */
export function finish(
  vector: Float32Array,
  dimensions: number,
  isNormalized = true,
): Float32Array {
  const cut = vector.slice(0, dimensions);
  const finished = normalize(cut.slice());
  let square = 0;
  for (const component of finished) square += component * component;
  // One test for all: a zero vector stays zero, and one NaN or infinity makes the sum NaN.
  if (Math.abs(square - 1) < UNIT_TOLERANCE) return isNormalized ? finished : cut;
  throw new RetrievalError("EMBEDDING_INVALID", "the model gave a vector without direction", {
    value: square,
    repair: "Try another device.",
  });
}

/** Float32 components leave an error of about 1e-7 in the square of the length. */
const UNIT_TOLERANCE = 1e-4;

function checkShape({ data, shape }: GraphOutput, wanted: readonly number[]): void {
  const size = wanted.reduce((product, extent) => product * extent, 1);
  const same = shape.length === wanted.length && wanted.every((extent, i) => shape[i] === extent);
  if (same && data.length === size) return;
  throw new RetrievalError("EMBEDDING_INVALID", "the graph's output has another shape", {
    value: `${shape.join(" × ")} instead of ${wanted.join(" × ")}`,
    repair: "Correct the output, pooling or dimensions of the model card.",
  });
}
