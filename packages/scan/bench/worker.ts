// Measures the scanners in turn, in one process, so that a busy machine slows all alike: read the ratios.
import type { AsyncScanner, Scanner } from "@nearfield/core";
import { CompactScanner, WasmScanner } from "../src/index.ts";
import { dataset, type Asked } from "./data.ts";

const LIMIT = 10;
const WARM_UPS = 5;
const ROUNDS = 40;
/** Rows per block, as the index keeps them. */
const BLOCK_ROWS = 4096;

/** Rows live in the page, as they would in a file: the scanners that are told so keep no copy. */
type Create = (dimensions: number, row: (at: number) => Float32Array) => Scanner | AsyncScanner;

const compact =
  (memoryBytes: number | undefined, recall: number): Create =>
  (d, row) =>
    new CompactScanner(d, {
      memoryBytes,
      recall,
      readRows: (block, rows) => {
        const floats = new Float32Array(rows.length * d);
        for (const [i, at] of rows.entries()) floats.set(row((block - 1) * BLOCK_ROWS + at), i * d);
        return floats;
      },
    });

const SCANNERS: Record<string, Create> = {
  float32: (d) => new WasmScanner(d, { encoding: "float32", module: "simd" }),
  "int8, portable": (d) => new WasmScanner(d, { module: "simd" }),
  "int8, relaxed": (d) => new WasmScanner(d, { module: "relaxed" }),
  compact: compact(undefined, 0.99),
  "compact, 1 bit alone": compact(0, 0.99),
  "compact, recall 0.998": compact(undefined, 0.998),
};

/** A plain loop over one Float32Array with insertion into the best: the yardstick of all ratios. */
function searchPlainly(rows: Float32Array, query: Float32Array, limit: number): Uint32Array {
  const scores = new Float64Array(limit).fill(-Infinity);
  const found = new Uint32Array(limit);
  const dimensions = query.length;
  const count = rows.length / dimensions;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    const offset = i * dimensions;
    for (let j = 0; j < dimensions; j++) sum += (rows[offset + j] as number) * (query[j] as number);
    if (sum <= (scores[limit - 1] as number)) continue;
    let place = limit - 1;
    for (; place > 0 && (scores[place - 1] as number) < sum; place--) {
      scores[place] = scores[place - 1] as number;
      found[place] = found[place - 1] as number;
    }
    scores[place] = sum;
    found[place] = i;
  }
  return found;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

self.onmessage = async ({ data: asked }: MessageEvent<Asked>): Promise<void> => {
  const { dimensions, rows, queries } = await dataset(asked);
  const searches: Record<string, (query: Float32Array) => Uint32Array | Promise<Uint32Array>> = {
    "plain loop": (query) => searchPlainly(rows, query, LIMIT),
  };
  const report: Record<string, Record<string, number>> = {};
  for (const [name, create] of Object.entries(SCANNERS)) {
    if (asked.only && !name.startsWith(asked.only)) continue;
    const start = performance.now();
    const scanner = create(dimensions, (at) =>
      rows.subarray(at * dimensions, (at + 1) * dimensions),
    );
    const blockLength = BLOCK_ROWS * dimensions;
    const targets: { block: number }[] = [];
    for (let at = 0; at < rows.length; at += blockLength)
      targets.push({ block: scanner.add(rows.subarray(at, at + blockLength)) });
    report[name] = {
      addMs: performance.now() - start,
      bytesPerRow: (scanner.byteLength * dimensions) / rows.length,
    };
    searches[name] = async (query) => {
      const hits = await scanner.search(query, LIMIT, targets);
      return hits.rows.map((row, i) => (hits.targets[i] as number) * BLOCK_ROWS + row);
    };
  }

  const times: Record<string, number[]> = {};
  const found: Record<string, number> = {};
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const at = ((round + WARM_UPS) * dimensions) % queries.length;
    const query = queries.slice(at, at + dimensions);
    let truth: Uint32Array | undefined;
    for (const [name, search] of Object.entries(searches)) {
      const start = performance.now();
      const answer = await search(query);
      const took = performance.now() - start;
      truth ??= answer;
      if (round < 0) continue;
      (times[name] ??= []).push(took);
      found[name] = (found[name] ?? 0) + truth.filter((row) => answer.includes(row)).length;
    }
  }
  for (const [name, taken] of Object.entries(times)) {
    const plain = times["plain loop"] as number[];
    report[name] = {
      ...report[name],
      medianMs: median(taken),
      leastMs: Math.min(...taken),
      ratio: median(taken.map((took, i) => (plain[i] as number) / took)),
      leastRatio: Math.min(...plain) / Math.min(...taken),
      recall: (found[name] as number) / (LIMIT * ROUNDS),
    };
  }
  postMessage(report);
};
