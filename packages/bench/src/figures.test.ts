import { expect, test } from "vitest";
import { figuresOf, slopeOf } from "./figures.ts";
import { formatPlots, formatReport } from "./format.ts";
import type { EngineReport, Report, SetReport } from "./report.ts";

const engine = (name: string, changes: Partial<EngineReport>): EngineReport => ({
  name,
  title: name,
  version: "1.2.3",
  exact: true,
  buildMs: [100, 300, 200],
  persistMs: [10, 30, 20],
  storedBytes: 5e6,
  openMs: [1],
  firstAnswerMs: [40, 60],
  queryMs: [
    [1, 1],
    [2, 2],
  ],
  recall: 1,
  memory: { emptyBytes: 50e6, servingBytes: 70e6 },
  described: null,
  failure: null,
  ...changes,
});

const setOf = (rows: number, engines: readonly EngineReport[]): SetReport => ({
  set: "random",
  rows,
  dimensions: 384,
  queries: 4,
  limit: 10,
  engines,
});

const loop = engine("loop", {
  queryMs: [
    [10, 10],
    [40, 40],
  ],
});

test("figures are medians, and a ratio is of one round", () => {
  const fast = engine("fast", {});
  const figures = figuresOf(fast, setOf(100, [loop, fast]));
  expect(figures).toMatchObject({
    ingestMs: 220,
    firstAnswerMs: 50,
    medianMs: 1.5,
    p95Ms: 2,
    leastMs: 1,
    memoryBytes: 20e6,
    ratio: { median: 15, least: 10, most: 20 },
  });
});

test("what was not measured is null, and does not become a number", () => {
  const failed = engine("failed", { buildMs: [], persistMs: [], firstAnswerMs: [], queryMs: [] });
  const figures = figuresOf(failed, setOf(100, [loop, failed]));
  expect(figures).toMatchObject({
    ingestMs: null,
    medianMs: null,
    p95Ms: null,
    leastMs: null,
    ratio: null,
  });
});

test("the slope is the power", () => {
  expect(
    slopeOf([
      [10, 5],
      [100, 50],
      [1000, 500],
    ]),
  ).toBeCloseTo(1);
  expect(
    slopeOf([
      [10, 5],
      [100, 50 * Math.sqrt(10)],
    ]),
  ).toBeCloseTo(1.5);
  expect(slopeOf([[10, 5]])).toBeNull();
});

test("a report names each failure, and has a plot for each measure of two sizes", () => {
  const failure = { phase: "build", message: "too much" };
  const lost = engine("lost", { queryMs: [], recall: null, failure });
  const report: Report = {
    date: "2026-11-21T00:00:00.000Z",
    commit: "abc",
    machine: {
      processor: "some",
      cores: 2,
      memoryBytes: 24 * 2 ** 30,
      system: "Linux 6",
      browser: "Chromium 156",
      load: [1, 2],
    },
    rounds: 2,
    sets: [setOf(1_000, [loop, lost]), setOf(10_000, [loop, lost])],
    filters: [
      {
        set: "random",
        rows: 1_000,
        share: 0.01,
        limit: 10,
        engines: [
          {
            name: "loop",
            title: "loop",
            version: null,
            plainMs: [[10, 10]],
            filteredMs: [[5, 5]],
            recall: 1,
            failure: null,
          },
        ],
      },
    ],
    starts: [],
  };
  const text = formatReport([report]);
  expect(text).toContain("- lost, build: too much");
  expect(text).toContain("**10,000 × 384, random vectors**");
  expect(text.match(/^\| loop 1\.2\.3 \|/gm)).toHaveLength(2);
  expect(text).toContain("| loop | 10 | 5 | 2 (2 to 2) | 1.000 |");
  const plots = formatPlots([report]);
  expect(plots.map(({ name }) => name)).toContain("random-query");
  for (const { svg } of plots) expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
