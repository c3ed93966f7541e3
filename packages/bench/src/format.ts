// Reports as Markdown and plots.
import { median, quantile } from "@nearfield/evaluate";
import { figuresOf, filterFiguresOf, slopeOf, type Figures, type Ratio } from "./figures.ts";
import { plot } from "./plot.ts";
import type { FilterReport, Report, SearchStartReport, SetReport } from "./report.ts";

/** All sets of all reports, one table each, and how times grow. */
export function formatReport(reports: readonly Report[]): string {
  const sections = reports.flatMap((report) => [
    formatMachine(report),
    ...report.sets.map((set) => formatSet(set)),
    ...report.filters.map((filter) => formatFilter(filter)),
    ...report.starts.map((start) => formatStart(start)),
  ]);
  const slopes = formatSlopes(reports.flatMap(({ sets }) => sets));
  return [...sections, ...slopes].join("\n\n");
}

function formatMachine({ date, commit, machine, rounds }: Report): string {
  const { processor, cores, memoryBytes, system, browser, load } = machine;
  const gib = Math.round(memoryBytes / 2 ** 30);
  const [before, after] = load.map((value) => value.toFixed(1));
  return (
    `${date.slice(0, 10)}, commit ${commit ?? "unknown"}: ${browser} headless, ${cores} cores of ${processor}, ${gib} GiB, ${system}, ` +
    `no GPU. ${rounds} rounds. Load average ${before} at the beginning and ${after} at the end.`
  );
}

const HEADINGS = [
  "library",
  "build, s",
  "persist, s",
  "cold start to first answer, ms",
  "query, ms",
  "p95, ms",
  "least, ms",
  "times the loop (range of rounds)",
  "recall@10",
  "memory, MB",
  "stored, MB",
];

function formatSet(set: SetReport): string {
  const { rows, dimensions, queries, limit, engines } = set;
  const figures = engines.map((engine) => figuresOf(engine, set));
  const failures = engines.flatMap(({ title, failure }) =>
    failure ? [`- ${title}, ${failure.phase}: ${failure.message}`] : [],
  );
  return [
    `**${thousands(rows)} × ${dimensions}, ${set.set} vectors**, top ${limit}, ${queries} queries:`,
    [
      `| ${HEADINGS.join(" | ")} |`,
      `|${HEADINGS.map((_, at) => (at === 0 ? "---" : "--:")).join("|")}|`,
      ...figures.map(formatRow),
    ].join("\n"),
    ...(failures.length > 0 ? [`Not all could be measured:\n\n${failures.join("\n")}`] : []),
  ].join("\n\n");
}

function formatRow(figures: Figures): string {
  const { engine, buildMs, persistMs, firstAnswerMs, medianMs, p95Ms, ratio, recall } = figures;
  const version = engine.version === null ? "" : ` ${engine.version}`;
  const cells = [
    `${engine.title}${version}`,
    seconds(buildMs),
    engine.buildMs.length > 0 && engine.persistMs.length === 0 ? "in build" : seconds(persistMs),
    digits(firstAnswerMs),
    digits(medianMs),
    digits(p95Ms),
    digits(figures.leastMs),
    formatRatio(ratio),
    recall === null ? "–" : recall.toFixed(3),
    megabytes(figures.memoryBytes),
    megabytes(engine.storedBytes),
  ];
  return `| ${cells.join(" | ")} |`;
}

function formatFilter({ set, rows, share, engines }: FilterReport): string {
  const lines = engines.map((engine) => {
    const { plainMs, filteredMs, ratio } = filterFiguresOf(engine);
    const recall = engine.recall === null ? "–" : engine.recall.toFixed(3);
    const cells = [engine.title, digits(plainMs), digits(filteredMs), formatRatio(ratio), recall];
    return `| ${cells.join(" | ")} |`;
  });
  const failures = engines.flatMap(({ title, failure }) =>
    failure ? [`- ${title}, ${failure.phase}: ${failure.message}`] : [],
  );
  return [
    `**A filter that ${share * 100} % of ${thousands(rows)} rows pass, ${set} vectors**, in turns with the same queries without one:`,
    [
      "| library | all rows, ms | filtered, ms | times as fast (range of rounds) | recall@10 |",
      "|---|--:|--:|--:|--:|",
      ...lines,
    ].join("\n"),
    ...(failures.length > 0 ? [failures.join("\n")] : []),
  ].join("\n\n");
}

function formatStart(start: SearchStartReport): string {
  const { documents, passages, firstStoredMs, allStoredMs, firstAnswerMs, queryMs } = start;
  const perSecond = (documents - 1) / ((allStoredMs - firstStoredMs) / 1_000);
  const figures: [string, string][] = [
    ["first visit: from nothing to the first document stored, ms", digits(firstStoredMs)],
    ["documents stored per second after that", digits(perSecond)],
    ["later visit: from nothing to the first answer, ms", digits(median(firstAnswerMs))],
    ["query after that, median, ms", digits(median(queryMs))],
    ["query after that, p95, ms", digits(quantile(queryMs, 0.95))],
  ];
  return [
    `**\`openSearch\` from texts to answers**: pocket model on WASM, ${thousands(documents)} documents of a sentence, ${thousands(passages)} passages:`,
    ["| figure | |", "|---|--:|", ...figures.map(([name, value]) => `| ${name} | ${value} |`)].join(
      "\n",
    ),
  ].join("\n\n");
}

function formatRatio(ratio: Ratio | null): string {
  if (!ratio) return "–";
  return `${digits(ratio.median)} (${digits(ratio.least)} to ${digits(ratio.most)})`;
}

interface Measure {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly of: (figures: Figures) => number | null;
}

/** What is followed over the sizes. */
const MEASURES: readonly Measure[] = [
  { name: "query", title: "Median query", unit: "ms", of: ({ medianMs }) => medianMs },
  { name: "ingest", title: "Build and persist", unit: "ms", of: ({ ingestMs }) => ingestMs },
  {
    name: "cold-start",
    title: "Cold start to first answer",
    unit: "ms",
    of: ({ firstAnswerMs }) => firstAnswerMs,
  },
  {
    name: "memory",
    title: "Resident memory",
    unit: "MB",
    of: ({ memoryBytes }) => (memoryBytes === null ? null : memoryBytes / 1e6),
  },
];

/** One plot for each measure and each kind of vectors that was measured in more than one size. */
export function formatPlots(
  reports: readonly Report[],
): { readonly name: string; readonly title: string; readonly svg: string }[] {
  const sets = reports.flatMap((report) => report.sets);
  return kindsOf(sets).flatMap((kind) =>
    MEASURES.flatMap((measure) => {
      const lines = linesOf(sets, kind, measure).filter(({ points }) => points.length > 0);
      if (lines.every(({ points }) => points.length < 2)) return [];
      const title = `${measure.title}, ${kind} vectors`;
      const yTitle = measure.unit;
      const svg = plot({ title, xTitle: "rows", yTitle, series: lines });
      return [{ name: `${kind}-${measure.name}`, title, svg }];
    }),
  );
}

/** A table for each kind of vectors that was measured in more than one size. */
function formatSlopes(sets: readonly SetReport[]): string[] {
  return kindsOf(sets).flatMap((kind) => {
    const columns = MEASURES.map((measure) => linesOf(sets, kind, measure));
    const titles = columns[0]?.map(({ title }) => title) ?? [];
    const rows = titles.flatMap((title, at) => {
      const slopes = columns.map((lines) => slopeOf(lines[at]?.points ?? []));
      if (slopes.every((slope) => slope === null)) return [];
      const cells = slopes.map((slope) => (slope === null ? "–" : slope.toFixed(2)));
      return [`| ${[title, ...cells].join(" | ")} |`];
    });
    if (rows.length === 0) return [];
    return [
      `**How it grows, ${kind} vectors**: the power of the number of rows (1 is proportional):`,
      [
        `| library | ${MEASURES.map(({ title }) => title.toLowerCase()).join(" | ")} |`,
        `|---|${MEASURES.map(() => "--:").join("|")}|`,
        ...rows,
      ].join("\n"),
    ];
  });
}

function kindsOf(sets: readonly SetReport[]): string[] {
  return [...new Set(sets.map(({ set }) => set))];
}

/** For each library one value for each size; of a size that was measured more than once, the last. */
function linesOf(
  sets: readonly SetReport[],
  kind: string,
  measure: Measure,
): { title: string; points: [number, number][] }[] {
  const lines = new Map<string, Map<number, number>>();
  for (const set of sets.filter((one) => one.set === kind)) {
    for (const engine of set.engines) {
      const values = lines.get(engine.title) ?? new Map<number, number>();
      const value = measure.of(figuresOf(engine, set));
      if (value !== null && value > 0) values.set(set.rows, value);
      lines.set(engine.title, values);
    }
  }
  return [...lines].map(([title, values]) => ({
    title,
    points: [...values].toSorted(([a], [b]) => a - b),
  }));
}

const digits = (value: number | null): string => {
  if (value === null) return "–";
  return value >= 100 ? thousands(Math.round(value)) : String(Number(value.toPrecision(3)));
};
const seconds = (ms: number | null): string => digits(ms === null ? null : ms / 1_000);
const megabytes = (bytes: number | null): string => digits(bytes === null ? null : bytes / 1e6);
const thousands = (value: number): string => value.toLocaleString("en-US");
