// Scan of 8-bit codes. A row is its step times its codes, but for a residual; the query likewise, in codes of 16 bits. Sums of
// products of codes are whole numbers and exact, and so are the bounds that `keep.ts` needs, once the residuals are known.

import { GROUP, keep, maskOf } from "./keep";

/** row . query of codes, in i32: the caller sees to it that no sum of absolute products reaches 2^31. `stride`: a multiple of 16. */
function dot(row: usize, query: usize, stride: u32): i32 {
  let a = i32x4.splat(0),
    b = a,
    c = a,
    e = a;
  const end = row + <usize>stride;
  const whole = row + (<usize>stride & ~31);
  for (; row < whole; row += 32, query += 64) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(row), v128.load(query)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(row, 8), v128.load(query, 16)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load8x8_s(row, 16), v128.load(query, 32)));
    e = i32x4.add(e, i32x4.dot_i16x8_s(v128.load8x8_s(row, 24), v128.load(query, 48)));
  }
  if (row < end) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(row), v128.load(query)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(row, 8), v128.load(query, 16)));
  }
  const sum = i32x4.add(i32x4.add(a, b), i32x4.add(c, e));
  return (
    i32x4.extract_lane(sum, 0) +
    i32x4.extract_lane(sum, 1) +
    (i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3))
  );
}

/** True if one of four upper bounds is not below the bar. */
function reaches(sums: v128, steps: v128, bound: v128, bar: v128): bool {
  const low = f64x2.mul(
    f64x2.promote_low_f32x4(steps),
    f64x2.add(f64x2.convert_low_i32x4_s(sums), bound),
  );
  const high = f64x2.mul(
    f64x2.promote_low_f32x4(v128.shuffle<i32>(steps, steps, 2, 3, 2, 3)),
    f64x2.add(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, sums, 2, 3, 2, 3)), bound),
  );
  return !i64x2.all_true(v128.and(f64x2.lt(low, bar), f64x2.lt(high, bar)));
}

/**
 * Scans `count` rows of codes and keeps those that may be among the k best (see `keep.ts`). Scores are in units of the query's
 * step: that of row i lies within `steps[i] * (sum of code products -+ bound)`. Returns the number of candidates.
 *
 * @param rows `count` x `stride` codes
 * @param steps one float per row, readable up to a multiple of 16
 * @param query `stride` codes of 16 bits
 * @param allowed,group,heap,found,uppers as in `f32.ts`
 */
export function scanI8(
  rows: usize,
  steps: usize,
  count: u32,
  stride: u32,
  query: usize,
  allowed: usize,
  bound: f64,
  group: usize,
  heap: usize,
  k: u32,
  found: usize,
  uppers: usize,
): u32 {
  const bounds = f64x2.splat(bound);
  let kept: u32 = 0;
  for (let first: u32 = 0; first < count; first += GROUP) {
    const mask = maskOf(allowed, first, count);
    if (!mask) continue;
    const base = rows + <usize>first * stride;
    for (let left = mask; left; left &= left - 1) {
      const i = <usize>ctz(left);
      store<i32>(group + (i << 2), dot(base + i * stride, query, stride));
    }
    for (let part: u32 = 0; part < GROUP; part += 4) {
      const offset = (<usize>part) << 2;
      const weights = steps + ((<usize>first) << 2) + offset;
      const bar = f64x2.splat(load<f64>(heap));
      if (!reaches(v128.load(group + offset), v128.load(weights), bounds, bar)) continue;
      for (let left = mask & (0xf << part); left; left &= left - 1) {
        const i = (<usize>ctz(left)) << 2;
        const sum = <f64>load<i32>(group + i);
        const step = <f64>load<f32>(steps + ((<usize>first) << 2) + i);
        const row = first + <u32>(i >> 2);
        kept = keep(row, step * (sum + bound), step * (sum - bound), heap, k, kept, found, uppers);
      }
    }
  }
  return kept;
}

/** |row - step * codes|^2 in f64. */
function residualOf(row: usize, codes: usize, stride: u32, step: f64): f64 {
  let a = f64x2.splat(0),
    b = a;
  const steps = f64x2.splat(step);
  for (let j: u32 = 0; j < stride; j += 4, row += 16, codes += 4) {
    const x = v128.load(row);
    const c = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(codes)));
    const low = f64x2.sub(
      f64x2.promote_low_f32x4(x),
      f64x2.mul(steps, f64x2.convert_low_i32x4_s(c)),
    );
    const high = f64x2.sub(
      f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3)),
      f64x2.mul(steps, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(c, c, 2, 3, 2, 3))),
    );
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
  }
  const sum = f64x2.add(a, b);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Greatest absolute component; NaN and Infinity give a value that is not finite. */
function mostOf(row: usize, stride: u32): f32 {
  let most = f32x4.splat(0);
  for (let j: u32 = 0; j < stride; j += 4, row += 16)
    most = f32x4.max(most, f32x4.abs(v128.load(row)));
  return max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
}

/**
 * Codes of -127..127 for `count` rows of floats, and a step for each row. Raises `bounds`, two f64: the greatest
 * (residual / step)^2 and |codes|^2 of a row. Exactness rests on these alone, not on how well a code was rounded.
 * Stops at a row with a component that is not finite; returns the number of rows done.
 */
export function encodeI8(
  rows: usize,
  count: u32,
  stride: u32,
  codes: usize,
  steps: usize,
  bounds: usize,
): u32 {
  let residual = load<f64>(bounds),
    length = load<f64>(bounds, 8);
  for (let i: u32 = 0; i < count; i++) {
    const row = rows + ((<usize>i * stride) << 2);
    const most = mostOf(row, stride);
    // Infinity - Infinity and NaN - NaN are NaN.
    if (most - most != 0) return i;
    // The least float where a step would underflow to zero; a row of zeros has no step.
    const step: f32 = most > 0 ? max<f32>(most / 127, f32.MIN_VALUE) : 0;
    store<f32>(steps + ((<usize>i) << 2), step);
    const out = codes + <usize>i * stride;
    const divisor = f32x4.splat(step > 0 ? step : 1);
    let squares = i32x4.splat(0);
    for (let j: usize = 0; j < stride; j += 16) {
      const at = row + (j << 2);
      const low = i16x8.narrow_i32x4_s(rounded(at, divisor), rounded(at + 16, divisor));
      const high = i16x8.narrow_i32x4_s(rounded(at + 32, divisor), rounded(at + 48, divisor));
      // -128 can only come from a step that underflow made coarse; its square fits as well.
      v128.store(out + j, i8x16.narrow_i16x8_s(low, high));
      const kept = v128.load(out + j);
      const a = i16x8.extend_low_i8x16_s(kept),
        b = i16x8.extend_high_i8x16_s(kept);
      squares = i32x4.add(squares, i32x4.add(i32x4.dot_i16x8_s(a, a), i32x4.dot_i16x8_s(b, b)));
    }
    if (step == 0) continue;
    const scale = <f64>step;
    residual = max(residual, residualOf(row, out, stride, scale) / (scale * scale));
    length = max(
      length,
      <f64>i32x4.extract_lane(squares, 0) +
        <f64>i32x4.extract_lane(squares, 1) +
        <f64>i32x4.extract_lane(squares, 2) +
        <f64>i32x4.extract_lane(squares, 3),
    );
  }
  store<f64>(bounds, residual);
  store<f64>(bounds, length, 8);
  return count;
}

function rounded(at: usize, divisor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(v128.load(at), divisor)));
}
