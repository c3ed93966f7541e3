import type { StoredSet } from "../engine.ts";
import type { Answers, AskJob, Bench, BuildTimes, OpenTimes } from "../protocol.ts";
import type { EngineReport, SetReport } from "../report.ts";
import { findTruth, listRows, recallOf } from "../truth.ts";
import { Profile, type Visit } from "./browser.ts";
import { engineInfo, type EngineName } from "./engines.ts";
import { Host } from "./host.ts";
import type { Options } from "./options.ts";
import type { Surroundings } from "./surroundings.ts";
import type { SetName } from "./set-name.ts";
import type { PreparedSet } from "./sets.ts";

/** Hits of each query. */
const LIMIT = 10;
/** Queries before the first timed one, for compilers and caches. */
const WARM_UPS = 5;
/** A library that needs longer to build and persist than this is built once, whatever the number of rounds. */
const BUILD_ONCE_MS = 20_000;

/** A built page, or why there is none. */
export type EnginePage =
  | { readonly folder: string; readonly version: string | null }
  | { readonly failure: string };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One library on its way through the phases. */
interface Contender {
  readonly name: EngineName;
  readonly host: Host | undefined;
  readonly report: Mutable<EngineReport> & {
    readonly buildMs: number[];
    readonly persistMs: number[];
    readonly openMs: number[];
    readonly firstAnswerMs: number[];
    readonly queryMs: number[][];
  };
  readonly found: (readonly number[])[];
  /** The last one that was built. */
  profile: Profile | undefined;
  visit: Visit | undefined;
}

/** Measures all libraries over one set: builds and cold starts in turns, then queries in turns. */
export async function measureSet(
  name: SetName,
  set: PreparedSet,
  pages: ReadonlyMap<EngineName, EnginePage>,
  options: Options,
  around: Surroundings,
): Promise<{ readonly report: SetReport; readonly browser: string | null }> {
  const contenders: Contender[] = [];
  for (const engine of options.engines) {
    contenders.push(await enter(engine, pages.get(engine), around));
  }
  const measure = new Measurement(set, options, around);
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const one of contenders) {
        await attempt(one, "build", () => measure.build(one));
        const isLast = round === options.rounds - 1;
        await attempt(one, "cold start", () => measure.open(one, isLast));
      }
    }
    const warmUps = Math.min(WARM_UPS, options.queries);
    for (const one of contenders) {
      await attempt(one, "query", async () => void (await measure.ask(one, 0, warmUps)));
    }
    const perRound = Math.max(1, Math.floor(options.queries / options.rounds));
    for (let from = 0; from < options.queries; from += perRound) {
      const count = Math.min(perRound, options.queries - from);
      for (const one of contenders) {
        await attempt(one, "query", async () => {
          const { ms, found } = await measure.ask(one, from, count);
          one.report.queryMs.push([...ms]);
          one.found.push(...found);
        });
      }
    }
    for (const one of contenders) {
      await attempt(one, "memory", () => measure.memory(one));
    }
  } finally {
    for (const { profile, host } of contenders) {
      await profile?.remove();
      await host?.close();
    }
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
  return { report, browser: measure.browser };
}

async function enter(
  name: EngineName,
  page: EnginePage | undefined,
  around: Surroundings,
): Promise<Contender> {
  const { title, exact } = engineInfo(name);
  const failed = page === undefined || "failure" in page;
  const report = {
    name,
    title,
    exact,
    version: failed ? null : page.version,
    buildMs: [],
    persistMs: [],
    storedBytes: null,
    openMs: [],
    firstAnswerMs: [],
    queryMs: [],
    recall: null,
    memory: null,
    described: null,
    failure: failed ? { phase: "page", message: page?.failure ?? "it was not built" } : null,
  };
  const host = failed
    ? undefined
    : await Host.start({ page: page.folder, data: around.data, headers: around.headers });
  return { name, host, report, found: [], profile: undefined, visit: undefined };
}

/** Does a phase, unless an earlier one failed. A failure ends the library's part, and the others go on. */
async function attempt(one: Contender, phase: string, work: () => Promise<void>): Promise<void> {
  if (one.report.failure) return;
  try {
    await work();
  } catch (thrown) {
    one.report.failure = { phase, message: firstLines(String((thrown as Error).message)) };
    await one.profile?.remove();
    one.profile = undefined;
    one.visit = undefined;
  }
}

/** The phases, for one set. */
class Measurement {
  readonly #set: PreparedSet;
  readonly #options: Options;
  readonly #around: Surroundings;
  #browser: string | null = null;

  constructor(set: PreparedSet, options: Options, around: Surroundings) {
    this.#set = set;
    this.#options = options;
    this.#around = around;
  }

  /** Its version; null where none was started. */
  get browser(): string | null {
    return this.#browser;
  }

  /** In a fresh profile, whose browser is killed as soon as the library has acknowledged. */
  async build(one: Contender): Promise<void> {
    const { report } = one;
    const [took = 0] = report.buildMs;
    if (took + (report.persistMs[0] ?? 0) > BUILD_ONCE_MS) return;
    await one.profile?.remove();
    one.profile = await Profile.create(this.#around);
    const visit = await this.#visit(one);
    await this.#call<void>(visit, "prepare", [this.#stored, this.#set.rowsAddress]);
    const times = await this.#call<BuildTimes>(visit, "build", []);
    report.buildMs.push(times.buildMs);
    if (times.persistMs !== null) report.persistMs.push(times.persistMs);
    report.storedBytes = times.storedBytes;
    await one.profile.kill();
    const persist = times.persistMs === null ? "" : `, persist ${times.persistMs.toFixed(0)} ms`;
    this.#around.say(`${report.title}: build ${times.buildMs.toFixed(0)} ms${persist}`);
  }

  /** In a fresh browser over the profile that was built. `stays`: it is left open for the queries. */
  async open(one: Contender, stays: boolean): Promise<void> {
    const { report, profile } = one;
    const visit = await this.#visit(one);
    const { dimensions } = this.#set.rows;
    await this.#call<void>(visit, "fetchQueries", [dimensions, this.#set.queriesAddress]);
    const emptyBytes = stays ? await visit.residentBytes() : null;
    const times = await this.#call<OpenTimes>(visit, "open", [this.#stored, LIMIT]);
    if (times.found.length !== Math.min(LIMIT, this.#set.rows.count)) {
      throw new Error(`after the browser was killed, it found ${times.found.length} rows`);
    }
    report.openMs.push(times.openMs);
    report.firstAnswerMs.push(times.firstAnswerMs);
    report.described = times.described;
    if (emptyBytes !== null) report.memory = { emptyBytes, servingBytes: emptyBytes };
    this.#around.say(`${report.title}: first answer ${times.firstAnswerMs.toFixed(0)} ms`);
    if (stays) one.visit = visit;
    else await profile?.kill();
  }

  async ask(one: Contender, from: number, count: number): Promise<Answers> {
    const job: AskJob = { from, count, limit: LIMIT, bucket: null };
    return this.#call<Answers>(one.visit, "ask", [job]);
  }

  async memory({ report, visit }: Contender): Promise<void> {
    const servingBytes = (await visit?.residentBytes()) ?? null;
    report.memory =
      report.memory && servingBytes !== null ? { ...report.memory, servingBytes } : null;
  }

  get #stored(): StoredSet {
    const { dimensions, count, buckets } = this.#set.rows;
    return { dimensions, count, buckets };
  }

  async #visit({ profile, host }: Contender): Promise<Visit> {
    if (!profile || !host) throw new Error("nothing was built");
    const visit = await profile.visit(host.port, "/index.html");
    this.#browser = visit.version;
    await visit.page.waitForFunction(() => "bench" in globalThis);
    return visit;
  }

  /** Calls an entry point of the page, for as long as the options allow. */
  async #call<T>(visit: Visit | undefined, entry: keyof Bench, args: unknown[]): Promise<T> {
    if (!visit) throw new Error("its page is gone");
    const { patienceMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`gave up after ${patienceMs / 60_000} minutes`)),
        patienceMs,
      );
    });
    const crashed = new Promise<never>((_, reject) => {
      visit.page.once("crash", () => reject(new Error("the page crashed")));
    });
    try {
      return await Promise.race([evaluate<T>(visit, entry, args), late, crashed]);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function evaluate<T>(visit: Visit, entry: keyof Bench, args: unknown[]): Promise<T> {
  const { value, thrown } = await visit.page.evaluate(
    async ([name, given]) => {
      try {
        const bench = globalThis as unknown as {
          bench: Record<string, (...args: unknown[]) => Promise<unknown>>;
        };
        return { value: await bench.bench[name]?.(...given) };
      } catch (error) {
        // What a page throws loses its code and its cause on the way; its words are enough.
        return { thrown: String(error) };
      }
    },
    [entry, args] as const,
  );
  if (thrown !== undefined) throw new Error(thrown);
  return value as T;
}

function judge(contenders: readonly Contender[], set: PreparedSet): void {
  const queries = listRows(set.queries);
  const truth = findTruth(set.rows, queries, LIMIT);
  for (const { report, found } of contenders) {
    if (found.length !== queries.length) continue;
    report.recall = recallOf(set.rows, queries, truth, found);
  }
}

/** Enough of a message to know it again. */
function firstLines(message: string): string {
  return message.split("\n").slice(0, 2).join(" ").slice(0, 300);
}
