import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import { formatReport } from "../format.ts";
import type {
  FilterReport,
  MachineReport,
  Report,
  SearchStartReport,
  SetReport,
} from "../report.ts";
import { writeDocs } from "./docs.ts";
import { engineInfo, type EngineName } from "./engines.ts";
import type { EnginePage } from "./contender.ts";
import { measureFilter } from "./measure-filter.ts";
import { measureStart } from "./measure-start.ts";
import { measureSet } from "./measure.ts";
import { readOptions, USAGE, type Options } from "./options.ts";
import { installPeers, versionOf } from "./peers.ts";
import { prepareSet } from "./sets.ts";
import type { Surroundings, Workspace } from "./surroundings.ts";

/**
 * The command: measures and prints, or writes what was measured into the documentation.
 * @throws RetrievalError for bad options, before anything is started
 */
export async function main(args: readonly string[], workspace: Workspace): Promise<void> {
  if (args.includes("--help")) return workspace.print(USAGE);
  const options = readOptions(args, workspace.base, workspace.cache);
  const { cache } = options;
  if (options.render.length > 0) {
    const reports = options.render.map((file) => JSON.parse(readFileSync(file, "utf8")) as Report);
    return writeDocs(workspace.root, reports);
  }
  const around = { ...workspace, cache, data: join(cache, "vectors") };
  const out = options.out ?? join(cache, "report.json");
  for (const folder of [dirname(out), around.data]) mkdirSync(folder, { recursive: true });
  const load = loadavg()[0] ?? 0;
  const pages = await buildPages(options, around);
  let browser: string | null = null;
  const found: Measured = { sets: [], filters: [], starts: [] };
  /** Written after each part, so that a run that is broken off has given something. */
  const report = (): Report => {
    const whole = {
      date: new Date().toISOString(),
      commit: commitOf(around.root),
      machine: describeMachine(browser, load),
      rounds: options.rounds,
      ...found,
    };
    writeFileSync(out, `${JSON.stringify(whole, null, 1)}\n`);
    return whole;
  };
  if (options.sections.includes("start")) {
    found.starts.push(await measureStart(options, around));
    report();
  }
  for (const size of options.sizes) {
    for (const name of options.sets) {
      const set = await prepareSet(name, size, options, around);
      around.say(`${size} rows, ${name}`);
      if (options.sections.includes("engines")) {
        const measured = await measureSet(name, set, pages, options, around);
        browser = measured.browser;
        found.sets.push(measured.report);
        report();
      }
      if (options.sections.includes("filter")) {
        found.filters.push(await measureFilter(name, set, pages, options, around));
        report();
      }
    }
  }
  around.print(formatReport([report()]));
  around.print(`report written to ${out}`);
}

interface Measured {
  readonly sets: SetReport[];
  readonly filters: FilterReport[];
  readonly starts: SearchStartReport[];
}

/** The bundle of each library. One that can not be had, or built, is reported, and the others go on. */
async function buildPages(
  { engines, browservec }: Options,
  around: Surroundings,
): Promise<Map<EngineName, EnginePage>> {
  const needPeers = engines.some((name) => engineInfo(name).package !== undefined);
  const peers = needPeers ? installPeers(around.cache, around.say) : undefined;
  const pages = new Map<EngineName, EnginePage>();
  for (const name of engines) {
    const folder = join(around.cache, "pages", name);
    try {
      const checkout = name === "browservec" ? browserVecIn(browservec) : undefined;
      await around.buildPage({
        outDir: folder,
        html: "index.html",
        engine: name,
        ...(peers !== undefined && { peers }),
        aliases: checkout ? { browservec: checkout.entry } : {},
      });
      const source = engineInfo(name).package;
      const version =
        checkout?.version ?? (source && peers ? versionOf(peers, source) : commitOf(around.root));
      pages.set(name, { folder, version });
    } catch (thrown) {
      const message = String((thrown as Error).message).split("\n")[0] ?? "";
      pages.set(name, { failure: message });
      around.say(`${name}: ${message}`);
    }
  }
  return pages;
}

/** @throws Error where there is no checkout: the registry has no package of that name */
function browserVecIn(folder: string | undefined): { entry: string; version: string } {
  if (folder === undefined) {
    throw new Error(
      "not in the npm registry (404 in November 2026); name a checkout with --browservec",
    );
  }
  const entry = join(folder, "src", "index.ts");
  if (!existsSync(entry)) throw new Error(`${entry} is not there`);
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  return { entry, version: (JSON.parse(manifest) as { version: string }).version };
}

function describeMachine(browser: string | null, loadBefore: number): MachineReport {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    browser: `Chromium ${browser ?? "that did not start"}`,
    load: [loadBefore, loadavg()[0] ?? 0],
  };
}

function commitOf(root: string): string | null {
  try {
    const options = { cwd: root, encoding: "utf8", stdio: "pipe" } as const;
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
  } catch {
    return null; // not a checkout
  }
}
