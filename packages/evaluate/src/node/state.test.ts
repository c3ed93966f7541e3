import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Dataset } from "../dataset.ts";
import { State, type StateKey } from "./state.ts";

const dataset: Dataset = {
  name: "made up",
  split: "test",
  corpus: ["d1", "d2", "d3"].map((id) => ({ id, title: "", text: id })),
  emptyDocuments: 0,
  queries: [
    {
      id: "q1",
      text: "one",
      instruction: undefined,
      excluded: [],
      judgements: new Map([["d1", 1]]),
    },
  ],
};
const key: StateKey = {
  dataset,
  mode: "vectors",
  model: "some/model",
  device: "wasm",
  dimensions: undefined,
  page: "page",
  further: [],
};
const rows = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

let cache = "";
const open = (changes: Partial<StateKey> = {}, fresh = false) =>
  new State(cache, { ...key, ...changes }, fresh);

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "nearfield-evaluate-"));
});

afterEach(() => rmSync(cache, { recursive: true, force: true }));

test("vectors and answers of a run are there for the next one", () => {
  const first = open();
  expect(first.stored).toEqual({ rows: 0, dimensions: 0 });
  first.addVectors(rows(1, 2, 3, 4), 0, 2);
  first.addVectors(rows(5, 6), 2, 2);
  first.addAnswer({ query: "q1", latencyMs: 7, found: [["d1", 0.5]] });
  first.close();
  const second = open();
  expect(second.stored).toEqual({ rows: 3, dimensions: 2 });
  expect(new Uint8Array(readFileSync(second.vectorsFile))).toEqual(rows(1, 2, 3, 4, 5, 6));
  expect(second.readAnswers().get("q1")?.found).toEqual([["d1", 0.5]]);
  second.close();
});

test("what a killed run left half written is cut off, and the rest stays", () => {
  const first = open();
  first.addVectors(rows(1, 2), 0, 2);
  appendFileSync(first.vectorsFile, rows(3).subarray(0, 3));
  first.addAnswer({ query: "q1", latencyMs: 7, found: [] });
  first.close();
  const folder = join(first.vectorsFile, "..");
  const answers = readdirSync(folder).find((name) => name.startsWith("answers-")) ?? "";
  appendFileSync(join(folder, answers), '{"query": "q2", "lat');
  const second = open();
  expect(second.stored).toEqual({ rows: 1, dimensions: 2 });
  second.addVectors(rows(9, 9), 1, 2);
  expect([...second.readAnswers().keys()]).toEqual(["q1"]);
  second.addAnswer({ query: "q3", latencyMs: null, found: [] });
  expect([...second.readAnswers().keys()]).toEqual(["q1", "q3"]);
  second.close();
});

test.each<[string, Partial<StateKey>]>([
  ["another model", { model: "other" }],
  ["another device", { device: "webgpu" }],
  ["other dimensions", { dimensions: 128 }],
  ["another mode", { mode: "search" }],
  ["changed code", { page: "changed" }],
  ["a changed document", { dataset: { ...dataset, corpus: dataset.corpus.slice(1) } }],
  ["other models", { further: ["elsewhere"] }],
])("%s finds nothing of it", (_, changes) => {
  const first = open();
  first.addVectors(rows(1, 2), 0, 2);
  first.close();
  const other = open(changes);
  expect(other.stored.rows).toBe(0);
  other.close();
});

test("other queries find the vectors and none of the answers", () => {
  const first = open();
  first.addVectors(rows(1, 2), 0, 2);
  first.addAnswer({ query: "q1", latencyMs: 7, found: [] });
  first.close();
  const queries = dataset.queries.map((query) => ({ ...query, instruction: "Find it" }));
  const other = open({ dataset: { ...dataset, queries } });
  expect(other.stored.rows).toBe(1);
  expect(other.readAnswers().size).toBe(0);
  other.close();
});

test("another mode of retrieval finds what is stored and none of the answers", () => {
  const first = open();
  first.addVectors(rows(1, 2), 0, 2);
  first.addAnswer({ query: "q1", latencyMs: 7, found: [] });
  first.close();
  const other = open({ retrieval: "lexical" });
  expect(other.stored.rows).toBe(1);
  expect(other.profile).toBe(first.profile);
  expect(other.readAnswers().size).toBe(0);
  other.close();
});

test("a fresh run begins with nothing", () => {
  const first = open();
  first.addVectors(rows(1, 2), 0, 2);
  first.close();
  const fresh = open({}, true);
  expect(fresh.stored.rows).toBe(0);
  fresh.close();
});

test("two runs at once are refused", () => {
  const first = open();
  expect(() => open()).toThrow(/another run is at work/);
  // A fresh run must not delete what another one works on, either.
  expect(() => open({}, true)).toThrow(/another run is at work/);
  first.close();
  open().close();
});

test("the lock of a process that is gone stops nobody", () => {
  const first = open();
  const lock = readdirSync(cache).find((name) => name.endsWith(".lock")) ?? "";
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(join(cache, lock), String(pid));
  open().close();
  first.close();
});

test("rows that are not the next ones are refused and not stored", () => {
  const state = open();
  state.addVectors(rows(1, 2), 0, 2);
  expect(() => state.addVectors(rows(1, 2), 0, 2)).toThrow(/INVALID_VECTOR/);
  expect(() => state.addVectors(rows(1, 2, 3), 1, 3)).toThrow(/INVALID_VECTOR/);
  expect(() => state.addVectors(rows(1), 1, 2)).toThrow(/INVALID_VECTOR/);
  expect(state.stored.rows).toBe(1);
  state.close();
});
