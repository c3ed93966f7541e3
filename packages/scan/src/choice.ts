import { RetrievalError, type AsyncScanner, type BlockId, type Scanner } from "@nearfield/core";
import { GpuScanner } from "./gpu-scanner.ts";
import type { OpenedGpu } from "./gpu/device.ts";
import { bestModule, type ModuleName } from "./kernels/kernels.ts";
import { TypeScriptScanner } from "./typescript-scanner.ts";
import { checkDimensions } from "./validation.ts";
import { WasmScanner } from "./wasm-scanner.ts";

/** What can serve. `relaxed` and `simd` are the two builds of the WebAssembly kernels. */
export type ScannerName = "typescript" | ModuleName | "webgpu";

/** Which scanner is the fastest on this machine. Plain data: the caller stores it and passes it to `scannerOf` the next time. */
export interface ScannerChoice {
  readonly name: ScannerName;
  readonly dimensions: number;
  /** How many rows it was chosen for. */
  readonly rows: number;
  /** What a search over so many rows should take, in milliseconds; only of those that this machine has. */
  readonly milliseconds: Readonly<Partial<Record<ScannerName, number>>>;
  /** For a report. */
  readonly reason: string;
}

export interface ScannerOptions {
  /** Absent: WebGPU does not take part. It stays the caller's. */
  readonly gpu?: OpenedGpu | undefined;
  /** See `WasmScannerOptions`; the others copy all the same. */
  readonly adopts?: boolean | undefined;
}

export interface ChoiceOptions extends ScannerOptions {
  /** How many rows there will be. Default: those of the sample, about 6 MB. */
  readonly rows?: number | undefined;
}

/** Bytes of float32 rows in the sample: more than the nearest caches hold, and scanned in about a millisecond. */
const SAMPLE_BYTES = 6 * 2 ** 20;
/** Of the sample, searched alone: what a search costs whatever there is, as on a GPU, does not grow with the rows. */
const SMALL_SHARE = 1 / 4;
/** The first runs of a module are those of a compiler that is in a hurry. */
const WARM_UPS = 3;
const ROUNDS = 7;
const LIMIT = 10;

/**
 * Times the scanners of this machine on a small sample and on a quarter of it, in turn, and names the one that is the fastest over
 * `rows` rows if each row more takes the same time. Takes some tenths of a second, with pauses: once is enough, and the answer may be
 * stored.
 *
 * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
 */
export async function chooseScanner(
  dimensions: number,
  { gpu, rows: wanted }: ChoiceOptions = {},
): Promise<ScannerChoice> {
  checkDimensions(dimensions);
  const sample = sampleOf(dimensions);
  const sampled = sample.length / dimensions;
  const few = Math.max(1, Math.floor(sampled * SMALL_SHARE));
  const rows = wanted ?? sampled;
  const query = sample.slice(0, dimensions);
  const running: Timed[] = [];
  try {
    for (const name of candidates(gpu)) {
      const scanner = create(name, dimensions, { gpu });
      const timed: Timed = { name, scanner, blocks: [], small: [], whole: [] };
      running.push(timed);
      timed.blocks.push(scanner.add(sample.subarray(0, few * dimensions)));
      if (few < sampled) timed.blocks.push(scanner.add(sample.subarray(few * dimensions)));
    }
    for (let round = -WARM_UPS; round < ROUNDS; round++) {
      for (const { scanner, blocks, small, whole } of running) {
        // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would time one another
        const [least, most] = [
          await time(scanner, query, blocks.slice(0, 1)),
          await time(scanner, query, blocks),
        ];
        if (round < 0) continue;
        small.push(least);
        whole.push(most);
      }
      // oxlint-disable-next-line no-await-in-loop -- whoever waits for the thread comes in between
      await breathe();
    }
  } finally {
    for (const { scanner } of running) scanner.close();
  }
  const expected = running.map(({ name, small, whole }) => {
    const perRow = Math.max(0, median(whole) - median(small)) / Math.max(1, sampled - few);
    return [name, Math.max(0, median(whole) + perRow * (rows - sampled))] as const;
  });
  expected.sort(([, a], [, b]) => a - b);
  const [name] = expected[0] as readonly [ScannerName, number];
  return {
    name,
    dimensions,
    rows,
    milliseconds: Object.fromEntries(expected),
    reason: describe(expected, rows, sampled, gpu),
  };
}

interface Timed {
  readonly name: ScannerName;
  readonly scanner: Scanner | AsyncScanner;
  readonly blocks: BlockId[];
  /** Milliseconds over the first block, and over all. */
  readonly small: number[];
  readonly whole: number[];
}

async function time(
  scanner: Scanner | AsyncScanner,
  query: Float32Array,
  blocks: readonly BlockId[],
): Promise<number> {
  const start = performance.now();
  await scanner.search(
    query,
    LIMIT,
    blocks.map((block) => ({ block })),
  );
  return performance.now() - start;
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/**
 * The exact scanner that was chosen on this machine; the best that can be told without a measurement where nothing was. What is not there
 * any more, such as a GPU, is replaced, and `description` says so.
 *
 * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
 */
export function scannerOf(
  dimensions: number,
  choice?: Pick<ScannerChoice, "name">,
  { gpu, adopts }: ScannerOptions = {},
): Scanner | AsyncScanner {
  checkDimensions(dimensions);
  const there = candidates(gpu);
  const wanted = choice?.name;
  const name = wanted && there.includes(wanted) ? wanted : (there[0] as ScannerName);
  return create(name, dimensions, { gpu, adopts });
}

/** What this machine has; the first is the one to take unmeasured. */
function candidates(gpu: OpenedGpu | undefined): ScannerName[] {
  const names: ScannerName[] = [];
  try {
    if (bestModule() === "relaxed") names.push("relaxed");
    new WasmScanner(1, { module: "simd" }).close();
    names.push("simd");
  } catch {
    // No WebAssembly, no SIMD, or a policy against it: all of them are the engine's words.
    names.push("typescript");
  }
  if (gpu) names.push("webgpu");
  return names;
}

function create(
  name: ScannerName,
  dimensions: number,
  { gpu, adopts }: ScannerOptions,
): Scanner | AsyncScanner {
  switch (name) {
    case "typescript":
      return new TypeScriptScanner(dimensions);
    case "simd":
    case "relaxed":
      return new WasmScanner(dimensions, { module: name, adopts });
    case "webgpu":
      if (gpu) return new GpuScanner(dimensions, gpu);
      throw new RetrievalError("DEVICE_UNAVAILABLE", "there is no GPU to scan with", {
        repair: "Pass what openGpu gave.",
      });
    default:
      return name satisfies never;
  }
}

/** Numbers without meaning, the same each time. */
function sampleOf(dimensions: number): Float32Array {
  const count = Math.max(1, Math.floor(SAMPLE_BYTES / 4 / dimensions));
  let state = 1;
  return Float32Array.from({ length: count * dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function describe(
  expected: readonly (readonly [ScannerName, number])[],
  rows: number,
  sampled: number,
  gpu: OpenedGpu | undefined,
): string {
  const times = expected.map(([name, taken]) => `${name} ${taken.toFixed(2)} ms`).join(", ");
  const note = gpu?.isSoftware ? "; the GPU is emulated in software" : "";
  return `fastest over ${rows} rows on this machine, by ${sampled} rows: ${times}${note}`;
}
