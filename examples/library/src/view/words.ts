import type { ErrorCode } from "nearfield";
import { sayFailure, type Words } from "../../../shared/words.ts";
import { FileProblem } from "../read/problem.ts";

/** What it means here. Codes that only a programmer can cause get a general title. */
const TITLES: Partial<Readonly<Record<ErrorCode, string>>> = {
  CLOSED: "The library is closed",
  DEVICE_LOST: "The graphics processor went away",
  DEVICE_UNAVAILABLE: "There is no WebGPU to use here",
  EMBEDDING_INVALID: "The model does not calculate right on this device",
  FORMAT_TOO_NEW: "A newer version of this library wrote the index",
  INPUT_TOO_LARGE: "That is too long",
  INVALID_FILE: "The file is damaged",
  MODEL_INTEGRITY: "The model arrived damaged",
  MODEL_MISMATCH: "The index was made with another model",
  MODEL_UNAVAILABLE: "The model could not be fetched",
  MODEL_UNAVAILABLE_OFFLINE: "The model is not stored yet, and there is no network",
  STORAGE_CORRUPT: "A part of the index is damaged",
  STORAGE_FULL: "The browser has no room left",
  STORAGE_UNAVAILABLE: "The browser gives this page no storage",
  TIMEOUT: "That took too long",
  UPGRADE_REQUIRED: "Another tab runs a newer version of this library",
  WASM_UNAVAILABLE: "This browser does not let the page run the model",
  WORKER_LOST: "A part of the search stopped working",
  WORKER_UNAVAILABLE: "A part of the search could not be started",
};

/** Where this app knows better than the SDK what a person can do. */
const REPAIRS: Partial<Readonly<Record<ErrorCode, string>>> = {
  STORAGE_FULL:
    "Remove some documents, or free room on this device, and continue. What is stored is still found.",
  WASM_UNAVAILABLE:
    "Allow WebAssembly for this address: a blocker, a policy or a lockdown mode forbids it.",
  WORKER_UNAVAILABLE:
    "Reload the page. If a blocker or a policy stops its scripts, allow those of this address.",
};

/** Any thrown value in words; never throws. */
export function say(thrown: unknown): Words {
  if (thrown instanceof FileProblem) {
    return { title: "That did not work", detail: thrown.message, repair: undefined };
  }
  return sayFailure(thrown, { titles: TITLES, repairs: REPAIRS });
}

const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

/** A day, or nothing where it is not known. */
export function sayDate(time: number): string {
  return time > 0 ? DATE.format(time) : "";
}
