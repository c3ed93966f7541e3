/** How much a compact scan looks at. */
export interface Effort {
  /** Half the width of the interval around an estimate, in standard deviations. Infinity: no row is left out. */
  readonly deviations: number;
  /** Rows that one search reads from storage at most, where no 8-bit codes are held. */
  readonly reads: number;
  /** The share of the true hits that is expected to be found; what is found is measured. */
  readonly recall: number;
}

/** The last resort: every row is looked at. */
export const EXACT: Effort = { deviations: Infinity, reads: Infinity, recall: 1 };

/**
 * In ascending order. The last row of an answer is missed with a chance of 6, 0.6 and 0.02 %, those before it more
 * rarely: on directions without any structure, the hardest set there is, the first finds 0.99 of ten.
 */
const EFFORTS: readonly Effort[] = [
  { deviations: 1.55, reads: 2048, recall: 0.99 },
  { deviations: 2.5, reads: 8192, recall: 0.998 },
  { deviations: 3.5, reads: 32_768, recall: 0.9999 },
  EXACT,
];

/** The least effort that is expected to reach a recall. */
export function effortFor(recall: number): Effort {
  return EFFORTS.find((effort) => effort.recall >= recall) ?? EXACT;
}

/** The next greater effort; undefined after the greatest. */
export function nextEffort(effort: Effort): Effort | undefined {
  return EFFORTS.find(({ deviations }) => deviations > effort.deviations);
}

/** True if nothing is left out. */
export function isExact({ deviations }: Effort): boolean {
  return deviations === Infinity;
}
