import type { DocumentInput } from "@nearfield/core";
import type { Filter } from "@nearfield/index";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openIndex } from "./open-index.ts";
import { openSearch } from "./open-search.ts";
import type { Search } from "./search.ts";

/** Long enough for several passages. */
const LONG = "Bread is baked in an oven. The dough rests before it is folded. ".repeat(60);

const DOCUMENTS: readonly DocumentInput[] = [
  { id: "bread", text: LONG, fields: { lang: "en", year: 2024, tags: ["food"] } },
  {
    id: "beer",
    text: "Beer is brewed.",
    fields: { lang: "en", year: 1998, tags: ["food", "drink"] },
  },
  { id: "moon", text: "The moon is far away.", fields: { lang: "en", year: 2024, draft: true } },
  { id: "brot", text: "Wie man Brot backt.", fields: { lang: "de", year: 2024 } },
  { id: "bare", text: "Bread without any fields." },
];

let search: Search;

beforeAll(async () => {
  search = await openSearch({ name: `filter ${Math.random()}`, device: "wasm" });
  await search.add(DOCUMENTS);
}, 120_000);
afterAll(() => search.destroy());

async function find(filter: Filter, limit = 100): Promise<string[]> {
  const { hits } = await search.query("how is bread baked?", { filter, limit });
  return [...new Set(hits.map(({ document }) => document.id))].sort();
}

it.each<[Filter, string[]]>([
  [{}, ["bare", "beer", "bread", "brot", "moon"]],
  [{ lang: "en" }, ["beer", "bread", "moon"]],
  [{ lang: "en", year: { gte: 2020 } }, ["bread", "moon"]],
  [{ tags: { in: ["drink", "tea"] } }, ["beer"]],
  [{ tags: { nin: ["drink"] } }, ["bare", "bread", "brot", "moon"]],
  [{ draft: { exists: false }, lang: { ne: "de" } }, ["bare", "beer", "bread"]],
  [{ author: "nobody" }, []],
])("the filter %j finds the documents that pass it and no others", async (filter, ids) => {
  expect(await find(filter)).toEqual(ids);
});

it.each(["dense", "lexical"] as const)(
  "a filter leaves the ranking and the passages of what passes as they are, in %s mode",
  async (mode) => {
    const all = await search.query("how is bread baked?", { limit: 100, mode });
    const filtered = await search.query("how is bread baked?", {
      limit: 100,
      mode,
      filter: { year: 2024 },
    });
    const expected = all.hits.filter(({ document }) => document.fields?.["year"] === 2024);
    expect(filtered.hits).toEqual(expected);
    const passages = filtered.hits.filter(({ document }) => document.id === "bread");
    expect(passages.length).toBeGreaterThan(1);
  },
);

it("a filter leaves the parts of each score as they are", async () => {
  const all = await search.query("how is bread baked?", { limit: 100 });
  const filter = { year: 2024 };
  const { hits } = await search.query("how is bread baked?", { limit: 100, filter });
  const parts = new Map(all.hits.map((hit) => [hit.id, hit.parts]));
  expect(hits.length).toBeGreaterThan(1);
  for (const hit of hits) expect(hit.parts).toEqual(parts.get(hit.id));
});

it("a rare document is found however many better ones are left out", async () => {
  expect(await find({ lang: "de" }, 1)).toEqual(["brot"]);
});

it("fields that change while the text stays are filtered by as they are now", async () => {
  const moon = DOCUMENTS.find(({ id }) => id === "moon")!;
  await search.add([{ ...moon, fields: { lang: "en", draft: false } }]);
  expect(await find({ draft: true })).toEqual([]);
  expect(await find({ draft: false })).toEqual(["moon"]);
  await search.add([moon]);
});

it("an index of vectors may bear the name of a search index, and neither sees the other", async () => {
  const { name } = search.status();
  const index = await openIndex({ name, dimensions: 3 });
  await index.add([{ id: "bread", vector: [1, 0, 0] }]);
  expect((await index.query([1, 0, 0])).hits).toHaveLength(1);
  await index.destroy();
  expect(await find({ tags: "drink" })).toEqual(["beer"]);
});
