// Which rows may still be among the k best. A score that is not exact comes with a bound of its error, and so each row has an
// upper and a lower bound of its true score. The bar is the k-th greatest lower bound met so far: k rows reach it for certain,
// so a row whose upper bound lies below it is out. All bounds are f64, where they can neither overflow nor underflow.

/** Rows of one step of a scan; their scores stay in the L1 cache. */
export const GROUP: u32 = 16;

/** Takes the root, the least of `k` values, out of a min-heap and puts `value` in. */
function replaceLeast(heap: usize, k: u32, value: f64): void {
  let at: u32 = 0;
  for (;;) {
    let child: u32 = 2 * at + 1;
    if (child >= k) break;
    let least = load<f64>(heap + ((<usize>child) << 3));
    if (child + 1 < k) {
      const right = load<f64>(heap + ((<usize>child) << 3), 8);
      if (right < least) {
        child++;
        least = right;
      }
    }
    if (value <= least) break;
    store<f64>(heap + ((<usize>at) << 3), least);
    at = child;
  }
  store<f64>(heap + ((<usize>at) << 3), value);
}

/** Puts `value` among the k greatest if it is one of them. */
export function raise(heap: usize, k: u32, value: f64): void {
  if (value > load<f64>(heap)) replaceLeast(heap, k, value);
}

/**
 * Appends (row, upper bound) to the candidates unless the row is out, and raises the bar. A bound that is NaN, as one
 * gets from a score that overflowed, keeps the row and leaves the bar alone. Returns the new number of candidates.
 */
export function keep(
  row: u32,
  upper: f64,
  lower: f64,
  heap: usize,
  k: u32,
  found: u32,
  rows: usize,
  uppers: usize,
): u32 {
  const bar = load<f64>(heap);
  if (upper < bar) return found;
  store<u32>(rows + ((<usize>found) << 2), row);
  store<f64>(uppers + ((<usize>found) << 3), upper);
  if (lower > bar) replaceLeast(heap, k, lower);
  return found + 1;
}

/** The bits of the rows `first` to `first + 15` that exist and are allowed. `allowed` of 0 allows all. */
export function maskOf(allowed: usize, first: u32, count: u32): u32 {
  const left = count - first;
  const present: u32 = left < GROUP ? (1 << left) - 1 : 0xffff;
  return allowed ? present & load<u16>(allowed + (first >> 3)) : present;
}
