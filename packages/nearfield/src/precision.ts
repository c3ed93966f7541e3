import type { IndexReport, Precision, RecallReport } from "@nearfield/index";

/** What serves, and what share of the nearest rows it was measured to find. */
export function precisionOf({ recall }: IndexReport): {
  readonly precision: Precision;
  readonly recall: RecallReport | null;
} {
  const isCompact = recall !== undefined && recall?.deviations !== null;
  return { precision: isCompact ? "compact" : "exact", recall: recall ?? null };
}
