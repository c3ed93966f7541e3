// Measures the scanners in turn, in one process, so that a busy machine slows all alike: read the ratios.
import { CompactScanner, WasmScanner } from "../src/index.ts";
import { generate, type DatasetOptions } from "./data.ts";

const LIMIT = 10;
const WARM_UPS = 5;
const ROUNDS = 40;
/** Rows per block, as the index keeps them. */
const BLOCK_ROWS = 4096;

const SCANNERS: Record<string, (dimensions: number) => WasmScanner | CompactScanner> = {
  float32: (d) => new WasmScanner(d, { encoding: "float32", module: "simd" }),
  int8: (d) => new WasmScanner(d, { encoding: "int8", module: "simd" }),
  "int8, relaxed": (d) => new WasmScanner(d, { encoding: "int8", module: "relaxed" }),
  "1 bit + 200": (d) => new CompactScanner(d, { candidates: 200, module: "relaxed" }),
  "1 bit + 500": (d) => new CompactScanner(d, { candidates: 500, module: "relaxed" }),
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

self.onmessage = ({ data: options }: MessageEvent<DatasetOptions>): void => {
  const { dimensions, rows, queries } = generate(options);
  const searches: Record<string, (query: Float32Array) => Uint32Array> = {
    "plain loop": (query) => searchPlainly(rows, query, LIMIT),
  };
  const report: Record<string, Record<string, number>> = {};
  for (const [name, create] of Object.entries(SCANNERS)) {
    const start = performance.now();
    const scanner = create(dimensions);
    const blockLength = BLOCK_ROWS * dimensions;
    const targets: { block: number }[] = [];
    for (let at = 0; at < rows.length; at += blockLength)
      targets.push({ block: scanner.add(rows.subarray(at, at + blockLength)) });
    report[name] = {
      addMs: performance.now() - start,
      bytesPerRow: scanner.byteLength / options.count,
    };
    searches[name] = (query) => {
      const hits = scanner.search(query, LIMIT, targets);
      return hits.rows.map((row, i) => (hits.targets[i] as number) * BLOCK_ROWS + row);
    };
  }

  const times: Record<string, number[]> = {};
  const found: Record<string, number> = {};
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const at = ((round + WARM_UPS) % options.queries) * dimensions;
    const query = queries.slice(at, at + dimensions);
    let truth: Uint32Array | undefined;
    for (const [name, search] of Object.entries(searches)) {
      const start = performance.now();
      const answer = search(query);
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
      recall: (found[name] as number) / (LIMIT * ROUNDS),
    };
  }
  postMessage(report);
};
