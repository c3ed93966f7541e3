import type { SetReport } from "../report.ts";
import { findTruth, listRows, recallOf } from "../truth.ts";
import { attempt, enterAll, leaveAll, type Contender, type EnginePage } from "./contender.ts";
import type { EngineName } from "./engines.ts";
import type { Options } from "./options.ts";
import { LIMIT, Phases } from "./phases.ts";
import type { SetName } from "./set-name.ts";
import type { PreparedSet } from "./sets.ts";
import type { Surroundings } from "./surroundings.ts";

/** Queries before the first timed one, for compilers and caches. */
const WARM_UPS = 5;

/** Measures all libraries over one set: builds and cold starts in turns, then queries in turns. */
export async function measureSet(
  name: SetName,
  set: PreparedSet,
  pages: ReadonlyMap<EngineName, EnginePage>,
  options: Options,
  around: Surroundings,
): Promise<{ readonly report: SetReport; readonly browser: string | null }> {
  const contenders = await enterAll(options.engines, pages, around);
  const phases = new Phases(set, options, around);
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const one of contenders) {
        await attempt(one, "build", () => phases.build(one));
        const isLast = round === options.rounds - 1;
        await attempt(one, "cold start", () => phases.open(one, isLast));
      }
    }
    await askInTurns(contenders, phases, options);
    for (const one of contenders) await attempt(one, "memory", () => phases.memory(one));
  } finally {
    await leaveAll(contenders);
  }
  judge(contenders, set);
  const report = {
    set: name,
    rows: set.rows.count,
    dimensions: set.rows.dimensions,
    queries: options.queries,
    limit: LIMIT,
    engines: contenders.map((one) => one.report),
  };
  return { report, browser: phases.browser };
}

/** All queries, in as many turns as there are rounds. */
async function askInTurns(
  contenders: readonly Contender[],
  phases: Phases,
  { queries, rounds }: Options,
): Promise<void> {
  const warmUps = Math.min(WARM_UPS, queries);
  for (const one of contenders) {
    const warmUp = async () => void (await phases.ask(one, 0, warmUps));
    await attempt(one, "query", warmUp, () => phases.open(one, true));
  }
  const perRound = Math.ceil(queries / rounds);
  for (let from = 0; from < queries; from += perRound) {
    const count = Math.min(perRound, queries - from);
    for (const one of contenders) {
      const ask = async () => {
        const { ms, found } = await phases.ask(one, from, count);
        one.report.queryMs.push([...ms]);
        one.found.push(...found);
      };
      await attempt(one, "query", ask, async () => {
        await phases.open(one, true);
        await phases.ask(one, 0, warmUps);
      });
    }
  }
}

function judge(contenders: readonly Contender[], set: PreparedSet): void {
  const queries = listRows(set.queries);
  const truth = findTruth(set.rows, queries, LIMIT);
  for (const { report, found } of contenders) {
    if (found.length !== queries.length) continue;
    report.recall = recallOf(set.rows, queries, truth, found);
  }
}
