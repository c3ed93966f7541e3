import { ANY_MACHINE, ENGINE, type MachineFacts } from "@nearfield/models";
import { findAdapter } from "@nearfield/runtime";

export interface ReadMachineOptions {
  /** False: no adapter is asked for, as where WASM was demanded. Default true. */
  readonly gpu?: boolean | undefined;
}

/**
 * Reads what a plan has to know of this machine: the GPU's limits and features, room in the storage, memory, isolation. On
 * the page, not in a worker. Never rejects: what the browser does not say is not known.
 */
export async function readMachine({ gpu = true }: ReadMachineOptions = {}): Promise<MachineFacts> {
  const [adapter, storageBytes] = await Promise.all([
    gpu ? findAdapter() : ANY_MACHINE.gpu,
    readStorage(),
  ]);
  return {
    ...ENGINE,
    gpu: adapter,
    memoryBytes: readMemory(),
    storageBytes,
    crossOriginIsolated: globalThis.crossOriginIsolated,
  };
}

/** A disk that hangs must not keep a model from loading. */
const PATIENCE_MS = 2_000;

async function readStorage(): Promise<number | null> {
  try {
    const estimate = await Promise.race([
      navigator.storage.estimate(),
      new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null)),
    ]);
    const { quota, usage } = estimate ?? {};
    return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
  } catch {
    return null; // an insecure page, or one of an opaque origin
  }
}

const GIB = 2 ** 30;
/** Browsers report no more than this, or round down to it: it may be any machine. */
const COUNTED_GIB = 8;

/** Main memory, as roughly as browsers tell it. */
function readMemory(): number | null {
  const { deviceMemory } = navigator as Navigator & { readonly deviceMemory?: unknown };
  const known = typeof deviceMemory === "number" && deviceMemory > 0 && deviceMemory < COUNTED_GIB;
  return known ? deviceMemory * GIB : null;
}
