import type { Role } from "@nearfield/core";

/**
 * More threads than this were not measured to help a small model, and other tabs and our other workers want cores as
 * well. ONNX Runtime stops at the same number of its own accord.
 */
const MAX_THREADS = 4;

/**
 * Threads for the WASM build; 1 where memory can not be shared. Half of the cores, since most count twice. For documents at
 * least two where there are two: batches gain 1.7 times by the second thread, a single query gains nothing.
 */
export function chooseThreads(role: Role): number {
  if (!globalThis.crossOriginIsolated) return 1;
  const cores = navigator.hardwareConcurrency;
  const half = Math.max(1, Math.min(MAX_THREADS, Math.ceil(cores / 2)));
  return role === "document" ? Math.max(half, Math.min(2, cores)) : half;
}
