import { expect, it } from "vitest";
import { codeOf, makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { MemoryDatabase, MemoryStore } from "./memory-store.ts";

const STORED: readonly Marks[] = Array.from({ length: 40 }, (_, at) => {
  return { id: `e${at}`, version: at % 4, rows: 1 + (at % 5) };
});
const QUERIES = Array.from({ length: 12 }, (_, at) => queryOf(at));

it("a batch answers as one query after the other does, of one moment", async () => {
  const database = new MemoryDatabase();
  const [index, other] = [0, 1].map(() => makeIndex(new MemoryStore(database)));
  await index!.commit(blockOf(...STORED));
  await other!.open();
  await index!.remove(["e3", "e7"]);
  const model = new Model().commit(STORED).remove(["e3", "e7"]);
  for (const filter of [undefined, { even: true }, { version: 9 }]) {
    for (const limit of [1, 7, 1e6]) {
      const { answers, report } = await other!.searchBatch(QUERIES, limit, { filter });
      const wanted = QUERIES.map((query) => model.search(query, limit, filter));
      expect(answers).toEqual(wanted);
      expect(report.generation).toBe(2);
    }
  }
  expect((await other!.searchBatch([], 5)).answers).toEqual([]);
  const bad = [QUERIES[0]!, new Float32Array(9)];
  expect(await codeOf(other!.searchBatch(bad, 5))).toBe("INVALID_VECTOR");
  expect(await codeOf(other!.searchBatch(QUERIES, 0))).toBe("INVALID_OPTION");
  await index!.close();
  await other!.close();
});
