import { normalize, RetrievalError, type Pooling } from "@nearfield/core";

/** What a graph gave: float32, row-major. */
export interface GraphOutput {
  readonly data: Float32Array;
  /** `[rows, dimensions]` where the graph pools, else `[rows, tokens, dimensions]`. */
  readonly shape: readonly number[];
}

/**
 * One vector for each row of a right-padded batch, as long as the graph makes them and not yet normalized.
 * @param lengths tokens of each row without padding
 * @throws RetrievalError `EMBEDDING_INVALID` where the output has another shape than the card says
 */
export function pool(
  output: GraphOutput,
  lengths: readonly number[],
  pooling: Pooling,
  dimensions: number,
): Float32Array[] {
  const tokens = pooling === "in-graph" ? 1 : Math.max(...lengths);
  checkShape(output, pooling === "in-graph" ? [] : [tokens], lengths.length, dimensions);
  return lengths.map((length, row) => {
    const state = (token: number) => {
      const start = (row * tokens + token) * dimensions;
      return output.data.slice(start, start + dimensions);
    };
    switch (pooling) {
      case "in-graph":
      case "cls":
        return state(0);
      case "last-token":
        return state(length - 1);
      case "mean":
        return mean(length, state);
      default:
        return pooling satisfies never;
    }
  });
}

function mean(length: number, state: (token: number) => Float32Array): Float32Array {
  const sum = Float64Array.from(state(0));
  for (let token = 1; token < length; token++) {
    const next = state(token);
    for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] as number) + (next[j] as number);
  }
  return Float32Array.from(sum, (component) => component / length);
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
