export interface BatchLimits {
  /** Rows times the longest of them, padding included. A single longer row makes a batch of its own. */
  readonly tokens: number;
  readonly rows: number;
  /** False where only rows of one length may share a batch. */
  readonly padding: boolean;
}

/**
 * Puts rows of like length together, so that little padding is computed. Longest first: a batch that does not fit in
 * memory shows at once.
 * @param lengths tokens of each row
 * @returns for each batch the indexes of its rows; every row is in one batch
 */
export function planBatches(lengths: readonly number[], limits: BatchLimits): number[][] {
  const lengthOf = (row: number) => lengths[row] as number;
  const order = lengths.map((_, row) => row);
  order.sort((a, b) => lengthOf(b) - lengthOf(a) || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  let longest = 0;
  for (const row of order) {
    const fits =
      batch.length < limits.rows &&
      (batch.length + 1) * longest <= limits.tokens &&
      (limits.padding || lengthOf(row) === longest);
    if (batch.length === 0 || !fits) {
      batch = [];
      batches.push(batch);
      longest = lengthOf(row);
    }
    batch.push(row);
  }
  return batches;
}
