import { RELAXED_WASM } from "./relaxed.wasm.ts";
import { SIMD_WASM } from "./simd.wasm.ts";

/** What the module of `assembly/` exports. Pointers and counts are unsigned 32-bit integers. */
export interface Kernels {
  /** See `assembly/f32.ts`. Returns the number of candidates. */
  scanF32(
    rows: number,
    norms: number,
    count: number,
    stride: number,
    query: number,
    allowed: number,
    rate: number,
    slack: number,
    group: number,
    heap: number,
    k: number,
    found: number,
    uppers: number,
  ): number;
  /** See `assembly/i8.ts`. Returns the number of candidates. */
  scanI8(
    rows: number,
    steps: number,
    sums: number,
    count: number,
    stride: number,
    query: number,
    allowed: number,
    bound: number,
    group: number,
    heap: number,
    k: number,
    found: number,
    uppers: number,
  ): number;
  /** See `assembly/i8.ts`. Returns the number of candidates. */
  refineI8(
    rows: number,
    steps: number,
    sums: number,
    listed: number,
    count: number,
    stride: number,
    query: number,
    bound: number,
    heap: number,
    k: number,
    found: number,
    uppers: number,
  ): number;
  /** See `assembly/i8.ts`. Returns the number of rows before the first that is not finite. */
  encodeI8(
    rows: number,
    count: number,
    stride: number,
    codes: number,
    steps: number,
    sums: number,
    bounds: number,
  ): number;
  /** See `assembly/bits.ts`. Returns the number of candidates. */
  scanBits(
    codes: number,
    factors: number,
    count: number,
    stride: number,
    tables: number,
    mean: number,
    step: number,
    base: number,
    width: number,
    allowed: number,
    tile: number,
    heap: number,
    k: number,
    found: number,
    uppers: number,
  ): number;
  /** See `assembly/bits.ts`. */
  estimateBits(
    codes: number,
    factors: number,
    count: number,
    stride: number,
    tables: number,
    mean: number,
    step: number,
    base: number,
    allowed: number,
    heap: number,
    k: number,
    scores: number,
  ): void;
  /** See `assembly/bits.ts`. Returns the number of rows. */
  passBits(
    scores: number,
    factors: number,
    count: number,
    width: number,
    bar: number,
    allowed: number,
    found: number,
  ): number;
  /** See `assembly/bits.ts`. */
  encodeBits(rows: number, count: number, stride: number, codes: number, factors: number): void;
  /** See `assembly/rotate.ts`. */
  rotate(rows: number, count: number, stride: number, signs: number): void;
}

/** `relaxed` has faster products where the engine has relaxed SIMD; both give the same integers. */
export type ModuleName = "simd" | "relaxed";

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

const compiled = new Map<ModuleName, WebAssembly.Module>();

/** Compiles a module, once. */
function compile(name: ModuleName): WebAssembly.Module {
  let module = compiled.get(name);
  if (!module) {
    module = new WebAssembly.Module(bytesOf(name === "simd" ? SIMD_WASM : RELAXED_WASM));
    compiled.set(name, module);
  }
  return module;
}

/**
 * An instance of the kernels over `memory`.
 * @throws CompileError where the engine lacks what the module needs, or a policy forbids WebAssembly.
 */
export function instantiateKernels(memory: WebAssembly.Memory, name: ModuleName): Kernels {
  // The compiler of assembly/ checked these signatures; the DOM's types know of no way to say so.
  return new WebAssembly.Instance(compile(name), { env: { memory } }).exports as unknown as Kernels;
}

let relaxedIsSound: boolean | undefined;

/** The best module that this engine takes and gets right. */
export function bestModule(): ModuleName {
  relaxedIsSound ??= WebAssembly.validate(bytesOf(RELAXED_WASM)) && countsRight();
  return relaxedIsSound ? "relaxed" : "simd";
}

/**
 * Holds the relaxed product against a sum that is known: V8 11.3 has it behind a flag, and its baseline compiler gets it wrong.
 */
function countsRight(): boolean {
  const length = 64;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const at = {
    row: 1024,
    step: 2048,
    sum: 3072,
    query: 4096,
    group: 5120,
    heap: 6144,
    found: 7168,
  };
  const row = new Int8Array(memory.buffer, at.row, length).map((_, j) =>
    j % 3 === 0 ? -127 : 127,
  );
  new Int8Array(memory.buffer, at.row, length).set(row);
  new Float32Array(memory.buffer, at.step, 1)[0] = 1;
  const sum = row.reduce((total, code) => total + code, 0);
  new Int32Array(memory.buffer, at.sum, 1)[0] = sum;
  // Both parts of each query code at their end: 128 x 127 + 127 - 8192.
  new Uint8Array(memory.buffer, at.query, 2 * length).fill(127);
  const heap = new Float64Array(memory.buffer, at.heap, 1).fill(-Infinity);
  const kernels = instantiateKernels(memory, "relaxed");
  kernels.scanI8(
    at.row,
    at.step,
    at.sum,
    1,
    length,
    at.query,
    0,
    0,
    at.group,
    at.heap,
    1,
    at.found,
    at.found + 8,
  );
  return heap[0] === sum * 8191;
}
