/**
 * Inner product of `row` and `query`, in double precision, first component first. This loop *is* the definition of
 * a score: every product of two float32 numbers is exact in a double, so a scanner that returns the ids of this
 * loop is exact. Kernels may only decide which rows get here.
 */
export function dot(row: Float32Array, query: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < query.length; j++) sum += (row[j] as number) * (query[j] as number);
  return sum;
}

/** Euclidean length of `vector`, in double precision. */
export function norm(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < vector.length; j++) sum += (vector[j] as number) ** 2;
  return Math.sqrt(sum);
}

/** Scales `vector` to unit length in place and returns it. A zero vector stays what it is. */
export function normalize(vector: Float32Array): Float32Array {
  const length = norm(vector);
  if (length > 0)
    for (let j = 0; j < vector.length; j++) vector[j] = (vector[j] as number) / length;
  return vector;
}

/** Cosine of the angle between two vectors of one length; 0 where one of them is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = norm(a) * norm(b);
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

/** The bits of a float32 that are its exponent: all of them are ones where it is no finite number. */
const EXPONENT = 0x7f80_0000;
const LEAST_EXPONENT = 0x0080_0000;

/** True if every component is a finite number. */
export function isFinite32(vector: Float32Array): boolean {
  const words = new Int32Array(vector.buffer, vector.byteOffset, vector.length);
  // One more than all ones carries into the sign, and the sign stays: no branch for each component.
  let carried = 0;
  for (let j = 0; j < words.length; j++) {
    carried |= ((words[j] as number) & EXPONENT) + LEAST_EXPONENT;
  }
  return carried >= 0;
}
