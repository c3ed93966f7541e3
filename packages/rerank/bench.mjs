// What reading the prefix once is worth, measured in a real browser:
//   node packages/rerank/bench.mjs [--model toy|layer-fp32|layer-q4] [--rounds 7] [--candidates 50]
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { withBenchPage } from "../../scripts/bench-page.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "toy" },
    rounds: { type: "string", default: "7" },
    candidates: { type: "string", default: "50" },
  },
});
const SIZES = { candidates: Number(values.candidates), prefixTokens: 60, passageTokens: 100 };
const ROUNDS = Number(values.rounds);
const TICKS_PER_SECOND = 100;

const PACKAGES = ["@huggingface/tokenizers", "onnxruntime-web/webgpu"];

await withBenchPage("packages/rerank/bench.html", PACKAGES, async (page) => {
  await page.evaluate(
    async ({ model, sizes }) => {
      const { openPrefixBench } = await import("/packages/rerank/src/bench/prefix.ts");
      globalThis.scoreOnce = await openPrefixBench(model, sizes);
    },
    { model: values.model, sizes: SIZES },
  );
  const ways = { reused: [], reencoded: [] };
  const scores = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const way of Object.keys(ways)) {
      const cpu = cpuSeconds();
      const startedAt = performance.now();
      scores[way] = await page.evaluate((reuse) => globalThis.scoreOnce(reuse), way === "reused");
      const spent = { wallMs: performance.now() - startedAt, cpuMs: (cpuSeconds() - cpu) * 1000 };
      if (round > 0) ways[way].push(spent); // the first round warms up
    }
  }
  const median = (way, name) =>
    ways[way].map((spent) => spent[name]).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)];
  const differences = scores.reused.map((score, at) => Math.abs(score - scores.reencoded[at]));
  console.log({
    model: values.model,
    rounds: ROUNDS,
    ...SIZES,
    cpuMs: { reused: median("reused", "cpuMs"), reencoded: median("reencoded", "cpuMs") },
    wallMs: { reused: median("reused", "wallMs"), reencoded: median("reencoded", "wallMs") },
    // Of processor time, which other work on the machine does not stretch.
    ratio: median("reencoded", "cpuMs") / median("reused", "cpuMs"),
    greatestDifference: Math.max(...differences),
  });
});

/** Processor time of the browser's renderers. On other systems than Linux it is not to be had. */
function cpuSeconds() {
  const list = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const rows = list.split("\n").map((line) => line.trim().split(/\s+/));
  const mine = new Set([String(process.pid)]);
  let ticks = 0;
  for (let grew = true; grew;) {
    grew = false;
    for (const [pid, parent, ...args] of rows) {
      if (!mine.has(parent) || mine.has(pid)) continue;
      mine.add(pid);
      grew = true;
      if (args.includes("--type=renderer")) ticks += ticksOf(pid);
    }
  }
  return ticks / TICKS_PER_SECOND;
}

/** User and system time, behind the name in brackets. */
function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
