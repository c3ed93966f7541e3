// One bit per dimension, after RaBitQ (Gao and Long, SIGMOD 2024), scanned by table look-up ("FastScan").
//
//   r = x - mean,  s_j = +1 if r_j > 0 else -1,  factor = |r|^2 / sum_j |r_j|
//   x . q  ~  mean . q + factor * (s . q)
//
// s . q is a sum over groups of four dimensions. A group's four bits take 16 values, so its part of the sum is one of 16
// numbers, which one swizzle looks up for 16 rows at once.
//
// Layout: tiles of 32 rows. For each group 16 bytes: byte r holds the nibble of row r (low) and of row r + 16 (high). A tile
// takes 4 bytes per dimension.

import { keep, raise } from "./keep";

const TILE: u32 = 32;
/** Bytes of tables whose sums fit 8 bits: eight groups, with entries of up to 31. */
const WIDENED: usize = 8 * 16;

function sumOf(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** Bits and factors of `count` rows (of which the mean is taken off). `codes` has room for whole tiles. */
export function encodeBits(
  rows: usize,
  count: u32,
  stride: u32,
  codes: usize,
  factors: usize,
): void {
  for (let i: u32 = 0; i < count; i++) {
    let squares = f32x4.splat(0),
      sum = squares;
    let out = codes + <usize>(i >> 5) * stride * 4 + (i & 15);
    const high = (i & 16) != 0;
    for (let j: u32 = 0; j < stride; j += 4, rows += 16, out += 16) {
      const r = v128.load(rows);
      const nibble = <u32>i32x4.bitmask(f32x4.gt(r, f32x4.splat(0)));
      store<u8>(out, high ? load<u8>(out) | (nibble << 4) : nibble);
      squares = f32x4.add(squares, f32x4.mul(r, r));
      sum = f32x4.add(sum, f32x4.abs(r));
    }
    const total = sumOf(sum);
    store<f32>(factors + ((<usize>i) << 2), total > 0 ? sumOf(squares) / total : 0);
  }
}

function lookUp(table: v128, nibbles: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? i8x16.relaxed_swizzle(table, nibbles) // indices are below 16: defined alike everywhere
    : i8x16.swizzle(table, nibbles);
}

function storeEight(sums: v128, factors: usize, step: v128, base: v128, out: usize): void {
  const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(sums));
  const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(sums));
  v128.store(out, f32x4.mul(v128.load(factors), f32x4.add(f32x4.mul(low, step), base)));
  v128.store(out, f32x4.mul(v128.load(factors, 16), f32x4.add(f32x4.mul(high, step), base)), 16);
}

/** Estimates for one tile: out[r] = factors[r] * (step * sum + base). `stride`: a multiple of 8. */
function scoreTile(
  codes: usize,
  tables: usize,
  stride: u32,
  factors: usize,
  step: v128,
  base: v128,
  out: usize,
): void {
  const low4 = i8x16.splat(15),
    low8 = i16x8.splat(255);
  let even0 = i16x8.splat(0),
    odd0 = even0,
    even1 = even0,
    odd1 = even0; // rows 0..15, 16..31
  const end = tables + <usize>stride * 4;
  while (tables < end) {
    const stop = min(end, tables + WIDENED);
    let rows0 = i8x16.splat(0),
      rows1 = rows0;
    for (; tables < stop; tables += 32, codes += 32) {
      const c0 = v128.load(codes),
        c1 = v128.load(codes, 16);
      const t0 = v128.load(tables),
        t1 = v128.load(tables, 16);
      const lows = i8x16.add(lookUp(t0, v128.and(c0, low4)), lookUp(t1, v128.and(c1, low4)));
      const highs = i8x16.add(
        lookUp(t0, v128.and(i16x8.shr_u(c0, 4), low4)),
        lookUp(t1, v128.and(i16x8.shr_u(c1, 4), low4)),
      );
      rows0 = i8x16.add(rows0, lows);
      rows1 = i8x16.add(rows1, highs);
    }
    // By mask and shift: cheaper than two extends.
    even0 = i16x8.add(even0, v128.and(rows0, low8));
    odd0 = i16x8.add(odd0, i16x8.shr_u(rows0, 8));
    even1 = i16x8.add(even1, v128.and(rows1, low8));
    odd1 = i16x8.add(odd1, i16x8.shr_u(rows1, 8));
  }
  storeEight(v128.shuffle<i16>(even0, odd0, 0, 8, 1, 9, 2, 10, 3, 11), factors, step, base, out);
  storeEight(
    v128.shuffle<i16>(even0, odd0, 4, 12, 5, 13, 6, 14, 7, 15),
    factors + 32,
    step,
    base,
    out + 32,
  );
  storeEight(
    v128.shuffle<i16>(even1, odd1, 0, 8, 1, 9, 2, 10, 3, 11),
    factors + 64,
    step,
    base,
    out + 64,
  );
  storeEight(
    v128.shuffle<i16>(even1, odd1, 4, 12, 5, 13, 6, 14, 7, 15),
    factors + 96,
    step,
    base,
    out + 96,
  );
}

/** A float somewhat below the bar: what is below it is passed over, and the comparison that counts is made in f64. */
function floorOf(bar: f64): f32 {
  const near = <f32>bar;
  return near - abs<f32>(near) * 1e-6 - f32.MIN_NORMAL_VALUE;
}

/**
 * Scans `count` rows and keeps those that are likely to be among the k best (see `keep.ts`): the score of row i is taken to lie
 * within `factors[i] * width` of its estimate. Returns the number of candidates.
 *
 * @param codes tiles, as `encodeBits` writes them
 * @param factors one float per row, readable up to a multiple of 32
 * @param tables 16 bytes per group of four dimensions, with entries of at most 31; the greatest of all groups add up to at most
 *   65,535
 * @param mean mean . query
 * @param step,base s . q ~ step * (sum of entries) + base
 * @param width of the interval around s . q; Infinity keeps every row
 * @param allowed a bitmap readable up to a multiple of 32 bits, or 0
 * @param tile room for 32 floats
 */
export function scanBits(
  codes: usize,
  factors: usize,
  count: u32,
  stride: u32,
  tables: usize,
  mean: f64,
  step: f32,
  base: f32,
  width: f32,
  allowed: usize,
  tile: usize,
  heap: usize,
  k: u32,
  found: usize,
  uppers: usize,
): u32 {
  const steps = f32x4.splat(step),
    bases = f32x4.splat(base + width);
  let kept: u32 = 0;
  let floor = f32x4.splat(floorOf(load<f64>(heap) - mean));
  for (let first: u32 = 0; first < count; first += TILE) {
    const mask = maskOfTile(allowed, first, count);
    if (!mask) continue;
    scoreTile(
      codes + <usize>first * (stride >> 3),
      tables,
      stride,
      factors + ((<usize>first) << 2),
      steps,
      bases,
      tile,
    );
    for (let part: u32 = 0; part < TILE; part += 16) {
      const reached = reaching(tile + (part << 2), floor);
      if (!reached) continue;
      for (let bits = mask & (reached << part); bits; bits &= bits - 1) {
        const i = <u32>ctz(bits);
        const upper = mean + <f64>load<f32>(tile + ((<usize>i) << 2));
        const factor = <f64>load<f32>(factors + ((<usize>(first + i)) << 2));
        kept = keep(
          first + i,
          upper,
          upper - 2 * factor * <f64>width,
          heap,
          k,
          kept,
          found,
          uppers,
        );
      }
      floor = f32x4.splat(floorOf(load<f64>(heap) - mean));
    }
  }
  return kept;
}

/**
 * Estimates of `count` rows, `mean` left out, and the greatest of them, `mean` included, in the heap.
 *
 * @param scores room for a float per row, up to a multiple of 32
 */
export function estimateBits(
  codes: usize,
  factors: usize,
  count: u32,
  stride: u32,
  tables: usize,
  mean: f64,
  step: f32,
  base: f32,
  allowed: usize,
  heap: usize,
  k: u32,
  scores: usize,
): void {
  const steps = f32x4.splat(step),
    bases = f32x4.splat(base);
  let floor = f32x4.splat(floorOf(load<f64>(heap) - mean));
  for (let first: u32 = 0; first < count; first += TILE, scores += TILE * 4) {
    const mask = maskOfTile(allowed, first, count);
    if (!mask) continue;
    const at = (<usize>first) << 2;
    scoreTile(
      codes + <usize>first * (stride >> 3),
      tables,
      stride,
      factors + at,
      steps,
      bases,
      scores,
    );
    const reached = mask & (reaching(scores, floor) | (reaching(scores + 64, floor) << 16));
    if (!reached) continue;
    for (let bits = reached; bits; bits &= bits - 1)
      raise(heap, k, mean + <f64>load<f32>(scores + ((<usize>ctz(bits)) << 2)));
    floor = f32x4.splat(floorOf(load<f64>(heap) - mean));
  }
}

/**
 * Lists the rows whose estimate, with `width` times its factor on top, reaches the bar. Returns their number. A sum that is NaN
 * counts as reaching it.
 *
 * @param scores as `estimateBits` left them
 * @param bar from which `mean` was taken off
 */
export function passBits(
  scores: usize,
  factors: usize,
  count: u32,
  width: f32,
  bar: f64,
  allowed: usize,
  found: usize,
): u32 {
  const widths = f32x4.splat(width);
  const floor = f32x4.splat(floorOf(bar));
  let kept: u32 = 0;
  for (let first: u32 = 0; first < count; first += TILE, scores += TILE * 4, factors += TILE * 4) {
    const mask = maskOfTile(allowed, first, count);
    if (!mask) continue;
    const low = reachingWith(scores, factors, widths, floor);
    const high = reachingWith(scores + 64, factors + 64, widths, floor);
    for (let bits = mask & (low | (high << 16)); bits; bits &= bits - 1) {
      store<u32>(found + ((<usize>kept) << 2), first + <u32>ctz(bits));
      kept++;
    }
  }
  return kept;
}

/** The bits of the rows `first` to `first + 31` that exist and are allowed. */
function maskOfTile(allowed: usize, first: u32, count: u32): u32 {
  const left = count - first;
  const present: u32 = left < TILE ? (1 << left) - 1 : u32.MAX_VALUE;
  return allowed ? present & load<u32>(allowed + (first >> 3)) : present;
}

/** Of 16 lanes of comparisons "is below", the bits of those that are not. */
function notIn(a: v128, b: v128, c: v128, d: v128): u32 {
  const below = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  return ~i8x16.bitmask(below) & 0xffff;
}

function reaching(scores: usize, floor: v128): u32 {
  return notIn(
    f32x4.lt(v128.load(scores), floor),
    f32x4.lt(v128.load(scores, 16), floor),
    f32x4.lt(v128.load(scores, 32), floor),
    f32x4.lt(v128.load(scores, 48), floor),
  );
}

function reachingWith(scores: usize, factors: usize, widths: v128, floor: v128): u32 {
  return notIn(
    f32x4.lt(f32x4.add(v128.load(scores), f32x4.mul(v128.load(factors), widths)), floor),
    f32x4.lt(f32x4.add(v128.load(scores, 16), f32x4.mul(v128.load(factors, 16), widths)), floor),
    f32x4.lt(f32x4.add(v128.load(scores, 32), f32x4.mul(v128.load(factors, 32), widths)), floor),
    f32x4.lt(f32x4.add(v128.load(scores, 48), f32x4.mul(v128.load(factors, 48), widths)), floor),
  );
}
