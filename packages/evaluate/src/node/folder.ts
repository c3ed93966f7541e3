import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RetrievalError } from "@nearfield/core";
import { assemble } from "../beir/assemble.ts";
import { readCorpus } from "../beir/corpus.ts";
import { numbered, type Line } from "../beir/line.ts";
import { readQrels, type Qrel } from "../beir/qrels.ts";
import {
  GOLD_FIELDS,
  readInstructions,
  readQueries,
  type GoldField,
  type QueryRow,
} from "../beir/queries.ts";
import type { Dataset } from "../dataset.ts";
import type { Options } from "./options.ts";

type Wanted = Pick<Options, "folder" | "name" | "qrels" | "instruction" | "ignoreIdenticalIds">;

/**
 * Reads a test collection from its folder.
 * @throws RetrievalError `INVALID_OPTION` where a file is missing; what the readers and {@link assemble} throw, with file and line
 */
export async function readFolder(wanted: Wanted): Promise<Dataset> {
  const { folder, name, qrels, instruction, ignoreIdenticalIds } = wanted;
  const corpusFile = find(folder, ["corpus.jsonl", "documents.jsonl"]);
  const queriesFile = find(folder, ["queries.jsonl", "examples.jsonl"]);
  const queries = await readQueries(linesOf(folder, queriesFile));
  const { split, judgements } = await readJudgements(folder, queries, qrels);
  const instructions = existsSync(join(folder, "instructions.jsonl"))
    ? await readInstructions(linesOf(folder, "instructions.jsonl"))
    : new Map<string, string>();
  const corpus = await readCorpus(linesOf(folder, corpusFile));
  return assemble({
    name,
    split,
    corpus,
    queries,
    judgements,
    instructions,
    taskInstruction: instruction,
    ignoreIdenticalIds,
  });
}

async function readJudgements(
  folder: string,
  queries: ReadonlyMap<string, QueryRow>,
  asked: string | undefined,
): Promise<{ split: string; judgements: readonly Qrel[] | GoldField }> {
  const files = existsSync(join(folder, "qrels"))
    ? readdirSync(join(folder, "qrels")).filter((file) => /\.(tsv|jsonl)$/.test(file))
    : [];
  const hasGold = [...queries.values()].some(({ gold }) => gold.gold_ids.length > 0);
  const splits = [...files.map(nameOf), ...(hasGold ? GOLD_FIELDS : [])];
  const split = asked ?? usualSplit(files, hasGold);
  const file = files.find((one) => nameOf(one) === split);
  if (file !== undefined) {
    return { split, judgements: await readQrels(linesOf(folder, join("qrels", file))) };
  }
  const gold = GOLD_FIELDS.find((field) => field === split);
  if (gold !== undefined && hasGold) return { split, judgements: gold };
  throw new RetrievalError("INVALID_OPTION", `${folder} has no judgements of this name`, {
    value: split,
    repair: splits.length > 0 ? `Choose one of ${splits.join(", ")}.` : "Add qrels/test.tsv.",
  });
}

/** The one that benchmarks report, unless there is no choice. */
function usualSplit(files: readonly string[], hasGold: boolean): string {
  const [only, ...more] = files;
  if (only === undefined) return hasGold ? GOLD_FIELDS[0] : "test";
  return more.length === 0 ? nameOf(only) : "test";
}

function find(folder: string, names: readonly string[]): string {
  const name = names.find((one) => existsSync(join(folder, one)));
  if (name !== undefined) return name;
  throw new RetrievalError("INVALID_OPTION", `${folder} has no ${names.join(" and no ")}`, {
    repair: "Give a folder in BEIR's layout.",
  });
}

function linesOf(folder: string, file: string): AsyncGenerator<Line, void> {
  const input = createReadStream(join(folder, file), "utf8");
  return numbered(file, createInterface({ input, crlfDelay: Infinity }));
}

const nameOf = (file: string): string => file.replace(/\.[^.]*$/, "");
