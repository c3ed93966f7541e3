import { RetrievalError } from "@nearfield/core";
import type { Rung } from "../rung.ts";
import { describeAdapter } from "../adapter.ts";

/** A GPU device of our own, given to ONNX Runtime, so that features, limits and loss are ours to see. */
export interface Gpu {
  readonly device: GPUDevice;
  /** Vendor and architecture. */
  readonly adapter: string;
  /** Resolves when the device is gone; a session on it must never run again. */
  readonly lost: Promise<RetrievalError>;
  /** Set from the moment of loss. */
  readonly loss: RetrievalError | undefined;
}

/** Limits that ONNX Runtime takes at the adapter's maximum on a device of its own. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Features that kernels make use of where the device has them. */
const FEATURES: Readonly<Record<Exclude<Rung, "wasm">, readonly GPUFeatureName[]>> = {
  webgpu: ["shader-f16", "subgroups"],
  // Kernels that use subgroups have been silently wrong where the subgroup is small.
  "webgpu-no-subgroups": ["shader-f16"],
};

/**
 * Opens a device with what the rung allows.
 * @throws RetrievalError `DEVICE_UNAVAILABLE`
 */
export async function openGpu(rung: Exclude<Rung, "wasm">): Promise<Gpu> {
  // Not every browser that has WebGPU has it in workers.
  const gpu = "gpu" in navigator ? navigator.gpu : undefined;
  const adapter = await gpu
    ?.requestAdapter({ powerPreference: "high-performance" })
    .catch(() => null);
  if (!adapter) {
    throw new RetrievalError("DEVICE_UNAVAILABLE", "this worker finds no WebGPU adapter", {
      repair: `Use device "wasm" or "auto".`,
    });
  }
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      requiredFeatures: FEATURES[rung].filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    });
  } catch (thrown) {
    throw new RetrievalError("DEVICE_UNAVAILABLE", "the WebGPU adapter gives no device", {
      repair: `Use device "wasm" or "auto".`,
      cause: thrown,
    });
  }
  let loss: RetrievalError | undefined;
  const lost = device.lost.then(({ reason, message }) => {
    loss = new RetrievalError("DEVICE_LOST", "the GPU device went away", {
      value: `${reason}: ${message}`,
      repair: "Try again: a fresh worker will serve the next call.",
    });
    return loss;
  });
  return {
    device,
    adapter: describeAdapter(adapter.info),
    lost,
    get loss() {
      return loss;
    },
  };
}
