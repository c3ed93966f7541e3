// The one file that touches `navigator.gpu` for search.

/** A device for scans, and what is known of it. */
export interface OpenedGpu {
  readonly device: GPUDevice;
  /** For a report: vendor and architecture, as the browser gives them. */
  readonly name: string;
  /** A software adapter works and is slower than WebAssembly. */
  readonly isSoftware: boolean;
}

/** A GPU process that hangs must not keep WebAssembly from starting. */
const PATIENCE_MS = 10_000;

/**
 * A device with as large buffers as the adapter gives; undefined where there is no WebGPU, no adapter, or no device. Whoever
 * opens it ends it, by `device.destroy()`.
 */
export async function openGpu(): Promise<OpenedGpu | undefined> {
  // Absent outside of secure contexts, and in Node: the types know nothing of that.
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (!gpu) return undefined;
  try {
    const adapter = await Promise.race([
      gpu.requestAdapter({ powerPreference: "high-performance" }),
      new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null)),
    ]);
    if (!adapter) return undefined;
    const { info, limits } = adapter;
    const device = await adapter.requestDevice({
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      },
    });
    const isSoftware = info.isFallbackAdapter || info.architecture === "swiftshader";
    return { device, name: `${info.vendor} ${info.architecture}`.trim(), isSoftware };
  } catch {
    // What a browser says here differs from one to the next; all of it means that there is no GPU for us.
    return undefined;
  }
}
