import type { Stage, StageName } from "nearfield";
import { make, required } from "../../shared/element.ts";

const NAMES: Readonly<Record<StageName, string>> = {
  lexical: "By words",
  dense: "By meaning",
  hybrid: "By words and meaning",
  reranked: "Read once more",
};

/** How an answer came about: a line for each stage, for those who open it. */
export class How {
  readonly #details: HTMLDetailsElement = required("how", HTMLDetailsElement);
  readonly #list: HTMLElement = required("how-stages", HTMLElement);

  /** Shows the stages so far; nothing for none. */
  show(stages: readonly Stage[]): void {
    this.#details.hidden = stages.length === 0;
    this.#list.replaceChildren(
      ...stages.map((stage) =>
        make(
          "li",
          {},
          make("b", {}, NAMES[stage.name]),
          ` after ${sayMs(stage.trace.totalMs)}: ${describe(stage)}`,
          ...stage.skipped.map(({ reason }) => make("p", {}, `Left out: ${reason}.`)),
        ),
      ),
    );
  }
}

function describe({ trace, hits }: Stage): string {
  const { reasonMs, encodeMs, lexicalMs, denseMs, fusionMs, rerankMs, candidates } = trace;
  const { lexical, dense, fused, reranked } = candidates;
  const found = [
    said(lexical, "by words"),
    said(dense, "by meaning"),
    said(fused, "weighed"),
    said(reranked, "read"),
  ];
  const took = [
    timed("words", lexicalMs),
    timed("thinking", reasonMs),
    timed("model", encodeMs),
    timed("vectors", denseMs),
    timed("weighing", fusionMs),
    timed("reading", rerankMs),
  ];
  const parts = [`${hits.length} shown`, ...found, ...took];
  return `${parts.filter((part) => part !== "").join(", ")}.`;
}

function said(count: number | undefined, how: string): string {
  return count === undefined ? "" : `${count} ${how}`;
}

function timed(what: string, ms: number | undefined): string {
  return ms === undefined ? "" : `${what} ${sayMs(ms)}`;
}

function sayMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
