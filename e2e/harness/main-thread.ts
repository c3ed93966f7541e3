import type { Browser, BrowserContext, CDPSession, Page } from "@playwright/test";

/** The part of a trace event that is read here; times are in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Time that the thread really ran. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** How long tasks of the pages' main threads took. */
export interface TaskTimes {
  readonly tasks: number;
  /** The most that one took of the processor: what the page's own code asks for. */
  readonly longestCpuMs: number;
  /** The same without the browser's garbage collection, which no page can divide. */
  readonly longestOwnCpuMs: number;
  /** The most by the clock, as a long task counts: on a busy machine mostly other programs' doing. */
  readonly longestMs: number;
}

const COLLECTIONS: ReadonlySet<string> = new Set(["MajorGC", "MinorGC"]);

function isWithin(event: TraceEvent, task: TraceEvent): boolean {
  return event.ts >= task.ts && event.ts < task.ts + (task.dur ?? 0);
}

/** What a page says in the trace, so that its thread is known there. */
const MARK = "nearfield-measured-page";

/**
 * Measures the tasks of the pages' main threads until the returned function is called. A long task is a matter of the
 * clock, and a test may have half a core to itself; the processor's time says what the page did.
 * @param page the only one to measure: the browser has pages of its own, that of a new tab for one
 */
export async function traceMainThreads(
  browser: Browser,
  page?: Page,
): Promise<() => Promise<TaskTimes>> {
  const session: CDPSession = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) =>
    events.push(...(value as unknown as TraceEvent[])),
  );
  await session.send("Tracing.start", {
    traceConfig: { includedCategories: ["toplevel", "blink.user_timing", "devtools.timeline"] },
  });
  return async () => {
    await page?.evaluate((mark) => void performance.mark(mark), MARK);
    const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await complete;
    await session.detach();
    const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`;
    const isMain = ({ name, args }: TraceEvent): boolean =>
      page ? name === MARK : name === "thread_name" && args.name === "CrRendererMain";
    const mains = new Set(events.filter(isMain).map(threadOf));
    const tasks = events.filter(
      (event) => event.ph === "X" && event.name.endsWith("RunTask") && mains.has(threadOf(event)),
    );
    const collections = events.filter(
      (event) => event.ph === "X" && COLLECTIONS.has(event.name) && mains.has(threadOf(event)),
    );
    const ownOf = (task: TraceEvent): number =>
      collections
        .filter((one) => threadOf(one) === threadOf(task) && isWithin(one, task))
        .reduce((left, { tdur = 0 }) => left - tdur, task.tdur ?? 0);
    const longest = (times: readonly number[]): number => Math.max(0, ...times) / 1_000;
    return {
      tasks: tasks.length,
      longestCpuMs: longest(tasks.map(({ tdur = 0 }) => tdur)),
      longestOwnCpuMs: longest(tasks.map(ownOf)),
      longestMs: longest(tasks.map(({ dur = 0 }) => dur)),
    };
  };
}

/** The browser of a context that was started on a profile. */
export function browserOf(context: BrowserContext): Browser {
  const browser = context.browser();
  if (!browser) throw new Error("the context has no browser");
  return browser;
}
