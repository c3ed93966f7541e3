import type { Activation } from "@nearfield/core";

/** What PyTorch computes under these names, in double precision. */
export function activationOf(name: Activation): (x: number) => number {
  switch (name) {
    case "identity":
      return (x) => x;
    case "tanh":
      return Math.tanh;
    case "relu":
      return (x) => (x > 0 || Number.isNaN(x) ? x : 0);
    case "sigmoid":
      return sigmoid;
    case "silu":
      return (x) => x * sigmoid(x);
    case "gelu":
      // The exact form, which is what PyTorch's GELU is by default; the one with tanh is an approximation of it.
      return (x) => (x * (1 + erf(x / Math.SQRT2))) / 2;
    default:
      return name satisfies never;
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** From here on the error function is 1 in double precision. */
const ERF_IS_ONE = 6;

/**
 * The error function by its series with positive terms only (Abramowitz and Stegun 7.1.6), so that nothing cancels:
 * `2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1))`.
 */
function erf(x: number): number {
  if (Math.abs(x) >= ERF_IS_ONE) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
