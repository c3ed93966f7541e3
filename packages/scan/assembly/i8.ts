// Scan of 8-bit codes. A row is its step times its codes, but for a residual; the query likewise, in codes of 16 bits. Sums of
// products of codes are whole numbers and exact, and so are the bounds that `keep.ts` needs, once the residuals are known.

import { GROUP, keep, maskOf } from "./keep";

/**
 * row . query of codes, modulo 2^32: the caller sees to it that the sum lies below 2^31. `stride`: a multiple of 16.
 *
 * The portable module takes the query as codes of 16 bits. The relaxed one takes it in two parts of 7 bits, code + 8192 =
 * 128 * high + low, in turns of 16 bytes: what the relaxed product leaves to the engine, a second operand of 8 bits and sums
 * of two products beyond 16 bits, can then not occur (2 * 127 * 128 < 2^15), so all engines give the same integers. The 8192
 * come off by `rowSum`, the sum of the row's codes.
 */
function dot(row: usize, query: usize, stride: u32, rowSum: i32): i32 {
  let a = i32x4.splat(0),
    b = a,
    c = a,
    e = a;
  const end = row + <usize>stride;
  const whole = row + (<usize>stride & ~31);
  if (ASC_FEATURE_RELAXED_SIMD) {
    for (; row < whole; row += 32, query += 64) {
      const r = v128.load(row),
        s = v128.load(row, 16);
      a = i32x4.relaxed_dot_i8x16_i7x16_add_s(r, v128.load(query), a);
      b = i32x4.relaxed_dot_i8x16_i7x16_add_s(r, v128.load(query, 16), b);
      c = i32x4.relaxed_dot_i8x16_i7x16_add_s(s, v128.load(query, 32), c);
      e = i32x4.relaxed_dot_i8x16_i7x16_add_s(s, v128.load(query, 48), e);
    }
    if (row < end) {
      const r = v128.load(row);
      a = i32x4.relaxed_dot_i8x16_i7x16_add_s(r, v128.load(query), a);
      b = i32x4.relaxed_dot_i8x16_i7x16_add_s(r, v128.load(query, 16), b);
    }
    const high = i32x4.add(a, c),
      low = i32x4.add(b, e);
    return sumOf(i32x4.add(i32x4.shl(high, 7), low)) - (rowSum << 13);
  }
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
  return sumOf(i32x4.add(i32x4.add(a, b), i32x4.add(c, e)));
}

/** The four lanes together. */
export function sumOf(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    (i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3))
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
 * @param sums the sum of the codes of each row, as i32
 * @param query `stride` codes, in the form that `dot` takes
 * @param allowed,group,heap,found,uppers as in `f32.ts`
 */
export function scanI8(
  rows: usize,
  steps: usize,
  sums: usize,
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
      const sum = load<i32>(sums + ((<usize>first + i) << 2));
      store<i32>(group + (i << 2), dot(base + i * stride, query, stride, sum));
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

/** Rows that are brought into a cache before they are needed; at 4,096 dimensions they take a quarter of a megabyte. */
const AHEAD: u32 = 64;
const CACHE_LINE: u32 = 64;

/**
 * Reads a byte of each cache line of scattered rows. There is no prefetch in WebAssembly, and no hardware foresees these
 * reads: this way the memory works on many of them at once. Returns 0, in a way that no optimizer sees through.
 */
function touch(rows: usize, listed: usize, count: u32, stride: u32): u32 {
  let sum: u32 = 0;
  for (let n: u32 = 0; n < count; n++) {
    const row = rows + <usize>load<u32>(listed + ((<usize>n) << 2)) * stride;
    for (let j: u32 = 0; j < stride; j += CACHE_LINE) sum += load<u8>(row + j);
  }
  return sum >> 31;
}

/**
 * As `scanI8`, over the rows that `listed` names and no others. `found` may be `listed`: a candidate is written after it was
 * read. Returns the number of candidates.
 *
 * @param listed `count` rows as u32, counted from `rows`
 */
export function refineI8(
  rows: usize,
  steps: usize,
  sums: usize,
  listed: usize,
  count: u32,
  stride: u32,
  query: usize,
  bound: f64,
  heap: usize,
  k: u32,
  found: usize,
  uppers: usize,
): u32 {
  let kept: u32 = 0;
  for (let n: u32 = 0; n < count; n++) {
    if (n % AHEAD == 0)
      kept += touch(rows, listed + ((<usize>n) << 2), min(AHEAD, count - n), stride);
    const row = load<u32>(listed + ((<usize>n) << 2));
    const at = (<usize>row) << 2;
    const sum = <f64>dot(rows + <usize>row * stride, query, stride, load<i32>(sums + at));
    const step = <f64>load<f32>(steps + at);
    kept = keep(row, step * (sum + bound), step * (sum - bound), heap, k, kept, found, uppers);
  }
  return kept;
}
