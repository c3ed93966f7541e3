/** What the page knows of the GPU before any worker starts. */
export interface AdapterReport {
  /** Vendor and architecture, or why there is none. */
  readonly description: string;
  readonly kind: "hardware" | "software" | "none";
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
export async function findAdapter(): Promise<AdapterReport> {
  if (!("gpu" in navigator)) {
    return { kind: "none", description: "this browser has no WebGPU, or this page may not use it" };
  }
  const adapter = await Promise.race([
    navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null),
    new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null)),
  ]);
  if (!adapter) return { kind: "none", description: "WebGPU finds no adapter" };
  const { info } = adapter;
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  const software = info.isFallbackAdapter || SOFTWARE.test(names);
  return { kind: software ? "software" : "hardware", description: describeAdapter(info) };
}
