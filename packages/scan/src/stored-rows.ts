import { dot, RetrievalError, type ScanHits } from "@nearfield/core";
import { HitList } from "./hits.ts";
import type { Candidates } from "./pass.ts";

/**
 * Rows of the first read; each further one is twice as large, so that a slow storage is not asked many times. Where bounds are tight, a
 * few rows beyond the best settle nearly all others, and what is not read is time saved: from a blob, each row takes some tenths of a
 * millisecond.
 */
const FIRST_READ_ROWS = { loose: 128, tight: 16 };
/** Rows of the greatest read: 6 MB at 384 dimensions. */
const MOST_READ_ROWS = 4096;

/** Gives the named rows of a target, ascending, one after the other, as they were added. */
export type TargetReader = (
  target: number,
  rows: Uint32Array,
) => Float32Array | Promise<Float32Array>;

export interface RescoreOptions {
  readonly candidates: Candidates;
  readonly limit: number;
  /** What a unit of the candidates' bounds stands for, as a score. */
  readonly unit: number;
  /** What an upper bound has to reach, in the same units. */
  readonly bar: number;
  /** Rows to be read at most; never fewer than `limit`. */
  readonly reads: number;
  /** How near the bounds are to the scores. */
  readonly bounds: "tight" | "loose";
  readonly read: TargetReader;
}

/**
 * Scores candidates with `dot`, those with the greatest upper bounds first, and stops where no bound that is left reaches the
 * scores found.
 */
export async function rescore(
  query: Float32Array,
  { candidates, limit, unit, bar, reads, bounds, read }: RescoreOptions,
): Promise<ScanHits> {
  const { targets, rows, uppers } = candidates;
  const order = descending(uppers, bar);
  const most = Math.min(order.length, Math.max(limit, reads));
  const hits = new HitList(most);
  let size = Math.max(FIRST_READ_ROWS[bounds], Math.min(limit, MOST_READ_ROWS));
  for (let first = 0; first < most;) {
    const reached = hits.bar(limit);
    const end = Math.min(most, first + size);
    const wanted = new Map<number, number[]>();
    let at = first;
    for (; at < end; at++) {
      const i = order[at] as number;
      // All that follow have lower bounds still. A bound that is NaN keeps its row.
      if ((uppers[i] as number) * unit < reached) break;
      const target = targets[i] as number;
      const listed = wanted.get(target);
      if (listed) listed.push(rows[i] as number);
      else wanted.set(target, [rows[i] as number]);
    }
    // What one read finds decides on the next.
    // oxlint-disable-next-line no-await-in-loop
    await Promise.all(
      Array.from(wanted, async ([target, listed]) => {
        const ascending = Uint32Array.from(listed).sort();
        const vectors = await readWhole(read, target, ascending, query.length);
        for (const [n, row] of ascending.entries())
          hits.push(target, row, dot(vectorAt(vectors, n, query.length), query));
      }),
    );
    if (at < end) break;
    first = end;
    size = Math.min(2 * size, MOST_READ_ROWS);
  }
  return hits.best(limit);
}

/** Positions of the bounds that reach the bar: those that are not numbers, then the greatest first. */
function descending(uppers: readonly number[], bar: number): Uint32Array {
  const kept: number[] = [];
  for (let i = 0; i < uppers.length; i++) if (!((uppers[i] as number) < bar)) kept.push(i);
  const rank = (i: number): number => {
    const upper = uppers[i] as number;
    return Number.isNaN(upper) ? Infinity : upper;
  };
  return Uint32Array.from(kept).sort((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    return one === other ? a - b : other - one;
  });
}

/** One target as a search over stored rows sees it. */
export interface StoredTarget {
  readonly count: number;
  readonly allowed: Uint8Array | undefined;
}

/** Reads all allowed rows, each once, and scores them for all queries: exact, and as slow as the storage is. */
export async function scanStored(
  queries: readonly Float32Array[],
  limit: number,
  targets: readonly StoredTarget[],
  read: TargetReader,
): Promise<ScanHits[]> {
  const dimensions = queries[0]?.length ?? 0;
  if (dimensions === 0) return [];
  let found = queries.map(() => new HitList(0).best(limit));
  for (const [target, { count, allowed }] of targets.entries()) {
    for (let first = 0; first < count; first += MOST_READ_ROWS) {
      const rows = allowedRows(first, Math.min(count, first + MOST_READ_ROWS), allowed);
      if (rows.length === 0) continue;
      // oxlint-disable-next-line no-await-in-loop -- one read at a time, so that memory stays flat
      const vectors = await readWhole(read, target, rows, dimensions);
      found = queries.map((query, i) => {
        const before = found[i] as ScanHits;
        const hits = new HitList(before.rows.length + rows.length);
        for (const [n, row] of before.rows.entries())
          hits.push(before.targets[n] as number, row, before.scores[n] as number);
        const bar = hits.bar(limit);
        for (const [n, row] of rows.entries()) {
          const score = dot(vectorAt(vectors, n, query.length), query);
          if (score >= bar) hits.push(target, row, score);
        }
        return hits.best(limit);
      });
    }
  }
  return found;
}

function allowedRows(first: number, end: number, allowed: Uint8Array | undefined): Uint32Array {
  const rows: number[] = [];
  for (let row = first; row < end; row++)
    if (!allowed || ((allowed[row >> 3] as number) >> (row & 7)) & 1) rows.push(row);
  return Uint32Array.from(rows);
}

function vectorAt(vectors: Float32Array, n: number, dimensions: number): Float32Array {
  return vectors.subarray(n * dimensions, (n + 1) * dimensions);
}

/** @throws RetrievalError `INVALID_VECTOR` unless there are as many rows as were asked for. */
async function readWhole(
  read: TargetReader,
  target: number,
  rows: Uint32Array,
  dimensions: number,
): Promise<Float32Array> {
  const vectors = await read(target, rows);
  if (vectors instanceof Float32Array && vectors.length === rows.length * dimensions)
    return vectors;
  throw new RetrievalError("INVALID_VECTOR", "what was read are not the rows that were asked for", {
    value: vectors instanceof Float32Array ? vectors.length : vectors,
    repair: `Make readRows give ${dimensions} floats for each row that it is asked for.`,
  });
}
