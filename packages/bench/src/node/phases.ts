import type { StoredSet } from "../engine.ts";
import type { Answers, AskJob, Bench, BuildTimes, OpenTimes } from "../protocol.ts";
import { Profile, type Visit } from "./browser.ts";
import type { Contender } from "./contender.ts";
import type { Options } from "./options.ts";
import type { PreparedSet } from "./sets.ts";
import type { Surroundings } from "./surroundings.ts";

/** Hits of each query. */
export const LIMIT = 10;
/** A library that needs longer to build and persist than this is built once, whatever the number of rounds. */
const BUILD_ONCE_MS = 20_000;

/** The phases, for one set. */
export class Phases {
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
    one.emptyBytes = emptyBytes;
    this.#around.say(`${report.title}: first answer ${times.firstAnswerMs.toFixed(0)} ms`);
    if (stays) one.visit = visit;
    else await profile?.kill();
  }

  /** @param buckets each query among the rows of one of so many buckets; null: among all */
  async ask(
    one: Contender,
    from: number,
    count: number,
    buckets: number | null = null,
  ): Promise<Answers> {
    const job: AskJob = { from, count, limit: LIMIT, buckets };
    return this.#call<Answers>(one.visit, "ask", [job]);
  }

  /** What it holds now, after its queries. */
  async memory({ report, visit, emptyBytes }: Contender): Promise<void> {
    const servingBytes = (await visit?.residentBytes()) ?? null;
    if (emptyBytes !== null && servingBytes !== null) report.memory = { emptyBytes, servingBytes };
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
