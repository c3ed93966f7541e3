// A random rotation in d log d steps: signs flipped at random, then a Walsh-Hadamard transform of the first and of the last p
// components, p the greatest power of two that fits; all of it twice. It spreads what lies on few axes over all of them.

/** Walsh-Hadamard transform of `length` floats (a power of two, at least 8), orthonormal, in place. */
function transform(at: usize, length: u32): void {
  const end = at + ((<usize>length) << 2);
  const scale = f32x4.splat(<f32>(1.0 / sqrt<f64>(<f64>length)));
  // Within four lanes: (a, b, c, d) -> (a+b, a-b, c+d, c-d) -> sums and differences of the pairs.
  const odd = f32x4(1, -1, 1, -1);
  const late = f32x4(1, 1, -1, -1);
  for (let p = at; p < end; p += 16) {
    const x = f32x4.mul(v128.load(p), scale);
    const y = f32x4.add(
      v128.shuffle<f32>(x, x, 0, 0, 2, 2),
      f32x4.mul(odd, v128.shuffle<f32>(x, x, 1, 1, 3, 3)),
    );
    v128.store(
      p,
      f32x4.add(
        v128.shuffle<f32>(y, y, 0, 1, 0, 1),
        f32x4.mul(late, v128.shuffle<f32>(y, y, 2, 3, 2, 3)),
      ),
    );
  }
  for (let half: usize = 16; half < end - at; half <<= 1) {
    for (let group = at; group < end; group += half << 1) {
      for (let p = group; p < group + half; p += 16) {
        const x = v128.load(p),
          y = v128.load(p + half);
        v128.store(p, f32x4.add(x, y));
        v128.store(p + half, f32x4.sub(x, y));
      }
    }
  }
}

/**
 * Rotates `count` rows of `stride` floats in place (`stride` a multiple of 8, at least 8).
 * @param signs 2 x `stride` floats of 1 or -1
 */
export function rotate(rows: usize, count: u32, stride: u32, signs: usize): void {
  const part: u32 = 1 << (31 - clz(stride));
  const size = (<usize>stride) << 2;
  for (let i: u32 = 0; i < count; i++, rows += size) {
    for (let round: usize = 0; round < 2; round++) {
      const flips = signs + round * size;
      for (let j: usize = 0; j < size; j += 16) {
        v128.store(rows + j, f32x4.mul(v128.load(rows + j), v128.load(flips + j)));
      }
      transform(rows, part);
      if (part != stride) transform(rows + ((<usize>(stride - part)) << 2), part);
    }
  }
}
