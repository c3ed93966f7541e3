/**
 * More threads than this were not measured to help a small model, and other tabs and our other workers want cores as
 * well. ONNX Runtime stops at the same number of its own accord.
 */
const MAX_THREADS = 4;

/** Threads for the WASM build: half of the cores, since most count twice; 1 where memory can not be shared. */
export function chooseThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(MAX_THREADS, Math.ceil(navigator.hardwareConcurrency / 2)));
}
