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
  /** See `assembly/i8.ts`. Returns the number of rows before the first that is not finite. */
  encodeI8(
    rows: number,
    count: number,
    stride: number,
    codes: number,
    steps: number,
    bounds: number,
  ): number;
}

let compiled: WebAssembly.Module | undefined;

/** Compiles the module, once. @throws CompileError where the engine has no SIMD or a policy forbids WebAssembly. */
function compile(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(SIMD_WASM), (c) => c.charCodeAt(0)));
  return compiled;
}

/** An instance of the kernels over `memory`. @throws CompileError where the engine has no SIMD or a policy forbids WebAssembly. */
export function instantiateKernels(memory: WebAssembly.Memory): Kernels {
  // The compiler of assembly/ checked these signatures; the DOM's types know of no way to say so.
  return new WebAssembly.Instance(compile(), { env: { memory } }).exports as unknown as Kernels;
}
