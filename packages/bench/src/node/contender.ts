import type { EngineReport } from "../report.ts";
import type { Profile, Visit } from "./browser.ts";
import { engineInfo, type EngineName } from "./engines.ts";
import { Host } from "./host.ts";
import type { Surroundings } from "./surroundings.ts";

/** A built page, or why there is none. */
export type EnginePage =
  | { readonly folder: string; readonly version: string | null }
  | { readonly failure: string };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One library on its way through the phases. */
export interface Contender {
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
  /** Memory of the renderer before the library was loaded; null where it is not known. */
  emptyBytes: number | null;
}

/** Brings libraries to the start, in the order of their names. One whose page could not be built has failed already. */
export async function enterAll(
  names: readonly EngineName[],
  pages: ReadonlyMap<EngineName, EnginePage>,
  around: Surroundings,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const name of names) contenders.push(await enter(name, pages.get(name), around));
  return contenders;
}

export async function leaveAll(contenders: readonly Contender[]): Promise<void> {
  for (const { profile, host } of contenders) {
    await profile?.remove();
    await host?.close();
  }
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
  return { name, host, report, found: [], profile: undefined, visit: undefined, emptyBytes: null };
}

/**
 * Does a phase, unless an earlier one failed. A failure ends the library's part, and the others go on.
 * @param again brings the library back to where the phase can be done once more, after something else has ended its browser
 */
export async function attempt(
  one: Contender,
  phase: string,
  work: () => Promise<void>,
  again: () => Promise<void> = async () => {},
): Promise<void> {
  if (one.report.failure) return;
  try {
    try {
      await work();
    } catch (thrown) {
      if (!isClosed(thrown)) throw thrown;
      await one.profile?.kill();
      await again();
      await work();
    }
  } catch (thrown) {
    one.report.failure = { phase, message: firstLines(String((thrown as Error).message)) };
    await one.profile?.remove();
    one.profile = undefined;
    one.visit = undefined;
  }
}

/** The browser is gone, as after an update of the system or somebody's "kill all"; a page that crashed says so instead. */
function isClosed(thrown: unknown): boolean {
  return /browser has been closed/.test(String((thrown as Error).message));
}

/** Enough of a message to know it again. */
function firstLines(message: string): string {
  return message.split("\n").slice(0, 2).join(" ").slice(0, 300);
}
