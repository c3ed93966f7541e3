/** Unit roundoff of float32 and of float64 (round to nearest). */
const ROUNDOFF_32 = 2 ** -24;
const ROUNDOFF_64 = 2 ** -53;
/** Half the least positive float32: what a product can lose to underflow, whatever its size. */
const UNDERFLOW_32 = 2 ** -150;
/** More than the handful of f64 operations that form a norm or a bound can lose. */
const INFLATION = 1 + 2 ** -20;

/**
 * Longest chain of roundings on the way from one component to a sum of `dot` in `assembly/f32.ts`: the product, the
 * additions of its accumulator, and those that join accumulators and lanes.
 */
function chainLength(stride: number): number {
  const remainder = 3;
  const joins = 4;
  return 1 + Math.floor(stride / 16) + remainder + joins;
}

/** How far the f32 score of a row may be from the score of `dot`: at most `rate` x (norm of the row) + `slack`. */
export interface ErrorBound {
  readonly rate: number;
  readonly slack: number;
}

/**
 * The bound for the f32 kernel: gamma_m x |row| x |query| for its own sums (Higham, "Accuracy and Stability of Numerical
 * Algorithms", section 3.1), the same for the f64 sums of `dot`, and what products lose to underflow. It holds as
 * long as no sum overflows, which {@link boundableNorm} sees to.
 *
 * @param stride floats per row, padding included
 * @param queryNorm Euclidean length of the query as the kernel sees it
 */
export function boundOfF32(stride: number, queryNorm: number): ErrorBound {
  const m = chainLength(stride) * ROUNDOFF_32;
  const gamma32 = m / (1 - m);
  // 16: what a bound loses when it is formed and compared in f64.
  const gamma64 = (stride + 16) * ROUNDOFF_64;
  return {
    rate: (gamma32 + gamma64) * queryNorm * INFLATION,
    slack: 4 * stride * UNDERFLOW_32,
  };
}

/** The least float32 that is not denormal: a GPU may take what is below for zero, be it read, multiplied or summed. */
const LEAST_NORMAL_32 = 2 ** -126;

/** WGSL lets an implementation round to either neighbour of a result, and not only to the nearer one. */
const ROUNDOFF_WGSL = 2 * ROUNDOFF_32;

/**
 * The bound for `gpu/score-kernel.ts`: as {@link boundOfF32}, whatever the order of the additions and whether or not products are
 * fused with them, and with denormal numbers taken for zero. Components of the query are below 2, so a component of a row, a product
 * or a sum that is taken for zero loses at most 2 x 2^-126. (Components of the query that are denormal are nothing beside its greatest
 * one, which is at least 1/2: the inflation covers them.)
 *
 * @param stride floats per row, padding included
 */
export function boundOfGpu(stride: number, queryNorm: number): ErrorBound {
  const m = (stride + 8) * ROUNDOFF_WGSL;
  const gamma32 = m / (1 - m);
  const gamma64 = (stride + 16) * ROUNDOFF_64;
  return {
    rate: (gamma32 + gamma64) * queryNorm * INFLATION,
    slack: 16 * stride * LEAST_NORMAL_32,
  };
}

/** Queries come with components below 2, and have at most 2^16 of them: below this norm no f32 sum can overflow. */
const LARGEST_BOUNDABLE_NORM = 2 ** 118;

/**
 * A row's norm as a float32 that is not less than the norm. Infinity where a sum could overflow: no bound
 * holds then, and the row is always scored exactly.
 */
export function boundableNorm(norm: number): number {
  if (norm >= LARGEST_BOUNDABLE_NORM) return Infinity;
  return norm === 0 ? 0 : Math.fround(norm * INFLATION + 2 * UNDERFLOW_32);
}

/**
 * A power of two that brings the greatest component of `query` to between 1/2 and 2: products with it neither overflow nor
 * underflow where that can be helped. Scaling by it is exact but for components that are nothing next to the greatest.
 */
export function scaleOf(query: Float32Array): number {
  let most = 0;
  for (let j = 0; j < query.length; j++) most = Math.max(most, Math.abs(query[j] as number));
  return most === 0 ? 1 : 2 ** -Math.floor(Math.log2(most));
}

/** What the codes of a block leave out, and how long they are, in units of each row's step: the greatest over its rows. */
export interface CodeBounds {
  /** |row - step x codes| / step */
  readonly residual: number;
  /** |codes| */
  readonly length: number;
}

/** What f64 can lose on the sum of a code sum (below 2^31) and its bound. */
const SUM_ROUNDING = 2 ** -16;

/** What a query's codes are like, in Euclidean lengths. */
export interface QueryLengths {
  /** What a code of 1 stands for. */
  readonly step: number;
  /** |query| */
  readonly norm: number;
  /** |query - step x codes| */
  readonly residual: number;
}

/**
 * How far a sum of code products may be from the score of `dot`, in units of (step of the row) x (step of the query).
 * Cauchy-Schwarz on what the row's codes leave out, on what the query's leave out, and the rounding of `dot`; see
 * `docs/exactness.md`.
 */
export function boundOfI8(
  { residual, length }: CodeBounds,
  dimensions: number,
  query: QueryLengths,
): number {
  const gamma64 = (dimensions + 16) * ROUNDOFF_64;
  const error =
    residual * query.norm +
    length * (query.residual + gamma64 * query.norm) +
    gamma64 * (residual + length) * query.norm;
  return (error / query.step) * INFLATION + SUM_ROUNDING;
}
