import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { RetrievalError } from "@nearfield/core";
import type { EvaluationMode, Job } from "../job.ts";
import type { TieRule } from "../ranking.ts";

/** What was asked on the command line, checked. Paths are absolute. */
export interface Options {
  readonly folder: string;
  /** Last part of the folder's path. */
  readonly name: string;
  readonly model: string;
  readonly mode: EvaluationMode;
  readonly retrieval: Job["retrieval"];
  readonly device: Job["device"];
  readonly dimensions: number | undefined;
  readonly qrels: string | undefined;
  readonly instruction: string | undefined;
  readonly ignoreIdenticalIds: boolean;
  readonly ties: TieRule;
  readonly batch: number;
  /** A folder of model repositories, or the address of a host. */
  readonly models: string | undefined;
  readonly softwareGpu: boolean;
  readonly fresh: boolean;
  readonly out: string | undefined;
  readonly run: string | undefined;
  /** Where runs keep what they have, to go on with it. */
  readonly cache: string;
}

export const USAGE = `pnpm evaluate <folder> [options]

<folder> has a test collection: corpus.jsonl, queries.jsonl and qrels/*.tsv (BEIR, MTEB), or documents.jsonl
and examples.jsonl (BRIGHT). See docs/evaluate.md.

  --model <name>         model, as the facade takes it (default: pocket)
  --qrels <name>         which judgements: a file in qrels/ without its ending (default: test), or gold_ids,
                         gold_ids_long
  --mode vectors|search  one vector for each whole document and an exact scan (default), or openSearch with passages
  --retrieval <mode>     in search mode: hybrid (the facade's default), dense or lexical
  --device <device>      auto (default), wasm or webgpu
  --software-gpu         WebGPU by the software adapter, where there is no GPU
  --dimensions <n>       Matryoshka size of the vectors (default: the model's own)
  --instruction <text>   what the queries are for, for models that take an instruction
  --ignore-identical-ids leave out, for each query, the document with the query's own id
  --ties trec_eval|id    order of equal scores (default: trec_eval)
  --models <where>       where models by name come from: a folder of repositories, or the address of a host
  --batch <n>            documents that are encoded and stored together (default: 64)
  --fresh                begin anew, whatever earlier runs have stored
  --out <file.json>      write the report there (default: print it)
  --run <file.trec>      write what was found in the form of trec_eval
  --cache <folder>       where runs keep what they have (default: .cache/evaluate)
`;

const MAX_BATCH = 10_000;

/**
 * Reads the command line.
 * @param base what relative paths are relative to
 * @param cache the default of `--cache`
 * @throws RetrievalError `INVALID_OPTION`
 */
export function readOptions(args: readonly string[], base: string, cache: string): Options {
  const { values, positionals } = parse(args);
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) {
    throw invalid("one folder with a test collection is wanted", positionals.join(" "));
  }
  const folder = resolve(base, given);
  const path = (value: string | undefined) =>
    value === undefined ? undefined : resolve(base, value);
  return {
    folder,
    name: basename(folder),
    model: values.model ?? "pocket",
    mode: oneOf("--mode", values.mode, ["vectors", "search"]) ?? "vectors",
    retrieval: oneOf("--retrieval", values.retrieval, ["hybrid", "dense", "lexical"]),
    device: oneOf("--device", values.device, ["auto", "wasm", "webgpu"]) ?? "auto",
    dimensions: count("--dimensions", values.dimensions),
    qrels: values.qrels,
    instruction: values.instruction,
    ignoreIdenticalIds: values["ignore-identical-ids"] ?? false,
    ties: oneOf("--ties", values.ties, ["trec_eval", "id"]) ?? "trec_eval",
    batch: count("--batch", values.batch, MAX_BATCH) ?? 64,
    models: /^https?:/.test(values.models ?? "") ? values.models : path(values.models),
    softwareGpu: values["software-gpu"] ?? false,
    fresh: values.fresh ?? false,
    out: path(values.out),
    run: path(values.run),
    cache: path(values.cache) ?? cache,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: "string" },
        mode: { type: "string" },
        retrieval: { type: "string" },
        device: { type: "string" },
        dimensions: { type: "string" },
        qrels: { type: "string" },
        instruction: { type: "string" },
        "ignore-identical-ids": { type: "boolean" },
        ties: { type: "string" },
        batch: { type: "string" },
        models: { type: "string" },
        "software-gpu": { type: "boolean" },
        fresh: { type: "boolean" },
        out: { type: "string" },
        run: { type: "string" },
        cache: { type: "string" },
      },
    });
  } catch (thrown) {
    throw new RetrievalError("INVALID_OPTION", (thrown as Error).message, {
      repair: "Run with --help to see the options.",
      cause: thrown,
    });
  }
}

function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const found = allowed.find((one) => one === value);
  if (value === undefined || found !== undefined) return found;
  throw invalid(`${name} must be one of ${allowed.join(", ")}`, value);
}

function count(name: string, value: string | undefined, most = Infinity): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 1 && number <= most) return number;
  throw invalid(`${name} must be a whole number from 1 on`, value);
}

function invalid(problem: string, value: unknown): RetrievalError {
  return new RetrievalError("INVALID_OPTION", problem, {
    value,
    repair: "Run with --help to see the options.",
  });
}
