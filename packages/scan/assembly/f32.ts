// Scan of float32 rows. One row at a time, four independent accumulators, memory read in order: the shape that comes closest
// to the bandwidth of the machine. No relaxed multiply-add: it brings no speed here, and engines may differ in it.

import { GROUP, keep, maskOf } from "./keep";

/**
 * row . query in f32. `stride` floats, a multiple of 4, zero beyond the dimensions. The longest chain of roundings
 * is one product, `stride / 16` additions, at most 3 of the remainder and 4 that join: `rounding.ts` counts on it.
 */
function dot(row: usize, query: usize, stride: u32): f32 {
  let a = f32x4.splat(0),
    b = a,
    c = a,
    e = a;
  const end = row + ((<usize>stride) << 2);
  const whole = row + (((<usize>stride) << 2) & ~63);
  for (; row < whole; row += 64, query += 64) {
    a = f32x4.add(f32x4.mul(v128.load(row), v128.load(query)), a);
    b = f32x4.add(f32x4.mul(v128.load(row, 16), v128.load(query, 16)), b);
    c = f32x4.add(f32x4.mul(v128.load(row, 32), v128.load(query, 32)), c);
    e = f32x4.add(f32x4.mul(v128.load(row, 48), v128.load(query, 48)), e);
  }
  for (; row < end; row += 16, query += 16) {
    a = f32x4.add(f32x4.mul(v128.load(row), v128.load(query)), a);
  }
  const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, e));
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

/** True if one of four upper bounds is not below the bar. */
function reaches(scores: v128, norms: v128, rate: v128, slack: v128, bar: v128): bool {
  const low = f64x2.add(
    f64x2.promote_low_f32x4(scores),
    f64x2.mul(f64x2.promote_low_f32x4(norms), rate),
  );
  const high = f64x2.add(
    f64x2.promote_low_f32x4(v128.shuffle<i32>(scores, scores, 2, 3, 2, 3)),
    f64x2.mul(f64x2.promote_low_f32x4(v128.shuffle<i32>(norms, norms, 2, 3, 2, 3)), rate),
  );
  const out = v128.and(f64x2.lt(f64x2.add(low, slack), bar), f64x2.lt(f64x2.add(high, slack), bar));
  return !i64x2.all_true(out);
}

/**
 * Scans `count` rows and keeps those that may be among the k best (see `keep.ts`). The true score of row i lies within
 * `norms[i] * rate + slack` of the score that is computed here. Returns the number of candidates.
 *
 * @param rows `count` x `stride` floats
 * @param norms one float per row, readable up to a multiple of 16
 * @param allowed a bitmap readable up to a multiple of 16 bits, or 0
 * @param group room for 16 floats
 * @param heap k doubles, a min-heap: the greatest lower bounds of this query so far
 * @param found,uppers room for `count` candidates: row (u32) and upper bound (f64)
 */
export function scanF32(
  rows: usize,
  norms: usize,
  count: u32,
  stride: u32,
  query: usize,
  allowed: usize,
  rate: f64,
  slack: f64,
  group: usize,
  heap: usize,
  k: u32,
  found: usize,
  uppers: usize,
): u32 {
  const rates = f64x2.splat(rate),
    slacks = f64x2.splat(slack);
  const size = (<usize>stride) << 2;
  let kept: u32 = 0;
  for (let first: u32 = 0; first < count; first += GROUP) {
    const mask = maskOf(allowed, first, count);
    if (!mask) continue;
    const base = rows + <usize>first * size;
    for (let left = mask; left; left &= left - 1) {
      const i = <usize>ctz(left);
      store<f32>(group + (i << 2), dot(base + i * size, query, stride));
    }
    for (let part: u32 = 0; part < GROUP; part += 4) {
      const offset = (<usize>part) << 2;
      const weights = norms + ((<usize>first) << 2) + offset;
      const bar = f64x2.splat(load<f64>(heap));
      if (!reaches(v128.load(group + offset), v128.load(weights), rates, slacks, bar)) continue;
      for (let left = mask & (0xf << part); left; left &= left - 1) {
        const i = (<usize>ctz(left)) << 2;
        const score = <f64>load<f32>(group + i);
        const radius = <f64>load<f32>(norms + ((<usize>first) << 2) + i) * rate + slack;
        const row = first + <u32>(i >> 2);
        kept = keep(row, score + radius, score - radius, heap, k, kept, found, uppers);
      }
    }
  }
  return kept;
}
