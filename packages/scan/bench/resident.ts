// A compact scanner whose rows lie in a file: what stays in memory, over many queries.
import { CompactScanner } from "../src/index.ts";
import { synthetic } from "./stream.ts";

/** What to hold and how often to ask. */
export interface ResidentAsked {
  readonly count: number;
  readonly dimensions: number;
  readonly searches: number;
}

const BLOCK_ROWS = 4096;
const QUERIES = 100;
const MEASURED_QUERIES = 10;

const page = (step: string): Promise<void> =>
  new Promise((resolve) => {
    self.addEventListener("message", () => resolve(), { once: true });
    postMessage({ step });
  });

self.addEventListener(
  "message",
  ({ data: { count, dimensions, searches } }: MessageEvent<ResidentAsked>) => {
    void run(count, dimensions, searches);
  },
  { once: true },
);

async function run(count: number, dimensions: number, searches: number): Promise<void> {
  await page("empty");
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("rows.f32", { create: true });
  const file = await handle.createSyncAccessHandle();
  try {
    const rowBytes = dimensions * 4;
    const scanner = new CompactScanner(dimensions, {
      readRows: (block, rows) => {
        const floats = new Float32Array(rows.length * dimensions);
        for (const [i, row] of rows.entries()) {
          const into = floats.subarray(i * dimensions, (i + 1) * dimensions);
          file.read(into, { at: ((block - 1) * BLOCK_ROWS + row) * rowBytes });
        }
        return floats;
      },
    });
    const { next, query } = synthetic(dimensions);
    const block = new Float32Array(BLOCK_ROWS * dimensions);
    const targets: { block: number }[] = [];
    for (let first = 0; first < count; first += BLOCK_ROWS) {
      const rows = block.subarray(0, Math.min(BLOCK_ROWS, count - first) * dimensions);
      next(rows);
      file.write(rows, { at: first * rowBytes });
      targets.push({ block: scanner.add(rows) });
    }
    await page("added");
    const queries = Array.from({ length: QUERIES }, query);
    const times: number[] = [];
    for (let i = 0; i < searches; i++) {
      const start = performance.now();
      await scanner.search(queries[i % QUERIES] as Float32Array, 10, targets);
      times.push(performance.now() - start);
      if (i === 9) await page("after 10 searches");
    }
    await page(`after ${searches} searches`);
    times.sort((a, b) => a - b);
    const recall = await scanner.measureRecall(queries.slice(0, MEASURED_QUERIES));
    postMessage({
      report: {
        byteLength: scanner.byteLength,
        medianMs: times[times.length >> 1],
        leastMs: times[0],
        ...recall,
      },
    });
  } finally {
    file.close();
    await folder.removeEntry("rows.f32");
  }
}
