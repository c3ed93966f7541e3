// What a machine has to offer: plain data, so that a plan can be made, and tested, for any machine.

/** What the page knows of the GPU before any worker starts. */
export type GpuFacts =
  | {
      readonly kind: "hardware" | "software";
      /** Vendor and architecture. */
      readonly description: string;
      readonly features: readonly string[];
      /** Bytes of one buffer, at most. */
      readonly maxBufferSize: number;
      /** Bytes of one binding, at most. */
      readonly maxStorageBufferBindingSize: number;
    }
  | {
      /** `unknown`: nobody looked, so nothing speaks against WebGPU. */
      readonly kind: "none" | "unknown";
      /** Why there is none. */
      readonly description: string;
    };

export interface MachineFacts {
  readonly gpu: GpuFacts;
  /** Address space of one WebAssembly module. */
  readonly wasmHeapBytes: number;
  /** Length of one `ArrayBuffer`, at most: a file is held in one. */
  readonly arrayBufferBytes: number;
  /** All `ArrayBuffer`s of a page together: all files of a model are held at once while it loads. */
  readonly arrayBuffersBytes: number;
  /** Main memory; null where the browser does not say, or stops counting. */
  readonly memoryBytes: number | null;
  /** What this origin may still store: quota less usage. Null where the browser does not say. */
  readonly storageBytes: number | null;
  /** Whether the WASM build may use threads. */
  readonly crossOriginIsolated: boolean;
}

const GIB = 2 ** 30;

/** What every engine of today grants on a 64-bit system. */
export const ENGINE: Pick<
  MachineFacts,
  "wasmHeapBytes" | "arrayBufferBytes" | "arrayBuffersBytes"
> = {
  // 65,536 pages of 64 KiB: there is no build of ONNX Runtime for 64-bit WebAssembly.
  wasmHeapBytes: 4 * GIB,
  // Chromium 156 gave 16 GiB less 2 MiB in one piece; 4 GiB is the least of the three engines.
  arrayBufferBytes: 4 * GIB,
  // Chromium 156 gave fifteen buffers of 1 GiB, and refused the sixteenth.
  arrayBuffersBytes: 15 * GIB,
};

/** A machine of which nothing is known but its engine. */
export const ANY_MACHINE: MachineFacts = {
  ...ENGINE,
  gpu: { kind: "unknown", description: "not asked for" },
  memoryBytes: null,
  storageBytes: null,
  crossOriginIsolated: false,
};
