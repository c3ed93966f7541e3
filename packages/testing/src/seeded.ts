/** Random numbers that are the same in every engine and every run. */
export interface SeededRandom {
  /** From 0 to 1, both excluded. */
  readonly uniform: () => number;
  /** Normal distribution, mean 0, deviation 1. */
  readonly normal: () => number;
  /** A whole number from 0 to `below - 1`. */
  readonly integer: (below: number) => number;
}

/** Marsaglia's xorshift, 32 bits. Good enough for test data, and nothing else. */
export function seededRandom(seed: number): SeededRandom {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (below) => Math.floor(uniform() * below),
  };
}
