import type { VectorSet } from "../engine.ts";
import { rowAt } from "../engine.ts";
import type { FilterEngineReport, FilterReport } from "../report.ts";
import { findTruth, listRows, recallOf } from "../truth.ts";
import { attempt, enterAll, leaveAll, type EnginePage } from "./contender.ts";
import { engineInfo, type EngineName } from "./engines.ts";
import type { Options } from "./options.ts";
import { LIMIT, Phases } from "./phases.ts";
import type { SetName } from "./set-name.ts";
import type { PreparedSet } from "./sets.ts";
import type { Surroundings } from "./surroundings.ts";

/** One row in a hundred passes. */
const BUCKETS = 100;

/** The libraries that can filter: each query among all rows, and among those of one bucket, in turns. */
export async function measureFilter(
  name: SetName,
  set: PreparedSet,
  pages: ReadonlyMap<EngineName, EnginePage>,
  options: Options,
  around: Surroundings,
): Promise<FilterReport> {
  const able = options.engines.filter((engine) => engineInfo(engine).filters);
  const contenders = await enterAll(able, pages, around);
  const withBuckets = { ...set, rows: { ...set.rows, buckets: BUCKETS } };
  const phases = new Phases(withBuckets, options, around);
  const filteredMs = new Map<EngineName, number[][]>(able.map((engine) => [engine, []]));
  try {
    for (const one of contenders) {
      await attempt(one, "build", () => phases.build(one));
      await attempt(one, "cold start", () => phases.open(one, true));
      await attempt(one, "query", async () => void (await phases.ask(one, 0, 1, BUCKETS)));
    }
    const perRound = Math.ceil(options.queries / options.rounds);
    for (let from = 0; from < options.queries; from += perRound) {
      const count = Math.min(perRound, options.queries - from);
      for (const one of contenders) {
        await attempt(one, "query", async () => {
          const plain = await phases.ask(one, from, count);
          one.report.queryMs.push([...plain.ms]);
          const filtered = await phases.ask(one, from, count, BUCKETS);
          filteredMs.get(one.name)?.push([...filtered.ms]);
          one.found.push(...filtered.found);
        });
      }
    }
  } finally {
    await leaveAll(contenders);
  }
  const engines = contenders.map((one): FilterEngineReport => {
    const { title, version, queryMs, failure } = one.report;
    const recall = one.found.length === set.queries.count ? recallInBuckets(set, one.found) : null;
    const filtered = filteredMs.get(one.name) ?? [];
    return {
      name: one.name,
      title,
      version,
      plainMs: queryMs,
      filteredMs: filtered,
      recall,
      failure,
    };
  });
  return { set: name, rows: set.rows.count, share: 1 / BUCKETS, limit: LIMIT, engines };
}

/** Mean over the queries, each among the rows of its bucket. A row of another bucket is wrong. */
function recallInBuckets(
  { rows, queries }: PreparedSet,
  found: readonly (readonly number[])[],
): number {
  const recalls = listRows(queries).map((query, at) => {
    const bucket = at % BUCKETS;
    const passing = rowsOfBucket(rows, bucket);
    const truth = findTruth(passing, [query], LIMIT);
    const places = (found[at] ?? []).map((row) => (row - bucket) / BUCKETS);
    return recallOf(passing, [query], truth, [places.filter(Number.isInteger)]);
  });
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

function rowsOfBucket(set: VectorSet, bucket: number): VectorSet {
  const { dimensions } = set;
  const count = Math.ceil((set.count - bucket) / BUCKETS);
  const rows = new Float32Array(count * dimensions);
  for (let at = 0; at < count; at++) rows.set(rowAt(set, bucket + at * BUCKETS), at * dimensions);
  return { dimensions, count, rows, buckets: null };
}
