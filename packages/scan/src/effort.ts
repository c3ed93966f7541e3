/** How much a compact scan looks at. */
export interface Effort {
  /** Half the width of the interval around an estimate, in standard deviations. Infinity: no row is left out. */
  readonly deviations: number;
  /** The same where no 8-bit codes are held. The bar is then that of a few rows read first, and higher from the start. */
  readonly deviationsAlone: number;
  /** Rows that one search reads from storage at most, where no 8-bit codes are held. */
  readonly reads: number;
  /** The share of the true hits that is expected to be found; what is found is measured. */
  readonly recall: number;
}

/** The last resort: every row is looked at. */
export const EXACT: Effort = {
  deviations: Infinity,
  deviationsAlone: Infinity,
  reads: Infinity,
  recall: 1,
};

/**
 * In ascending order. On directions without any structure, the hardest set there is, the first finds 0.99 of ten; real
 * vectors are kinder.
 */
const EFFORTS: readonly Effort[] = [
  { deviations: 1.6, deviationsAlone: 2, reads: 4096, recall: 0.99 },
  { deviations: 2.5, deviationsAlone: 2.75, reads: 16_384, recall: 0.998 },
  { deviations: 3.5, deviationsAlone: 3.5, reads: 65_536, recall: 0.9999 },
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
