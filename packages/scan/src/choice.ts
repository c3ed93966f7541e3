import { RetrievalError, type AsyncScanner, type Scanner } from "@nearfield/core";
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
  /** Median time of a search over the sample in milliseconds; only of those that this machine has. */
  readonly milliseconds: Readonly<Partial<Record<ScannerName, number>>>;
  /** For a report. */
  readonly reason: string;
}

export interface ChoiceOptions {
  /** What to hold WebGPU against. Absent: WebGPU does not take part. It stays the caller's. */
  readonly gpu?: OpenedGpu | undefined;
}

/** Bytes of float32 rows in the sample: more than the nearest caches hold, and scanned in about a millisecond. */
const SAMPLE_BYTES = 6 * 2 ** 20;
/** The first runs of a module are those of a compiler that is in a hurry. */
const WARM_UPS = 3;
const ROUNDS = 7;
const LIMIT = 10;

/**
 * Times the scanners of this machine on a small sample, in turn, and names the fastest. Takes some tenths of a second: once is
 * enough, and the answer may be stored.
 *
 * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
 */
export async function chooseScanner(
  dimensions: number,
  { gpu }: ChoiceOptions = {},
): Promise<ScannerChoice> {
  checkDimensions(dimensions);
  const rows = sampleOf(dimensions);
  const query = rows.slice(0, dimensions);
  const running: { name: ScannerName; scanner: Scanner | AsyncScanner; block: number }[] = [];
  const times = new Map<ScannerName, number[]>();
  try {
    for (const name of candidates(gpu)) {
      const scanner = create(name, dimensions, gpu);
      running.push({ name, scanner, block: scanner.add(rows) });
    }
    for (let round = -WARM_UPS; round < ROUNDS; round++) {
      for (const { name, scanner, block } of running) {
        const start = performance.now();
        // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would time one another
        await scanner.search(query, LIMIT, [{ block }]);
        const taken = performance.now() - start;
        if (round >= 0) times.set(name, [...(times.get(name) ?? []), taken]);
      }
    }
  } finally {
    for (const { scanner } of running) scanner.close();
  }
  const medians = [...times].map(([name, taken]) => [name, median(taken)] as const);
  medians.sort(([, a], [, b]) => a - b);
  const [name] = medians[0] as readonly [ScannerName, number];
  return {
    name,
    dimensions,
    milliseconds: Object.fromEntries(medians),
    reason: describe(medians, rows.length / dimensions, gpu),
  };
}

/**
 * The exact scanner that was chosen on this machine; the best that can be told without a measurement where nothing was. What is not there
 * any more, such as a GPU, is replaced, and `description` says so.
 *
 * @throws RetrievalError `INVALID_OPTION` for dimensions out of range.
 */
export function scannerOf(
  dimensions: number,
  choice?: ScannerChoice,
  { gpu }: ChoiceOptions = {},
): Scanner | AsyncScanner {
  checkDimensions(dimensions);
  const there = candidates(gpu);
  const wanted = choice?.name;
  const name = wanted && there.includes(wanted) ? wanted : (there[0] as ScannerName);
  return create(name, dimensions, gpu);
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
  gpu: OpenedGpu | undefined,
): Scanner | AsyncScanner {
  switch (name) {
    case "typescript":
      return new TypeScriptScanner(dimensions);
    case "simd":
    case "relaxed":
      return new WasmScanner(dimensions, { module: name });
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
  medians: readonly (readonly [ScannerName, number])[],
  rows: number,
  gpu: OpenedGpu | undefined,
): string {
  const times = medians.map(([name, taken]) => `${name} ${taken.toFixed(2)} ms`).join(", ");
  const note = gpu?.isSoftware ? "; the GPU is emulated in software" : "";
  return `fastest over ${rows} rows on this machine: ${times}${note}`;
}
