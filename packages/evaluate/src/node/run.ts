import { writeFileSync } from "node:fs";
import type { Dataset } from "../dataset.ts";
import { evaluate, withoutExcluded } from "../evaluation.ts";
import type { Answer, Job, Progress } from "../job.ts";
import type { ScoredDocument } from "../ranking.ts";
import { formatTable, makeReport, type Report } from "../report.ts";
import { formatRun } from "../trec.ts";
import { runInBrowser } from "./browser.ts";
import { readFolder } from "./folder.ts";
import { Host, MODELS_PATH } from "./host.ts";
import { readOptions, USAGE, type Options } from "./options.ts";
import { State } from "./state.ts";

/** What the workspace around this package knows, and hands in. */
export interface Surroundings {
  /** What relative paths are relative to. */
  readonly base: string;
  /** Where runs keep what they have, unless told. */
  readonly cache: string;
  readonly executablePath: string | undefined;
  readonly flags: readonly string[];
  readonly softwareGpuFlags: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Builds the page below `cache`, and names its content. */
  readonly buildPage: (
    cache: string,
  ) => Promise<{ readonly folder: string; readonly hash: string }>;
  readonly say: (line: string) => void;
  readonly print: (text: string) => void;
}

/**
 * The command: reads, runs in the browser, judges, prints.
 * @throws RetrievalError for bad options and bad data, before a browser is started; what the browser meets
 */
export async function main(args: readonly string[], around: Surroundings): Promise<void> {
  if (args.includes("--help")) return around.print(USAGE);
  const options = readOptions(args, around.base, around.cache);
  const dataset = await readFolder(options);
  const { report, found } = await run(options, dataset, around);
  around.print(formatTable(report));
  if (options.run !== undefined) writeFileSync(options.run, runFile(dataset, found, options));
  const json = JSON.stringify(report, null, 2);
  if (options.out === undefined) return around.print(json);
  writeFileSync(options.out, `${json}\n`);
  around.print(`report written to ${options.out}`);
}

async function run(
  options: Options,
  dataset: Dataset,
  around: Surroundings,
): Promise<{ report: Report; found: Map<string, ScoredDocument[]> }> {
  const { mode, model, device, dimensions, retrieval, models, softwareGpu, ties } = options;
  const page = await around.buildPage(options.cache);
  const further = [models, softwareGpu];
  const key = { dataset, mode, model, device, dimensions, page: page.hash, further, retrieval };
  const state = new State(options.cache, key, options.fresh);
  try {
    const job = makeJob(options, dataset, state);
    const resumed = dataset.queries.length - job.queries.length;
    if (resumed > 0)
      around.say(`${resumed} of ${dataset.queries.length} queries are answered already`);
    const host = await Host.start({
      page: page.folder,
      headers: around.headers,
      job,
      corpus: dataset.corpus,
      state,
      models: isAddress(models) ? undefined : models,
      onProgress: sayNowAndThen(around.say),
    });
    try {
      const outcome = await runInBrowser({
        executablePath: around.executablePath,
        flags: [...around.flags, ...(softwareGpu ? around.softwareGpuFlags : [])],
        profile: state.profile,
        port: host.port,
      });
      const answers = state.readAnswers();
      const found = new Map([...answers].map(([id, answer]) => [id, foundOf(answer)]));
      const evaluation = evaluate(dataset, found, ties);
      const latencies = [...answers.values()].flatMap(({ latencyMs }) => latencyMs ?? []);
      const report = makeReport({
        dataset,
        mode,
        retrieval,
        device,
        ties,
        evaluation,
        outcome,
        latencies,
      });
      return { report, found };
    } finally {
      await host.close();
    }
  } finally {
    state.close();
  }
}

function makeJob(options: Options, dataset: Dataset, state: State): Job {
  const { mode, model, device, dimensions, retrieval, models, batch } = options;
  const answered = state.readAnswers();
  return {
    mode,
    model,
    device,
    dimensions,
    retrieval,
    modelHost: models === undefined || isAddress(models) ? models : MODELS_PATH,
    batch,
    documents: dataset.corpus.length,
    stored: state.stored,
    queries: dataset.queries
      .filter(({ id }) => !answered.has(id))
      .map(({ id, text, instruction, excluded }) => {
        return { id, text, instruction, excluded: excluded.length };
      }),
  };
}

function runFile(
  dataset: Dataset,
  found: ReadonlyMap<string, readonly ScoredDocument[]>,
  { model, mode }: Options,
): string {
  const name = `nearfield-${model}-${mode}`.replaceAll(/\s/g, "_");
  return dataset.queries
    .map((query) => formatRun(query.id, withoutExcluded(found.get(query.id) ?? [], query), name))
    .join("");
}

function foundOf({ found }: Answer): ScoredDocument[] {
  return found.map(([id, score]) => ({ id, score }));
}

/** Enough to see that it goes on. */
const SAY_EVERY_MS = 2_000;

/** Says the first and the last step of each stage, and others at times. */
function sayNowAndThen(say: (line: string) => void): (progress: Progress) => void {
  let last = { stage: "", at: 0 };
  return ({ stage, done, total }) => {
    const at = performance.now();
    if (stage === last.stage && done < total && at - last.at < SAY_EVERY_MS) return;
    last = { stage, at };
    say(`${done} of ${total} ${stage}`);
  };
}

const isAddress = (where: string | undefined): boolean => /^https?:/.test(where ?? "");
