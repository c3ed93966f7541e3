/** A row of an index by name: the entry it belongs to and its place within that entry. */
export interface RowKey {
  readonly id: string;
  readonly ordinal: number;
}

export interface Scored extends RowKey {
  readonly score: number;
}

/** Order of two strings by UTF-16 code units: the same in every locale and every engine. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The tie rule, in one place: score descending, then id ascending by code unit, then ordinal ascending. The order is
 * total, so an answer depends neither on the order of insertion nor on the scanner.
 */
export function compareScored(a: Scored, b: Scored): number {
  return b.score - a.score || compareIds(a.id, b.id) || a.ordinal - b.ordinal;
}
