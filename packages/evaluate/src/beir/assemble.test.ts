import { expect, test } from "vitest";
import { isRetrievalError } from "@nearfield/core";
import type { Dataset } from "../dataset.ts";
import { assemble, type Parts } from "./assemble.ts";
import { readCorpus } from "./corpus.ts";
import { numbered } from "./line.ts";
import { readQrels } from "./qrels.ts";
import { readInstructions, readQueries } from "./queries.ts";

const json = (file: string, rows: readonly unknown[]) =>
  numbered(
    file,
    rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))),
  );

interface Files {
  readonly corpus?: readonly unknown[];
  readonly queries?: readonly unknown[];
  readonly qrels?: readonly string[];
  readonly qrelsJson?: readonly unknown[];
  readonly gold?: "gold_ids" | "gold_ids_long";
  readonly instructions?: readonly unknown[];
  readonly options?: Partial<Parts>;
}

const CORPUS = [
  { _id: "d1", title: "One", text: "first" },
  { _id: "d2", title: "", text: "second" },
  { _id: "d3", title: "", text: "third" },
];
const QUERIES = [{ _id: "q1", text: "what is first?" }];
const QRELS = ["query-id\tcorpus-id\tscore", "q1\td1\t1"];

async function read(files: Files): Promise<Dataset> {
  const { corpus = CORPUS, queries = QUERIES, qrels = QRELS } = files;
  const judgements = files.qrelsJson
    ? await readQrels(json("qrels/test.jsonl", files.qrelsJson))
    : await readQrels(numbered("qrels/test.tsv", qrels));
  return assemble({
    name: "made up",
    split: "test",
    corpus: await readCorpus(json("corpus.jsonl", corpus)),
    queries: await readQueries(json("queries.jsonl", queries)),
    judgements: files.gold ?? judgements,
    instructions: await readInstructions(json("instructions.jsonl", files.instructions ?? [])),
    taskInstruction: undefined,
    ignoreIdenticalIds: false,
    ...files.options,
  });
}

/** Code and message of the failure. */
async function failure(files: Files): Promise<string> {
  try {
    await read(files);
    return "no error";
  } catch (thrown) {
    return isRetrievalError(thrown) ? thrown.message : `raw: ${String(thrown)}`;
  }
}

test("BEIR's layout is read, and queries without a judgement are left out", async () => {
  const queries = [...QUERIES, { _id: "q2", text: "nobody judged this", metadata: { a: 1 } }];
  const { corpus, queries: asked } = await read({ queries, qrels: [...QRELS, "q1\td3\t0"] });
  expect(corpus[0]).toEqual({ id: "d1", title: "One", text: "first" });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ id: "q1", text: "what is first?", excluded: [] });
  expect([...(asked[0]?.judgements ?? [])]).toEqual([
    ["d1", 1],
    ["d3", 0],
  ]);
});

test("judgements may be graded, negative, written as 1.0, and without a line of names", async () => {
  const { queries } = await read({ qrels: ["q1\td1\t3", "q1\td2\t-1", "q1\td3\t1.0"] });
  expect([...(queries[0]?.judgements.values() ?? [])]).toEqual([3, -1, 1]);
});

test("MTEB's names are read: id, judgements and instructions as JSON, numbers as ids", async () => {
  const { queries } = await read({
    corpus: [{ id: 7, text: "seven" }],
    queries: [{ id: 1, text: "which one?" }],
    qrelsJson: [{ "query-id": "1", "corpus-id": "7", score: 2 }],
    instructions: [{ "query-id": "1", instruction: "Find the number" }],
  });
  expect(queries[0]).toMatchObject({ id: "1", instruction: "Find the number" });
  expect(queries[0]?.judgements.get("7")).toBe(2);
});

test("a query's own instruction goes before the task's", async () => {
  const { queries } = await read({
    queries: [
      { _id: "q1", text: "one", instruction: "Its own" },
      { _id: "q2", text: "two" },
    ],
    qrels: [...QRELS, "q2\td1\t1"],
    options: { taskInstruction: "The task's" },
  });
  expect(queries.map(({ instruction }) => instruction)).toEqual(["Its own", "The task's"]);
});

test("BRIGHT's layout is read: content, query, gold and excluded ids", async () => {
  const files: Files = {
    corpus: [...CORPUS, { id: "d4", content: "fourth" }],
    queries: [
      { id: "q1", query: "one?", excluded_ids: ["d2"], gold_ids: ["d1", "d4"], gold_ids_long: [] },
      { id: "q2", query: "two?", excluded_ids: ["N/A"], gold_ids: ["d3"], gold_ids_long: ["d1"] },
    ],
  };
  const short = await read({ ...files, gold: "gold_ids" });
  expect(short.corpus[3]?.text).toBe("fourth");
  expect(short.queries.map(({ excluded }) => excluded)).toEqual([["d2"], []]);
  expect([...(short.queries[0]?.judgements ?? [])]).toEqual([
    ["d1", 1],
    ["d4", 1],
  ]);
  const long = await read({ ...files, gold: "gold_ids_long" });
  expect(long.queries.map(({ id }) => id)).toEqual(["q2"]);
});

test("the document with the query's own id is excluded only where that is asked for", async () => {
  const files: Files = {
    queries: [{ _id: "d2", text: "asked of itself" }],
    qrels: ["d2\td1\t1"],
  };
  expect((await read(files)).queries[0]?.excluded).toEqual([]);
  const asked = await read({ ...files, options: { ignoreIdenticalIds: true } });
  expect(asked.queries[0]?.excluded).toEqual(["d2"]);
});

test("documents without a word are counted and left out, and may be judged all the same", async () => {
  const corpus = [...CORPUS, { _id: "d4", title: " ", text: "" }, { _id: "d5", title: null }];
  const data = await read({ corpus, qrels: [...QRELS, "q1\td4\t1"] });
  expect(data.corpus).toHaveLength(3);
  expect(data.emptyDocuments).toBe(2);
  expect(data.queries[0]?.judgements.get("d4")).toBe(1);
});

test("blank lines and a byte order mark are passed over, and the others keep their numbers", async () => {
  const corpus = ["\uFEFF" + JSON.stringify(CORPUS[0]), "", "   ", "{"];
  expect(await failure({ corpus })).toContain("corpus.jsonl:4: is not JSON");
});

test.each<[string, string, Files]>([
  ["a broken line", "corpus.jsonl:2: is not JSON", { corpus: [CORPUS[0], '{"_id": "d2",'] }],
  ["a line that is no object", "corpus.jsonl:1: is not a JSON object", { corpus: ["[1]"] }],
  ["a document without an id", 'corpus.jsonl:1: has no "_id" or "id"', { corpus: [{ text: "x" }] }],
  ["a text that is no string", '"text" is not a string', { corpus: [{ _id: "d1", text: 7 }] }],
  ["a document twice", "DUPLICATE_ID: corpus.jsonl:4", { corpus: [...CORPUS, CORPUS[0]] }],
  ["a query twice", "DUPLICATE_ID: queries.jsonl:2", { queries: [...QUERIES, ...QUERIES] }],
  ["an empty query", "EMPTY_TEXT: queries.jsonl:1", { queries: [{ _id: "q1", text: " " }] }],
  ["two columns", "test.tsv:2: has not three columns", { qrels: [QRELS[0] ?? "", "q1\td1"] }],
  ["columns with spaces", "test.tsv:1: has not three columns", { qrels: ["q1 d1 1"] }],
  [
    "a half relevance",
    "test.tsv:2: the relevance is not",
    { qrels: [QRELS[0] ?? "", "q1\td2\t0.5"] },
  ],
  ["a word as relevance", "test.tsv:3: the relevance is not", { qrels: [...QRELS, "q1\td2\tyes"] }],
  ["a pair twice", "DUPLICATE_ID: qrels/test.tsv:3", { qrels: [...QRELS, "q1\td1\t2"] }],
  [
    "a strange document",
    "test.tsv:3: judges a document that is not",
    { qrels: [...QRELS, "q1\td9\t1"] },
  ],
  ["a strange query", "test.tsv:3: judges a query that is not", { qrels: [...QRELS, "q9\td1\t1"] }],
  ["no judgements at all", "no query has a judgement in test", { qrels: QRELS.slice(0, 1) }],
  ["no words at all", "no document says anything", { corpus: [{ _id: "d1", text: "" }] }],
  [
    "a strange excluded id",
    "queries.jsonl:1: excludes a document that is not",
    { queries: [{ _id: "q1", text: "x", excluded_ids: ["d9"] }] },
  ],
  [
    "an excluded document that is relevant",
    "queries.jsonl:1: excludes a document that is relevant",
    { queries: [{ _id: "q1", text: "x", excluded_ids: ["d1"] }] },
  ],
  [
    "excluded ids that are no list",
    'queries.jsonl:1: "excluded_ids" is not an array',
    { queries: [{ _id: "q1", text: "x", excluded_ids: "d1" }] },
  ],
  [
    "two instructions for a query",
    "DUPLICATE_ID: instructions.jsonl:2",
    {
      instructions: [
        { "query-id": "q1", instruction: "a" },
        { "query-id": "q1", instruction: "b" },
      ],
    },
  ],
])("%s is told with file and line", async (_, wanted, files) => {
  expect(await failure(files)).toContain(wanted);
});
