import type { Device, Dtype, DtypeLimit, ErrorCode } from "@nearfield/core";
import type { AdapterReport } from "./adapter.ts";
import type { Rung } from "./rung.ts";

export type DeviceChoice = "auto" | Device;

/** A model as far as the ladder is concerned: which devices it has files for, and what must not be used. */
export interface Runnable {
  readonly artifacts: Readonly<Partial<Record<Device, { readonly dtype?: Dtype | undefined }>>>;
  readonly dtypeLimits?: readonly DtypeLimit[] | undefined;
}

/** Why a rung was left or never tried. */
export interface Reason {
  readonly rung: Rung;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Devices whose files can not run on this machine, with why. */
export type Refused = Readonly<Partial<Record<Device, Omit<Reason, "rung">>>>;

export interface LadderHints {
  readonly refused?: Refused | undefined;
  /** What was measured to be faster here. Default: the GPU. */
  readonly first?: Device | undefined;
}

export interface Ladder {
  /** What to try, best first. */
  readonly rungs: readonly Rung[];
  /** What is not even tried. */
  readonly skipped: readonly Reason[];
}

const GPU_RUNGS: readonly Rung[] = ["webgpu", "webgpu-no-subgroups"];

/** The rungs for a card on this machine. A software adapter is slower than WASM, so that only a demand leads to it. */
export function planLadder(
  card: Runnable,
  choice: DeviceChoice,
  adapter: AdapterReport,
  { refused = {}, first = "webgpu" }: LadderHints = {},
): Ladder {
  const skipped: Reason[] = [];
  const skip = (rung: Rung, code: ErrorCode, message: string) =>
    skipped.push({ rung, code, message });
  const rungs: Rung[] = [];
  const limits = { webgpu: limitOf(card, "webgpu"), wasm: limitOf(card, "wasm") };
  if (choice !== "wasm") {
    if (!card.artifacts.webgpu)
      skip("webgpu", "MODEL_UNSUPPORTED", "the model has no WebGPU files");
    else if (limits.webgpu) skip("webgpu", "MODEL_UNSUPPORTED", limits.webgpu);
    else if (refused.webgpu) skip("webgpu", refused.webgpu.code, refused.webgpu.message);
    else if (adapter.kind === "none") skip("webgpu", "DEVICE_UNAVAILABLE", adapter.description);
    else if (adapter.kind === "software" && choice === "auto") {
      const message = `the only WebGPU adapter is software (${adapter.description})`;
      skip("webgpu", "DEVICE_UNAVAILABLE", message);
    } else rungs.push(...GPU_RUNGS);
  }
  if (choice !== "webgpu") {
    if (!card.artifacts.wasm) skip("wasm", "MODEL_UNSUPPORTED", "the model has no WASM files");
    else if (limits.wasm) skip("wasm", "MODEL_UNSUPPORTED", limits.wasm);
    else if (refused.wasm) skip("wasm", refused.wasm.code, refused.wasm.message);
    else rungs.splice(first === "wasm" ? 0 : rungs.length, 0, "wasm");
  }
  return { rungs, skipped };
}

/** Why the card forbids the number format of its own files on a device; undefined where it does not. */
function limitOf({ artifacts, dtypeLimits }: Runnable, device: Device): string | undefined {
  const dtype = artifacts[device]?.dtype;
  const limit = dtypeLimits?.find(
    (item) => item.dtype === dtype && (item.device ?? device) === device,
  );
  return limit && `${dtype} must not be used: ${limit.reason}`;
}
