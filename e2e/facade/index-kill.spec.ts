import type { BrowserContext, Page } from "@playwright/test";
import { seeded } from "../harness/corpus.ts";
import { expect, RUN_ALL, test, visit } from "../harness/fixtures.ts";
import { killRenderer, rendererOf, SQLITE, type Profile } from "../harness/profile.ts";
import { rank, vectorOf, type Mark } from "../harness/rows.ts";
import { signal } from "../harness/signal.ts";

/** Moments in all; `NEARFIELD_KILLS` says otherwise. `NEARFIELD_SEED` repeats a run. */
const MOMENTS = Number(process.env["NEARFIELD_KILLS"] ?? (RUN_ALL ? 2000 : 1));
const SEED = Number(process.env["NEARFIELD_SEED"] ?? Date.now() % 1_000_000);
const NAME = "killed";
const QUERY = "what is stored";
/** Deaths come up to so long after the first of the calls. */
const LATEST_MS = 400;
const KINDS = ["add", "remove", "compact", "import"] as const;

type Op =
  | { readonly kind: "add"; readonly rows: readonly Mark[] }
  | { readonly kind: "remove"; readonly ids: readonly string[] }
  | { readonly kind: "compact" }
  /** What the index held at the beginning, as a file. */
  | { readonly kind: "import" };

const killBrowser = async (_page: Page, _pid: number, profile: Profile) => profile.kill();

const WAYS = [
  ["SIGKILL to the renderer", killRenderer, []],
  ["SIGKILL to the whole browser", killBrowser, []],
  ["SIGKILL to a browser that keeps IndexedDB in SQLite", killBrowser, [SQLITE]],
] as const;

for (const [way, [death, kill, flags]] of WAYS.entries()) {
  const moments = Math.ceil((MOMENTS - way) / WAYS.length);
  if (moments < 1) continue; // the quick run: the other ways are tried by kill.spec.ts
  test(`${death} during add, remove, compact and import loses no acknowledged row, at ${moments} moments`, async ({
    profile,
    site,
  }) => {
    test.setTimeout(120_000 + moments * 20_000);
    const random = seeded(SEED + way);
    console.log(`seed ${SEED}: ${moments} times ${death}`);
    let context = await profile.open(flags);
    const met = { "before its end": 0, "after its end": 0, "one more than acknowledged": 0 };
    for (let moment = 0; moment < moments; moment++) {
      const kind = KINDS[(moment + way) % KINDS.length]!;
      const durability = Math.floor(moment / KINDS.length) % 2 === 0 ? "strict" : "relaxed";
      // Rows that are written to be read in pieces are blobs, which Chromium keeps in another way.
      const precision = moment % 3 === 2 ? "compact" : "exact";
      const { start, ops } = planOps(kind, random);
      const told = `seed ${SEED}, moment ${moment}: ${kind}, ${durability}, ${precision}`;
      const page = await context.newPage();
      await visit(page, site.isolated);
      const pid = kill === killRenderer ? await rendererOf(page) : 0;
      const done = await startWork(page, { start, ops, durability, precision });
      await page.waitForTimeout(random() * LATEST_MS);
      await kill(page, pid, profile);
      if (!context.browser()?.isConnected()) context = await profile.open(flags);
      const at = await check(context, site.isolated, statesOf(start, ops), done, told);
      if (at === ops.length) met["after its end"]++;
      else met["before its end"]++;
      if (at > done.count) met["one more than acknowledged"]++;
      await page.close();
    }
    console.log(`${death}: ${JSON.stringify(met)}`);
    // One alone may come too late on a fast machine; not all of many.
    if (moments > 4) expect(met["before its end"], "deaths before the end").toBeGreaterThan(0);
  });
}

/** Opens what is left, and holds it against the states that may be. Gives how many calls have happened. */
async function check(
  context: BrowserContext,
  origin: string,
  states: readonly ReadonlyMap<string, number>[],
  done: { readonly count: number },
  told: string,
): Promise<number> {
  const page = await context.newPage();
  await visit(page, origin);
  const left = await page.evaluate(
    async ({ name, query, dimensions }) => {
      const index = await nearfield.openIndex({ name, dimensions });
      const { hits } = await index.query(query, { limit: 10_000 });
      const { counts, degraded } = index.status();
      await index.add([nearfield.rowOf(["afterwards", 1])]);
      const { hits: after } = await index.query(query, { limit: 10_000 });
      await index.destroy();
      const found = hits.map(({ id, score, fields }) => {
        return { id, score, version: fields?.["version"] as number };
      });
      return { found, rows: counts.rows, degraded, after: after.map(({ id }) => id) };
    },
    { name: NAME, query: vectorOf(QUERY), dimensions: vectorOf(QUERY).length },
  );
  await page.close();
  expect(left.degraded, told).toEqual([]);
  expect(left.rows, told).toBe(left.found.length);
  expect(left.after, told).toContain("afterwards");
  expect(left.after, told).toHaveLength(left.rows + 1);
  // Calls come one after the other, so what is stored is what some number of them leaves: all that were acknowledged, at least.
  const found = JSON.stringify(
    left.found.map(({ id, version, score }) => ({ id, version, score })),
  );
  const last = states.findLastIndex((state) => JSON.stringify(rank(state, QUERY, 1e6)) === found);
  expect(last, `${told}: ${left.rows} rows fit none of ${states.length} states`).toBeGreaterThan(
    -1,
  );
  expect(last, `${told}: acknowledged calls`).toBeGreaterThanOrEqual(done.count);
  return last;
}

/** A state with several segments and deleted rows, and calls of one kind, in which others are mixed. */
function planOps(
  kind: Op["kind"],
  random: () => number,
): { readonly start: readonly Op[]; readonly ops: readonly Op[] } {
  let version = 1;
  const draw = (count: number): string[] => [
    ...new Set(Array.from({ length: count }, () => `row ${Math.floor(random() * 1200)}`)),
  ];
  const add = (count: number): Op => {
    version++;
    return { kind: "add", rows: draw(count).map((id) => [id, version]) };
  };
  const remove = (count: number): Op => ({ kind: "remove", ids: draw(count) });
  const start = [add(500), add(300), add(100), remove(100), add(200), remove(50)];
  const own = (): Op => {
    switch (kind) {
      case "add":
        return add(400);
      case "remove":
        return remove(40);
      case "compact":
      case "import":
        return { kind };
      default:
        throw kind satisfies never;
    }
  };
  const ops = Array.from({ length: 8 }, () => [
    own(),
    random() < 0.5 ? add(60) : remove(30),
    own(),
  ]);
  return { start, ops: ops.flat() };
}

/** What is stored after none, one, two and so on of the calls. */
function statesOf(start: readonly Op[], ops: readonly Op[]): ReadonlyMap<string, number>[] {
  const apply = (state: ReadonlyMap<string, number>, op: Op) => {
    const next = new Map(state);
    if (op.kind === "add") for (const [id, version] of op.rows) next.set(id, version);
    if (op.kind === "remove") for (const id of op.ids) next.delete(id);
    return op.kind === "import" ? begin : next;
  };
  let begin: ReadonlyMap<string, number> = new Map();
  for (const op of start) begin = apply(begin, op);
  const states = [begin];
  for (const op of ops) states.push(apply(states.at(-1)!, op));
  return states;
}

/** Fulfills when the first state is stored and the calls have begun. */
async function startWork(
  page: Page,
  work: {
    readonly start: readonly Op[];
    readonly ops: readonly Op[];
    readonly durability: "strict" | "relaxed";
    readonly precision: "exact" | "compact";
  },
): Promise<{ readonly count: number }> {
  const done = { count: 0 };
  const begun = signal();
  await page.exposeFunction("acknowledge", (count: number) => {
    done.count = Math.max(done.count, count);
    begun.give();
  });
  await page.evaluate(
    async ({ name, dimensions, start, ops, durability, precision }) => {
      const page = globalThis as unknown as { acknowledge(count: number): void };
      const index = await nearfield.openIndex({ name, dimensions, durability, precision });
      let file: Blob | undefined;
      const run = async (op: (typeof ops)[number]) => {
        if (op.kind === "add") await index.add(op.rows.map(nearfield.rowOf));
        else if (op.kind === "remove") await index.remove(op.ids);
        else if (op.kind === "compact") await index.compact();
        else await index.import(file!);
      };
      for (const op of start) await run(op);
      file = await index.export();
      page.acknowledge(0);
      // The page dies before this ends; nothing may wait for it.
      void (async () => {
        for (const [at, op] of ops.entries()) {
          await run(op);
          page.acknowledge(at + 1);
        }
      })();
    },
    { name: NAME, dimensions: vectorOf("").length, ...work },
  );
  await begun.given;
  return done;
}
