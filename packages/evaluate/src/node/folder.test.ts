import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFolder } from "./folder.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nearfield-evaluate-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, ...lines: readonly string[]) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), lines.join("\r\n"));
};
const read = (qrels?: string) =>
  readFolder({
    folder,
    name: "made-up",
    qrels,
    instruction: undefined,
    ignoreIdenticalIds: false,
  });

const writeBeir = () => {
  write("corpus.jsonl", '{"_id": "d1", "text": "one"}', '{"_id": "d2", "text": "two"}');
  write("queries.jsonl", '{"_id": "q1", "text": "first?"}');
};

test("test.tsv is taken where there are several, and another by its name", async () => {
  writeBeir();
  write("qrels/test.tsv", "query-id\tcorpus-id\tscore", "q1\td1\t1");
  write("qrels/small.tsv", "query-id\tcorpus-id\tscore", "q1\td2\t1");
  const [usual, small] = [await read(), await read("small")];
  expect([usual.split, ...(usual.queries[0]?.judgements.keys() ?? [])]).toEqual(["test", "d1"]);
  expect([small.split, ...(small.queries[0]?.judgements.keys() ?? [])]).toEqual(["small", "d2"]);
});

test("the only file of judgements is taken, whatever its name", async () => {
  writeBeir();
  write("qrels/dev.tsv", "q1\td1\t1");
  expect((await read()).split).toBe("dev");
});

test("judgements that are not there are refused, and those that are there are named", async () => {
  writeBeir();
  write("qrels/test.tsv", "q1\td1\t1");
  write("qrels/dev.tsv", "q1\td1\t1");
  await expect(read("train")).rejects.toThrow(/INVALID_OPTION.*Choose one of dev, test/s);
});

test("a folder of BRIGHT is read by its own names", async () => {
  write("documents.jsonl", '{"id": "d1", "content": "one"}', '{"id": "d2", "content": "two"}');
  write(
    "examples.jsonl",
    '{"id": "0", "query": "first?", "gold_ids": ["d1"], "gold_ids_long": ["d2"], "excluded_ids": ["N/A"]}',
  );
  expect((await read()).split).toBe("gold_ids");
  const long = await read("gold_ids_long");
  expect([...(long.queries[0]?.judgements.keys() ?? [])]).toEqual(["d2"]);
});

test("instructions that stand in a file of their own are read", async () => {
  writeBeir();
  write("qrels/test.tsv", "q1\td1\t1");
  write("instructions.jsonl", '{"query-id": "q1", "instruction": "Find numbers"}');
  expect((await read()).queries[0]?.instruction).toBe("Find numbers");
});

test.each([
  ["no corpus", ["corpus.jsonl"]],
  ["no queries", ["queries.jsonl"]],
  ["no judgements", ["qrels"]],
])("a folder with %s is refused", async (_, missing) => {
  writeBeir();
  write("qrels/test.tsv", "q1\td1\t1");
  for (const name of missing) rmSync(join(folder, name), { recursive: true });
  await expect(read()).rejects.toThrow("INVALID_OPTION");
});
