// From float32 rows to 8-bit codes, and what the codes leave out.

import { sumOf } from "./i8";

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
 * Codes of -127..127 for `count` rows of floats, and for each row its step and the sum of its codes. Raises `bounds`, two f64: the greatest
 * (residual / step)^2 and |codes|^2 of a row. Exactness rests on these alone, not on how well a code was rounded.
 * Stops at a row with a component that is not finite; returns the number of rows done.
 */
export function encodeI8(
  rows: usize,
  count: u32,
  stride: u32,
  codes: usize,
  steps: usize,
  sums: usize,
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
    let squares = i32x4.splat(0),
      sum = squares;
    for (let j: usize = 0; j < stride; j += 16) {
      const at = row + (j << 2);
      const low = i16x8.narrow_i32x4_s(rounded(at, divisor), rounded(at + 16, divisor));
      const high = i16x8.narrow_i32x4_s(rounded(at + 32, divisor), rounded(at + 48, divisor));
      // -128 can only come from a step that underflow made coarse; its square fits as well.
      v128.store(out + j, i8x16.narrow_i16x8_s(low, high));
      const kept = v128.load(out + j);
      const a = i16x8.extend_low_i8x16_s(kept),
        b = i16x8.extend_high_i8x16_s(kept);
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.add(a, b)));
      squares = i32x4.add(squares, i32x4.add(i32x4.dot_i16x8_s(a, a), i32x4.dot_i16x8_s(b, b)));
    }
    store<i32>(sums + ((<usize>i) << 2), sumOf(sum));
    if (step == 0) continue;
    const scale = <f64>step;
    residual = max(residual, residualOf(row, out, stride, scale) / (scale * scale));
    length = max(length, <f64>sumOf(squares));
  }
  store<f64>(bounds, residual);
  store<f64>(bounds, length, 8);
  return count;
}

function rounded(at: usize, divisor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(v128.load(at), divisor)));
}
