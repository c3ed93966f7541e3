// What speaks against a candidate, each with its numbers.
import type { Device, Dtype, DtypeLimit, ErrorCode } from "@nearfield/core";
import { DTYPES, PREFERRED } from "../dtype.ts";
import { formatBytes } from "./bytes.ts";
import type { Source } from "./candidate.ts";
import type { MachineFacts } from "./machine.ts";
import type { Needs } from "./need.ts";

/** Why a candidate is left. */
export interface Refusal {
  readonly code: Extract<
    ErrorCode,
    "DEVICE_UNAVAILABLE" | "INVALID_OPTION" | "MODEL_TOO_LARGE" | "MODEL_UNSUPPORTED"
  >;
  /**
   * `presence`: the device is not there today, or not asked for. `choice`: it is taken only where it is asked for. `unasked`:
   * it is taken where it is asked for, or where nothing else is left. `limit`: it can not run here. `file`: there is none.
   */
  readonly kind: "presence" | "choice" | "unasked" | "limit" | "file";
  readonly message: string;
  readonly needBytes?: number;
  readonly limitBytes?: number;
}

export interface Wishes {
  /** Default `auto`: WebGPU on a real GPU, else WASM. */
  readonly device?: "auto" | Device | undefined;
  /** Number format for each device that shall be served. Default: the best there is for each. */
  readonly dtypes?: Readonly<Partial<Record<Device, Dtype>>> | undefined;
  /**
   * What this machine decided before: stays, as long as it can run, because another format gives other vectors than those
   * that are stored.
   */
  readonly settled?: Readonly<Partial<Record<Device, Dtype>>> | undefined;
  /** Tokens of the largest batch. Default: 1,024, the encoder's budget. */
  readonly tokens?: number | undefined;
  /** SHA-256 of the files that are kept from an earlier visit. */
  readonly kept?: ReadonlySet<string> | undefined;
}

/**
 * What a page fetches of a GPU's full-precision weights without being asked. Up to here fp32 is the safest format there is;
 * above it a quarter of the bytes on WASM serve as well.
 */
export const MOST_UNASKED_BYTES = 1e9;

/** Everything that speaks against `source`, empty where nothing does. */
export function findRefusals(
  source: Source,
  needs: Needs,
  limits: readonly DtypeLimit[],
  machine: MachineFacts,
  wishes: Wishes,
): readonly Refusal[] {
  return [
    ...refuseFile(source),
    ...refusePresence(source, machine, wishes),
    ...refuseDtype(source, needs, limits, machine, wishes),
    ...refuseSize(source, needs, machine),
  ];
}

function refuseFile({ file }: Source): readonly Refusal[] {
  if (file !== null) return [];
  return [{ code: "MODEL_UNSUPPORTED", kind: "file", message: "no such export is known" }];
}

function refusePresence(
  { device }: Source,
  { gpu }: MachineFacts,
  { device: wanted = "auto", dtypes }: Wishes,
): readonly Refusal[] {
  const absent = (code: Refusal["code"], message: string): readonly Refusal[] => [
    { code, kind: "presence", message },
  ];
  if (wanted !== "auto" && wanted !== device) {
    return absent("INVALID_OPTION", `device "${wanted}" was asked for`);
  }
  if (dtypes && !dtypes[device]) return absent("INVALID_OPTION", "no dtype was asked for here");
  if (device === "wasm") return [];
  if (gpu.kind === "none") return absent("DEVICE_UNAVAILABLE", gpu.description);
  if (gpu.kind === "software" && wanted === "auto") {
    const message = `the only WebGPU adapter is software (${gpu.description})`;
    return absent("DEVICE_UNAVAILABLE", message);
  }
  return [];
}

function refuseDtype(
  { device, dtype }: Source,
  needs: Needs,
  limits: readonly DtypeLimit[],
  { gpu }: MachineFacts,
  wishes: Wishes,
): readonly Refusal[] {
  if (dtype === null) return [];
  const found: Refusal[] = [];
  const limit = limits.find((one) => one.dtype === dtype && (one.device ?? device) === device);
  const wanted = wishes.dtypes?.[device];
  if (limit) {
    const code = wanted === dtype ? "INVALID_OPTION" : "MODEL_UNSUPPORTED";
    found.push({ code, kind: "limit", message: limit.reason });
  }
  const { feature } = DTYPES[dtype];
  const hasGpu = gpu.kind === "hardware" || gpu.kind === "software";
  if (feature && hasGpu && !gpu.features.includes(feature)) {
    const message = `the GPU does not have ${feature}, which ${dtype} needs`;
    found.push({ code: "DEVICE_UNAVAILABLE", kind: "limit", message });
  }
  const choose = (message: string) =>
    found.push({ code: "INVALID_OPTION", kind: "choice", message });
  if (wanted !== undefined && wanted !== dtype) choose(`${wanted} was asked for`);
  if (wanted !== undefined || wishes.settled?.[device] === dtype) return found;
  if (!PREFERRED[device].includes(dtype)) {
    choose(`${dtype} is taken only where it is asked for`);
  } else if (device === "webgpu" && wishes.device !== "webgpu" && dtype === "fp32") {
    if (needs.weightBytes > MOST_UNASKED_BYTES) {
      const most = formatBytes(MOST_UNASKED_BYTES);
      const message = `${formatBytes(needs.weightBytes)} of fp32 are not fetched unasked, the limit is ${most}`;
      found.push({ code: "INVALID_OPTION", kind: "unasked", message });
    }
  }
  return found;
}

function refuseSize({ device, files }: Source, needs: Needs, machine: MachineFacts) {
  const found: Refusal[] = [];
  const check = (what: string, needBytes: number, whose: string, limitBytes: number) => {
    if (needBytes <= limitBytes) return;
    const least = needs.isMeasured ? "" : "at least ";
    const message = `${what} takes ${least}${formatBytes(needBytes)}, ${whose} ${formatBytes(limitBytes)}`;
    found.push({ code: "MODEL_TOO_LARGE", kind: "limit", message, needBytes, limitBytes });
  };
  const { wasmHeapBytes, arrayBufferBytes, arrayBuffersBytes, memoryBytes, gpu } = machine;
  check("the heap of ONNX Runtime", needs.heapBytes, "WebAssembly has", wasmHeapBytes);
  // Where there are no external data, the one file is the model.
  const file = files.dataBytes.length === 0 ? needs.weightBytes : needs.largestFileBytes;
  check("the largest file", file, "an ArrayBuffer has", arrayBufferBytes);
  check("all files", needs.weightBytes, "a page's ArrayBuffers have", arrayBuffersBytes);
  if (memoryBytes !== null) {
    check("loading it", needs.memoryBytes, "the machine has", memoryBytes);
  }
  if (device === "webgpu" && (gpu.kind === "hardware" || gpu.kind === "software")) {
    const { largestTensorBytes } = needs;
    check("the largest tensor", largestTensorBytes, "a buffer of the GPU has", gpu.maxBufferSize);
  }
  return found;
}

/** What does not keep a candidate from running, but somebody may want to know. */
export function findRemarks(
  { device, dtype }: Source,
  needs: Needs,
  { gpu, storageBytes }: MachineFacts,
): readonly string[] {
  const remarks: string[] = [];
  if (storageBytes !== null && needs.downloadBytes > storageBytes) {
    const room = formatBytes(storageBytes);
    remarks.push(
      `${formatBytes(needs.downloadBytes)} can not be kept where there is room for ${room}: they are fetched at each visit`,
    );
  }
  if (device === "webgpu" && (gpu.kind === "hardware" || gpu.kind === "software")) {
    // ONNX Runtime binds such a tensor in parts: Gather, MatMul and MatMulNBits over 154 to 180 MB were as right with a limit
    // of 128 MiB as without.
    const binding = gpu.maxStorageBufferBindingSize;
    if (needs.largestTensorBytes > binding) {
      const parts = Math.ceil(needs.largestTensorBytes / binding);
      remarks.push(
        `the largest tensor takes ${formatBytes(needs.largestTensorBytes)} and is bound in ${parts} parts, one binding of the GPU has ${formatBytes(binding)}`,
      );
    }
  }
  if (!needs.isMeasured && dtype !== null) {
    remarks.push("sizes are calculated from the number of parameters, as a bound from below");
  }
  return remarks;
}
