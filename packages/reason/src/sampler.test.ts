import { expect, test } from "vitest";
import { Sampler } from "./sampler.ts";

const NONE: ReadonlySet<number> = new Set();
/** Probabilities 0.5, 0.3 and 0.2 at a temperature of 1. */
const LOGITS = Float32Array.of(Math.log(0.5), Math.log(0.3), Math.log(0.2), -100);

function countDraws(sampler: Sampler, suppressed = NONE, best = 0): number[] {
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 10_000; draw++) {
    const id = sampler.draw(LOGITS, best, suppressed);
    counts[id] = (counts[id] as number) + 1;
  }
  return counts;
}

test("tokens are drawn as often as they are likely", () => {
  const [a = 0, b = 0, c = 0, never] = countDraws(new Sampler({ temperature: 1, topP: 1 }, 0));
  expect(Math.abs(a - 5000)).toBeLessThan(300);
  expect(Math.abs(b - 3000)).toBeLessThan(300);
  expect(Math.abs(c - 2000)).toBeLessThan(300);
  expect(never).toBe(0);
});

test("only the likeliest are drawn from, and a low temperature leaves one", () => {
  const [a = 0, b = 0, c] = countDraws(new Sampler({ temperature: 1, topP: 0.7 }, 1));
  expect(c).toBe(0);
  expect(Math.abs(a / (a + b) - 5 / 8)).toBeLessThan(0.03);
  expect(countDraws(new Sampler({ temperature: 0.01, topP: 1 }, 1))).toEqual([10_000, 0, 0, 0]);
});

test("a suppressed token is never drawn, and weighs nothing", () => {
  const [a, b = 0, c = 0] = countDraws(
    new Sampler({ temperature: 1, topP: 0.95 }, 2),
    new Set([0]),
    1,
  );
  expect(a).toBe(0);
  expect(Math.abs(b / (b + c) - 0.6)).toBeLessThan(0.03);
});

test("one seed gives the same draws, another one others", () => {
  const draws = (seed: number) => {
    const sampler = new Sampler({ temperature: 1, topP: 1 }, seed);
    return Array.from({ length: 50 }, () => sampler.draw(LOGITS, 0, NONE));
  };
  expect(draws(3)).toEqual(draws(3));
  expect(draws(3)).not.toEqual(draws(4));
});
