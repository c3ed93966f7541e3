import { normalize, RetrievalError, type Pooling, type PoolingMode } from "@nearfield/core";
import type { GraphOutput } from "@nearfield/runtime";

/**
 * One vector for each row of a right-padded batch, not yet normalized; several modes give vectors one after the other.
 * @param output `[rows, dimensions]` where the graph pools, else `[rows, tokens, dimensions]`
 * @param lengths tokens of each row without padding
 * @param dimensions components of each vector of the graph
 * @throws RetrievalError `EMBEDDING_INVALID` where the output has another shape than the card says
 */
export function pool(
  output: GraphOutput,
  lengths: readonly number[],
  pooling: Pooling,
  dimensions: number,
): Float32Array[] {
  const inGraph = pooling === "in-graph";
  const tokens = inGraph ? 1 : Math.max(...lengths);
  checkShape(output, inGraph ? [] : [tokens], lengths.length, dimensions);
  const modes: readonly PoolingMode[] = inGraph ? ["cls"] : [pooling].flat();
  return lengths.map((length, row) => {
    const start = row * tokens * dimensions;
    const states = output.data.subarray(start, start + (inGraph ? 1 : length) * dimensions);
    const pooled = new Float32Array(modes.length * dimensions);
    for (const [at, mode] of modes.entries()) {
      pooled.set(poolRow(states, dimensions, mode), at * dimensions);
    }
    return pooled;
  });
}

/** One vector of the states of a row's real tokens, by the definitions of sentence-transformers' `Pooling`. */
function poolRow(states: Float32Array, dimensions: number, mode: PoolingMode): Float32Array {
  const length = states.length / dimensions;
  switch (mode) {
    case "cls":
      return states.subarray(0, dimensions);
    case "last-token":
      return states.subarray(states.length - dimensions);
    case "mean":
      return combine(states, dimensions, () => 1 / length);
    case "mean-sqrt-length":
      return combine(states, dimensions, () => 1 / Math.sqrt(length));
    case "weighted-mean": {
      const sum = (length * (length + 1)) / 2;
      return combine(states, dimensions, (token) => (token + 1) / sum);
    }
    case "max": {
      const most = states.slice(0, dimensions);
      for (let at = dimensions; at < states.length; at++) {
        const j = at % dimensions;
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
 * The first `dimensions` components (Matryoshka), scaled to unit length.
 * @throws RetrievalError `EMBEDDING_INVALID` for a vector that is not finite or has no direction
 */
export function finish(vector: Float32Array, dimensions: number): Float32Array {
  const finished = normalize(vector.slice(0, dimensions));
  let square = 0;
  for (const component of finished) square += component * component;
  // One test for all: a zero vector stays zero, and one NaN or infinity makes the sum NaN.
  if (Math.abs(square - 1) < UNIT_TOLERANCE) return finished;
  throw new RetrievalError("EMBEDDING_INVALID", "the model gave a vector without direction", {
    value: square,
    repair: "Try another device.",
  });
}

/** Float32 components leave an error of about 1e-7 in the square of the length. */
const UNIT_TOLERANCE = 1e-4;

function checkShape(
  { data, shape }: GraphOutput,
  tokens: readonly number[],
  rows: number,
  dimensions: number,
): void {
  const wanted = [rows, ...tokens, dimensions];
  const size = wanted.reduce((product, extent) => product * extent, 1);
  const same = shape.length === wanted.length && wanted.every((extent, i) => shape[i] === extent);
  if (same && data.length === size) return;
  throw new RetrievalError("EMBEDDING_INVALID", "the graph's output has another shape", {
    value: `${shape.join(" × ")} instead of ${wanted.join(" × ")}`,
    repair: "Correct the output, pooling or dimensions of the model card.",
  });
}
