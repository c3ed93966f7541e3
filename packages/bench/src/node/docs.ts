import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatReport, formatPlots } from "../format.ts";
import type { Report } from "../report.ts";

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/**
 * Writes tables and plots of the reports into `docs/benchmarks.md`, between its markers, and beside it.
 * @throws Error where the markers are not there
 */
export function writeDocs(root: string, reports: readonly Report[]): void {
  const file = join(root, "docs", "benchmarks.md");
  const plots = formatPlots(reports);
  const folder = join(root, "docs", "benchmarks");
  mkdirSync(folder, { recursive: true });
  for (const { name, svg } of plots) writeFileSync(join(folder, `${name}.svg`), svg);
  const images = plots.map(({ name, title }) => `![${title}](benchmarks/${name}.svg)`);
  const text = readFileSync(file, "utf8");
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${file} has no ${BEGIN} … ${END}`);
  const made = [formatReport(reports), ...images].join("\n\n");
  writeFileSync(file, `${text.slice(0, start + BEGIN.length)}\n\n${made}\n\n${text.slice(end)}`);
}
