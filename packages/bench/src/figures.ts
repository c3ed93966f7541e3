// What a table shows of a report: medians, spreads, ratios.
import { median, quantile } from "@nearfield/evaluate";
import type { EngineReport, FilterEngineReport, SetReport } from "./report.ts";

/** The engine that all ratios are relative to. */
const YARDSTICK = "loop";

/** The median of the rounds' ratios, and the least and the greatest of them. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Figures {
  readonly engine: EngineReport;
  readonly buildMs: number | null;
  readonly persistMs: number | null;
  /** Building and persisting together: what an app waits for until its rows are safe. */
  readonly ingestMs: number | null;
  readonly firstAnswerMs: number | null;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** The quickest of all queries: what the machine gives when nobody disturbs. */
  readonly leastMs: number | null;
  /** How many times as fast as the yardstick. */
  readonly ratio: Ratio | null;
  readonly recall: number | null;
  readonly memoryBytes: number | null;
}

/** The figures of one engine among those it took turns with. */
export function figuresOf(engine: EngineReport, { engines }: SetReport): Figures {
  const buildMs = median(engine.buildMs);
  const persistMs = median(engine.persistMs);
  const all = engine.queryMs.flat();
  return {
    engine,
    buildMs,
    persistMs,
    ingestMs: buildMs === null ? null : buildMs + (persistMs ?? 0),
    firstAnswerMs: median(engine.firstAnswerMs),
    medianMs: median(all),
    p95Ms: quantile(all, 0.95),
    leastMs: all.length > 0 ? Math.min(...all) : null,
    ratio: ratioOf(engines.find(({ name }) => name === YARDSTICK)?.queryMs ?? [], engine.queryMs),
    recall: engine.recall,
    memoryBytes: engine.memory && engine.memory.servingBytes - engine.memory.emptyBytes,
  };
}

export interface FilterFigures {
  readonly plainMs: number | null;
  readonly filteredMs: number | null;
  /** How many times as fast as the same queries without a filter. */
  readonly ratio: Ratio | null;
}

export function filterFiguresOf({ plainMs, filteredMs }: FilterEngineReport): FilterFigures {
  return {
    plainMs: median(plainMs.flat()),
    filteredMs: median(filteredMs.flat()),
    ratio: ratioOf(plainMs, filteredMs),
  };
}

type Rounds = readonly (readonly number[])[];

/** Round by round, as a busy machine slows both in the same round. */
function ratioOf(slower: Rounds, faster: Rounds): Ratio | null {
  const ratios = faster.flatMap((round, at) => {
    const [slow, fast] = [median(slower[at] ?? []), median(round)];
    return slow === null || fast === null ? [] : [slow / fast];
  });
  const middle = median(ratios);
  return middle === null
    ? null
    : { median: middle, least: Math.min(...ratios), most: Math.max(...ratios) };
}

/**
 * The power with which a figure grows with the number of rows: 1 is proportional. Least squares over the logarithms.
 * @returns null where there are fewer than two sizes
 */
export function slopeOf(
  points: readonly (readonly [rows: number, value: number])[],
): number | null {
  const logs = points.map(([rows, value]) => [Math.log(rows), Math.log(value)] as const);
  const mean = (part: 0 | 1) => logs.reduce((sum, log) => sum + log[part], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (!(spread > 0)) return null;
  return logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
