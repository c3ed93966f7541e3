import { normalize } from "@nearfield/core";

/**
 * One vector of several: their mean, scaled to unit length, since an index compares by cosine; or the first. The mean without
 * scaling, as O1-Embedder takes it, puts the rows of an index into the same order.
 */
export function combineVectors(
  vectors: readonly Float32Array[],
  how: "mean" | "first",
): Float32Array | undefined {
  const [first] = vectors;
  if (!first || how === "first" || vectors.length === 1) return first;
  const sum = new Float64Array(first.length);
  for (const vector of vectors) {
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + (vector[at] as number);
  }
  return normalize(Float32Array.from(sum));
}
