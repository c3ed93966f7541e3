/** What the page knows of the GPU before any worker starts. */
export interface AdapterReport {
  /** Vendor and architecture, or why there is none. */
  readonly description: string;
  readonly kind: "hardware" | "software" | "none";
}

/** What an adapter that is there can do, for a plan. */
export interface AdapterFacts extends AdapterReport {
  readonly kind: "hardware" | "software";
  /** Features that a plan may ask for, by the names of WebGPU. */
  readonly features: readonly string[];
  /** Bytes of one buffer, at most. */
  readonly maxBufferSize: number;
  /** Bytes of one binding, at most. */
  readonly maxStorageBufferBindingSize: number;
}

export interface NoAdapter extends AdapterReport {
  readonly kind: "none";
}

/** Vendor and architecture of an adapter as one short text. */
export function describeAdapter(info: GPUAdapterInfo): string {
  const text = [info.vendor, info.architecture].filter((part) => part !== "").join(" ");
  return text || info.description || "unnamed adapter";
}

/** Names under which the software adapters of today's browsers go. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|warp|microsoft basic render/i;

/** A GPU process that hangs must not keep WASM from starting. */
const PATIENCE_MS = 10_000;

/** Looks for an adapter without making a device. Never rejects. */
export async function findAdapter(): Promise<AdapterFacts | NoAdapter> {
  if (!("gpu" in navigator)) {
    return { kind: "none", description: "this browser has no WebGPU, or this page may not use it" };
  }
  const adapter = await Promise.race([
    navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null),
    new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null)),
  ]);
  if (!adapter) return { kind: "none", description: "WebGPU finds no adapter" };
  const { info, limits, features } = adapter;
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  const software = info.isFallbackAdapter || SOFTWARE.test(names);
  return {
    kind: software ? "software" : "hardware",
    description: describeAdapter(info),
    features: [...features].toSorted(),
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
  };
}
