import { KNOWN_DOCUMENTS, makeDocuments } from "../harness/corpus.ts";
import { expect, EXTENDED, test, visit } from "../harness/fixtures.ts";

/** Documents that take several commits. */
const COUNT = 400;

test("each bad query and option is refused by its code, and the search goes on", async ({
  shared,
}) => {
  const seen = await shared.evaluate(async (documents) => {
    const { codeOf, openSearch } = nearfield;
    const { search } = kept;
    await search.add(documents);
    const query = search.query.bind(search) as (...given: unknown[]) => Promise<unknown>;
    const open = openSearch as (...given: unknown[]) => Promise<unknown>;
    const codes = {
      "limit 0": await codeOf(() => query("bread", { limit: 0 })),
      "limit -1": await codeOf(() => query("bread", { limit: -1 })),
      "limit NaN": await codeOf(() => query("bread", { limit: Number.NaN })),
      "limit 1e9": await codeOf(() => query("bread", { limit: 1e9 })),
      "limit 2.5": await codeOf(() => query("bread", { limit: 2.5 })),
      "limit as text": await codeOf(() => query("bread", { limit: "10" })),
      "no query": await codeOf(() => query()),
      "empty query": await codeOf(() => query("")),
      "white space": await codeOf(() => query(" \n")),
      "number as query": await codeOf(() => query(7)),
      "unknown option": await codeOf(() => query("bread", { limits: 3 })),
      "planned option": await codeOf(() => query("bread", { rerank: true })),
      "signal is no signal": await codeOf(() => query("bread", { signal: {} })),
      "onProgress is no function": await codeOf(() => search.add([], { onProgress: 1 as never })),
      "remove a number": await codeOf(() => search.remove([7] as never)),
      "open without a name": await codeOf(() => open({})),
      "open with an empty name": await codeOf(() => open({ name: "" })),
      "open with a number": await codeOf(() => open({ name: 7 })),
      "open with nothing": await codeOf(() => open()),
      "open with an unknown model": await codeOf(() => open({ name: "x", model: "big" })),
    };
    const emptyAdd = await search.add([]);
    const emptyRemove = await search.remove([]);
    const most = await search.query("bread", { limit: 1_000 });
    const surrogate = await search.query("bread \ud800 \u0000");
    return { codes, emptyAdd, emptyRemove, most: most.hits.length, odd: surrogate.hits.length };
  }, KNOWN_DOCUMENTS);
  for (const [what, code] of Object.entries(seen.codes)) {
    const isEmpty = what === "empty query" || what === "white space";
    expect(code, what).toBe(isEmpty ? "EMPTY_TEXT" : "INVALID_OPTION");
  }
  expect(seen.emptyAdd).toEqual({ added: 0, unchanged: 0, passages: 0 });
  expect(seen.emptyRemove).toBe(0);
  expect(seen.most).toBe(KNOWN_DOCUMENTS.length);
  expect(seen.odd).toBe(KNOWN_DOCUMENTS.length);
});

test("a query of an empty index gives no hits", async ({ shared }) => {
  const result = await shared.evaluate(async () => {
    const { search } = kept;
    return search.query("anything");
  });
  expect(result.hits).toEqual([]);
});

test("an aborted signal ends add and query with ABORTED, before and during, and nothing else", async ({
  shared,
}) => {
  const seen = await shared.evaluate(
    async ({ documents, long }) => {
      const { codeOf, idsOf, storedIn } = nearfield;
      const { search } = kept;
      await search.add(documents);
      const gone = AbortSignal.abort();
      const before = {
        add: await codeOf(() => search.add([{ id: "never", text: "fine" }], { signal: gone })),
        query: await codeOf(() => search.query("fine", { signal: gone })),
      };
      const leaving = new AbortController();
      let acknowledged = 0;
      const adding = codeOf(() =>
        search.add(long, {
          signal: leaving.signal,
          onProgress: ({ documents }) => {
            acknowledged = documents;
            if (documents > 0) leaving.abort(new Error("the user went away"));
          },
        }),
      );
      const during = { add: await adding, query: "" };
      const typing = new AbortController();
      const asked = codeOf(() => search.query("bread", { signal: typing.signal }));
      typing.abort();
      during.query = await asked;
      const found = await idsOf(search, "recipe for baking bread");
      const stored = await storedIn(search);
      const rest = await search.add(long);
      return { before, during, acknowledged, found, stored: Object.keys(stored), rest };
    },
    {
      documents: KNOWN_DOCUMENTS,
      long: makeDocuments(COUNT, { passages: 1, sentences: 1, seed: 11 }),
    },
  );
  expect(seen.before).toEqual({ add: "ABORTED", query: "ABORTED" });
  expect(seen.during).toEqual({ add: "ABORTED", query: "ABORTED" });
  expect(seen.found[0]).toBe("bread");
  expect(seen.stored).not.toContain("never");
  expect(seen.acknowledged).toBeGreaterThan(0);
  const stayed = seen.stored.length - KNOWN_DOCUMENTS.length;
  expect(stayed).toBeGreaterThanOrEqual(seen.acknowledged);
  expect(stayed).toBeLessThan(COUNT);
  expect(seen.rest).toMatchObject({ added: COUNT - stayed, unchanged: stayed });
});

test("after close every call is refused with CLOSED, calls in progress too, and a second close is nothing", async ({
  bare,
}) => {
  const seen = await bare.evaluate(
    async ({ documents, long }) => {
      const { codeOf, idsOf, openSearch } = nearfield;
      const search = await openSearch({ name: "closing", device: "wasm" });
      await search.add(documents);
      const adding = codeOf(() => search.add(long));
      const asking = codeOf(() => search.query("bread"));
      await search.close();
      await search.close();
      const codes = {
        adding: await adding,
        asking: await asking,
        add: await codeOf(() => search.add(documents)),
        query: await codeOf(() => search.query("bread")),
        remove: await codeOf(() => search.remove(["bread"])),
        destroy: await codeOf(() => search.destroy()),
      };
      const again = await openSearch({ name: "closing", device: "wasm" });
      return { codes, best: (await idsOf(again, "recipe for baking bread"))[0] };
    },
    {
      documents: KNOWN_DOCUMENTS,
      long: makeDocuments(COUNT, { passages: 1, sentences: 1, seed: 12 }),
    },
  );
  expect(new Set(Object.values(seen.codes))).toEqual(new Set(["CLOSED"]));
  expect(seen.best).toBe("bread");
});

test(
  "two openSearch of one name in one page both add, and both find everything",
  EXTENDED,
  async ({ bare }) => {
    const seen = await bare.evaluate(async (documents) => {
      const options = { name: "shared", device: "wasm" } as const;
      const [one, two] = await Promise.all([
        nearfield.openSearch(options),
        nearfield.openSearch(options),
      ]);
      const half = documents.length / 2;
      // Both write at once, some documents the same.
      await Promise.all([
        one.add(documents.slice(0, half + 1)),
        two.add(documents.slice(half - 1)),
      ]);
      const ids = [await nearfield.storedIn(one), await nearfield.storedIn(two)];
      await one.remove(["tyre"]);
      const afterRemove = Object.keys(await nearfield.storedIn(two));
      return { ids: ids.map(Object.keys), afterRemove };
    }, KNOWN_DOCUMENTS);
    const all = KNOWN_DOCUMENTS.map(({ id }) => id).toSorted();
    expect(seen.ids.map((ids) => ids.toSorted())).toEqual([all, all]);
    expect(seen.afterRemove.toSorted()).toEqual(all.filter((id) => id !== "tyre"));
  },
);

test("two tabs with one name both add, and both find everything", async ({ context, site }) => {
  const tabs = [await context.newPage(), await context.newPage()];
  const half = KNOWN_DOCUMENTS.length / 2;
  const shares = [KNOWN_DOCUMENTS.slice(0, half + 1), KNOWN_DOCUMENTS.slice(half - 1)];
  await Promise.all(
    tabs.map(async (tab, at) => {
      await visit(tab, site.isolated);
      await tab.evaluate(async (documents) => {
        kept.search = await nearfield.openSearch({ name: "tabs", device: "wasm" });
        // One at a time, so that the two writers take turns.
        for (const document of documents) await kept.search.add([document]);
      }, shares[at] ?? []);
    }),
  );
  for (const tab of tabs) {
    const ids = await tab.evaluate(async () => {
      const { search } = kept;
      return search ? Object.keys(await nearfield.storedIn(search)) : [];
    });
    expect(ids.toSorted()).toEqual(KNOWN_DOCUMENTS.map(({ id }) => id).toSorted());
  }
});

test("destroy in one tab does not hang or break the other", EXTENDED, async ({ context, site }) => {
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const tab of [first, second]) {
    await visit(tab, site.isolated);
    await tab.evaluate(async (documents) => {
      kept.search = await nearfield.openSearch({ name: "torn", device: "wasm" });
      await kept.search.add(documents);
    }, KNOWN_DOCUMENTS);
  }
  expect(await first.evaluate(() => nearfield.codeOf(() => kept.search.destroy()))).toBe(
    "no error",
  );
  // The other tab sees an index that has gone: nothing is found any more, and status says why.
  const after = await second.evaluate(async () => {
    const { hits } = await kept.search.query("bread");
    return { hits: hits.length, degraded: kept.search.status().degraded.map(({ code }) => code) };
  });
  expect(after).toEqual({ hits: 0, degraded: ["STORAGE_LOST"] });
  const again = await second.evaluate(async (documents) => {
    await kept.search.close();
    const search = await nearfield.openSearch({ name: "torn", device: "wasm" });
    await search.add(documents);
    return nearfield.idsOf(search, "recipe for baking bread");
  }, KNOWN_DOCUMENTS);
  expect(again[0]).toBe("bread");
});
