import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { RetrievalError } from "@nearfield/core";
import { ENGINES, YARDSTICK, type EngineName } from "./engines.ts";
import { SET_NAMES, type SetName } from "./set-name.ts";

/** `engines`: all libraries. `filter`: those that can filter. `start`: `openSearch` from texts to answers. */
export type SectionName = "engines" | "filter" | "start";

const SECTION_NAMES: readonly SectionName[] = ["engines", "filter", "start"];

/** What was asked on the command line, checked. Paths are absolute. */
export interface Options {
  readonly sections: readonly SectionName[];
  readonly sizes: readonly number[];
  readonly sets: readonly SetName[];
  /** In the order in which they take turns; the yardstick and Nearfield are always among them. */
  readonly engines: readonly EngineName[];
  readonly queries: number;
  /** Builds, and rounds of queries. */
  readonly rounds: number;
  /** A phase of an engine that takes longer is given up. */
  readonly patienceMs: number;
  /** Files or folders of JSON lines with a `text`; undefined: the documents of the installed packages. */
  readonly texts: readonly string[];
  /** A checkout of BrowserVec, which the registry does not have. */
  readonly browservec: string | undefined;
  readonly out: string | undefined;
  /** Where vectors, pages and peers are kept. */
  readonly cache: string;
  /** Reports of earlier runs to be written into the documentation, instead of measuring. */
  readonly render: readonly string[];
}

const DEFAULT_SIZE = 100_000;
const DEFAULT_QUERIES = 100;
const DEFAULT_ROUNDS = 5;
const DEFAULT_PATIENCE_MINUTES = 15;

export const USAGE: string = `pnpm bench [options]

Nearfield next to other libraries, each in a real browser of its own, taking turns. See docs/benchmarks.md.

  --size <n,n>        rows (default: ${DEFAULT_SIZE})
  --sections <a,b>    what: ${SECTION_NAMES.join(", ")} (default: all)
  --sets <a,b>        vectors: ${SET_NAMES.join(", ")} (default: real,random)
  --peers <a,b>       next to nearfield and the plain loop: ${ENGINES.map(({ name }) => name).join(", ")}; all (default); none
  --queries <n>       different queries (default: ${DEFAULT_QUERIES})
  --rounds <n>        how often everything is repeated (default: ${DEFAULT_ROUNDS})
  --patience <min>    minutes that one phase of one library may take (default: ${DEFAULT_PATIENCE_MINUTES})
  --texts <a,b>       JSON lines with a "text" for the real vectors (default: documents of the installed packages)
  --browservec <dir>  a checkout of BrowserVec, which is not in the registry
  --out <file.json>   where the report goes (default: .cache/bench/report.json)
  --cache <folder>    where vectors, pages and peers are kept (default: .cache/bench)
  --render <a,b>      no measuring: writes these reports into docs/benchmarks.md, with plots
`;

/**
 * Reads the command line.
 * @param base what relative paths are relative to
 * @param cache the default of `--cache`
 * @throws RetrievalError `INVALID_OPTION`
 */
export function readOptions(args: readonly string[], base: string, cache: string): Options {
  const values = parse(args);
  const path = (value: string) => resolve(base, value);
  return {
    sections: list(values.sections).map((name) => oneOf("--sections", name, SECTION_NAMES)),
    sizes: list(values.size)
      .map((size) => count("--size", size))
      .toSorted((a, b) => a - b),
    sets: list(values.sets).map((set) => oneOf("--sets", set, SET_NAMES)),
    engines: readEngines(values.peers),
    queries: count("--queries", values.queries),
    rounds: count("--rounds", values.rounds),
    patienceMs: count("--patience", values.patience) * 60_000,
    texts: list(values.texts).map(path),
    browservec: values.browservec === undefined ? undefined : path(values.browservec),
    out: values.out === undefined ? undefined : path(values.out),
    cache: values.cache === undefined ? cache : path(values.cache),
    render: list(values.render).map(path),
  };
}

function readEngines(peers: string): EngineName[] {
  const names = ENGINES.map(({ name }) => name);
  const chosen = list(peers).map((peer) =>
    oneOf<string>("--peers", peer, [...names, "all", "none"]),
  );
  return names.filter(
    (name) =>
      name === YARDSTICK || name === "nearfield" || chosen.includes("all") || chosen.includes(name),
  );
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        size: { type: "string", default: String(DEFAULT_SIZE) },
        sections: { type: "string", default: SECTION_NAMES.join(",") },
        sets: { type: "string", default: "real,random" },
        peers: { type: "string", default: "all" },
        queries: { type: "string", default: String(DEFAULT_QUERIES) },
        rounds: { type: "string", default: String(DEFAULT_ROUNDS) },
        patience: { type: "string", default: String(DEFAULT_PATIENCE_MINUTES) },
        texts: { type: "string" },
        browservec: { type: "string" },
        out: { type: "string" },
        cache: { type: "string" },
        render: { type: "string" },
      },
    }).values;
  } catch (thrown) {
    throw invalid((thrown as Error).message, args.join(" "));
  }
}

function list(value: string | undefined): string[] {
  return (value ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw invalid(`${name} must be of ${allowed.join(", ")}`, value);
  return found;
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw invalid(`${name} must be a whole number from 1 on`, value);
}

function invalid(problem: string, value: unknown): RetrievalError {
  return new RetrievalError("INVALID_OPTION", problem, {
    value,
    repair: "Run with --help to see the options.",
  });
}
