import type { Page } from "@playwright/test";
import { EXTENDED, expect, RUN_ALL, test, visit } from "../harness/fixtures.ts";
import { rendererOf } from "../harness/profile.ts";
import { rank, vectorOf, type Found, type Mark } from "../harness/rows.ts";

const TABS = RUN_ALL ? 8 : 3;
const WORK_MS = RUN_ALL ? 60_000 : 4_000;
/** A call that takes longer counts as hung: a commit waits for its turn behind seven others. */
const HUNG_MS = 30_000;
const LIMIT = 7;

/** A call that has settled, and the generation that it made, or that it saw. */
type Call =
  | { readonly kind: "add"; readonly rows: readonly Mark[]; readonly generation: number }
  | {
      readonly kind: "remove";
      readonly ids: readonly string[];
      readonly removed: number;
      readonly generation: number;
    }
  | {
      readonly kind: "query";
      readonly query: string;
      readonly found: readonly Found[];
      readonly generation: number;
    };

test(`${TABS} tabs that add, remove and query at once leave what their calls leave one after the other`, async ({
  context,
  site,
}) => {
  test.setTimeout(120_000 + WORK_MS * 2);
  const tabs: Page[] = [];
  for (let tab = 0; tab < TABS; tab++) {
    const page = await context.newPage();
    await visit(page, site.isolated);
    tabs.push(page);
  }
  const logs = await Promise.all(tabs.map((page, tab) => work(page, tab)));
  const calls = logs.flatMap(({ calls: own }) => own);
  expect(logs.flatMap(({ failed }) => failed)).toEqual([]);

  const states = new Map<number, ReadonlyMap<string, number>>([[0, new Map()]]);
  const changes = calls.filter(
    (call) => call.kind === "add" || (call.kind === "remove" && call.removed > 0),
  );
  changes.sort((a, b) => a.generation - b.generation);
  let state: ReadonlyMap<string, number> = new Map();
  for (const [at, call] of changes.entries()) {
    // Each made a generation of its own. (A compaction makes some too, which change nothing that can be seen.)
    expect(call.generation).toBeGreaterThan(changes[at - 1]?.generation ?? 0);
    const next = new Map(state);
    if (call.kind === "add") for (const [id, version] of call.rows) next.set(id, version);
    if (call.kind === "remove") {
      const there = call.ids.filter((id) => next.delete(id));
      expect(call.removed).toBe(there.length);
    }
    states.set(call.generation, (state = next));
  }
  let queries = 0;
  for (const call of calls) {
    if (call.kind !== "query") continue;
    queries++;
    const last = changes.findLast(({ generation }) => generation <= call.generation);
    expect(call.found).toEqual(rank(states.get(last?.generation ?? 0)!, call.query, LIMIT));
  }
  for (const page of tabs) expect(await readAll(page)).toEqual(rank(state, "all", 1e6));
  const slowest = Math.max(...logs.map(({ slowestMs }) => slowestMs));
  console.log(
    `${TABS} tabs, ${WORK_MS} ms: ${changes.length} changes, ${queries} queries, slowest call ${Math.round(slowest)} ms`,
  );
  expect(queries).toBeGreaterThan(TABS);
  expect(changes.length).toBeGreaterThan(TABS);
});

test(
  "a tab that is stopped while it writes does not keep the others from writing, and goes on where it was",
  EXTENDED,
  async ({ context, site }) => {
    // Where the tab is stopped within a transaction, everybody waits out a deadline.
    const trials = 10;
    test.setTimeout(60_000 + trials * 60_000);
    const [stopped, other] = [await context.newPage(), await context.newPage()];
    for (const page of [stopped, other]) {
      await visit(page, site.isolated);
      await page.evaluate(async (dimensions) => {
        kept.index = await nearfield.openIndex({ name: "stopped", dimensions });
      }, vectorOf("").length);
    }
    const pid = await rendererOf(stopped);
    const waits: number[] = [];
    const acknowledged = new Set<string>();
    for (let trial = 0; trial < trials; trial++) {
      // Page and workers of one renderer are one process: all of it stands still.
      const writing = stopped.evaluate(async (from) => {
        const stored: string[] = [];
        for (let at = 0; at < 40; at++) {
          const id = `own ${from + at}`;
          const code = await nearfield.codeOf(() => kept.index.add([nearfield.rowOf([id, 1])]));
          if (code === "no error") stored.push(id);
          // It stood still for longer than it waits for an answer: what came of that call it can not know.
          else if (code !== "TIMEOUT") throw new Error(code);
        }
        return stored;
      }, trial * 40);
      await other.waitForTimeout(30 + 17 * trial);
      process.kill(pid, "SIGSTOP");
      try {
        const begun = performance.now();
        const outcome = await other.evaluate(
          (id) => nearfield.codeOf(() => kept.index.add([nearfield.rowOf([id, 1])])),
          `other ${trial}`,
        );
        waits.push(performance.now() - begun);
        // Stopped within a transaction it is waited for by the browser itself; then we say so.
        expect(outcome).toMatch(/^(no error|TIMEOUT)$/);
      } finally {
        process.kill(pid, "SIGCONT");
      }
      for (const id of await writing) acknowledged.add(id);
      const id = `other ${trial}`;
      await other.evaluate((id) => kept.index.add([nearfield.rowOf([id, 1])]), id);
      acknowledged.add(id);
      const found = new Set((await readAll(other)).map(({ id }) => id));
      expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
      expect(await readAll(stopped)).toEqual(await readAll(other));
    }
    console.log(`waited for a stopped tab, ms: ${waits.map(Math.round).join(", ")}`);
  },
);

async function work(
  page: Page,
  tab: number,
): Promise<{
  readonly calls: readonly Call[];
  readonly failed: readonly string[];
  readonly slowestMs: number;
}> {
  return page.evaluate(
    async ({ tab, workMs, hungMs, limit, dimensions }) => {
      const index = (kept.index = await nearfield.openIndex({ name: "tabs", dimensions }));
      let state = tab + 1;
      const integer = (below: number) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const draw = () => [
        ...new Set(Array.from({ length: 1 + integer(5) }, () => `row ${integer(60)}`)),
      ];
      const calls: Call[] = [];
      const failed: string[] = [];
      let slowestMs = 0;
      const settle = async <T>(what: string, call: Promise<T>): Promise<T | undefined> => {
        const begun = performance.now();
        const hung = new Promise<never>((_, reject) => {
          setTimeout(() => reject(new Error("it hangs")), hungMs);
        });
        try {
          return await Promise.race([call, hung]);
        } catch (thrown) {
          failed.push(`${what}: ${String(thrown)}`);
          return undefined;
        } finally {
          slowestMs = Math.max(slowestMs, performance.now() - begun);
        }
      };
      const end = performance.now() + workMs;
      for (let round = 0; performance.now() < end; round++) {
        const kind = integer(10);
        if (kind < 5) {
          const rows = draw().map((id): Mark => [id, round * 100 + tab]);
          await settle("add", index.add(rows.map(nearfield.rowOf)));
          calls.push({ kind: "add", rows, generation: index.status().counts.generation });
        } else if (kind < 7) {
          const ids = draw();
          const removed = await settle("remove", index.remove(ids));
          const { generation } = index.status().counts;
          calls.push({ kind: "remove", ids, removed: removed ?? -1, generation });
        } else if (kind < 8) await settle("compact", index.compact());
        else {
          const query = `asked ${integer(1000)}`;
          const answer = await settle("query", index.query(nearfield.vectorOf(query), { limit }));
          if (!answer) continue;
          const found = answer.hits.map(({ id, score, fields }) => {
            return { id, version: fields?.["version"] as number, score };
          });
          calls.push({ kind: "query", query, found, generation: answer.generation });
        }
      }
      return { calls, failed, slowestMs };
    },
    { tab, workMs: WORK_MS, hungMs: HUNG_MS, limit: LIMIT, dimensions: vectorOf("").length },
  );
}

async function readAll(page: Page): Promise<Found[]> {
  return page.evaluate(async () => {
    const { hits } = await kept.index.query(nearfield.vectorOf("all"), { limit: 10_000 });
    return hits.map(({ id, score, fields }) => {
      return { id, version: fields?.["version"] as number, score };
    });
  });
}
