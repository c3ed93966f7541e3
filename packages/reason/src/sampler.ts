import type { Sampling } from "@nearfield/core";

/** What is less likely than the likeliest by this factor is never drawn: a vocabulary of 150,000 need not be sorted. */
const LEAST = 1e-6;

/** Draws tokens at random, and the same ones each time for one seed: an answer must not change when it is asked for again. */
export class Sampler {
  readonly #sampling: Sampling;
  #state: number;

  /** @param seed a whole number from 0 on */
  constructor(sampling: Sampling, seed: number) {
    this.#sampling = sampling;
    // Any odd number keeps neighbouring seeds apart; a state of 0 would stay 0.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  }

  /**
   * @param best the likeliest token that may be written
   * @param suppressed tokens that are never written
   */
  draw(logits: Float32Array, best: number, suppressed: ReadonlySet<number>): number {
    const { temperature, topP } = this.#sampling;
    const most = logits[best] as number;
    const likely: { readonly id: number; readonly weight: number }[] = [];
    let total = 0;
    for (let id = 0; id < logits.length; id++) {
      if (suppressed.has(id)) continue;
      const weight = Math.exp(((logits[id] as number) - most) / temperature);
      total += weight;
      if (weight >= LEAST) likely.push({ id, weight });
    }
    likely.sort((a, b) => b.weight - a.weight || a.id - b.id);
    const nucleus: typeof likely = [];
    let mass = 0;
    for (const one of likely) {
      nucleus.push(one);
      mass += one.weight;
      if (mass >= topP * total) break;
    }
    let rest = this.#random() * mass;
    return nucleus.find(({ weight }) => (rest -= weight) < 0)?.id ?? best;
  }

  /** From 0 to 1: Marsaglia's xorshift, 32 bits. */
  #random(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }
}
