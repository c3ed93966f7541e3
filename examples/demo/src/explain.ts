import { isRetrievalError, type ErrorCode } from "nearfield";
import { FileProblem } from "./file.ts";

/** A failure in words for a visitor. */
export interface Explanation {
  readonly title: string;
  readonly detail: string;
  /** What to do about it. */
  readonly repair: string | undefined;
  readonly code: ErrorCode | undefined;
}

/** What it means for a person in front of this page. Codes that only a programmer can cause get a general title. */
const TITLES: Partial<Readonly<Record<ErrorCode, string>>> = {
  CLOSED: "The library is closed",
  DEVICE_LOST: "The graphics processor went away",
  DEVICE_UNAVAILABLE: "There is no WebGPU to use here",
  EMBEDDING_INVALID: "The model does not calculate right on this device",
  FORMAT_TOO_NEW: "A newer version of this page wrote the index",
  INPUT_TOO_LARGE: "That is too long",
  MODEL_INTEGRITY: "The model arrived damaged",
  MODEL_MISMATCH: "The index was made with another model",
  MODEL_UNAVAILABLE: "The model could not be fetched",
  MODEL_UNAVAILABLE_OFFLINE: "The model is not stored yet, and there is no network",
  STORAGE_CORRUPT: "A part of the index is damaged",
  STORAGE_FULL: "The browser has no room left",
  STORAGE_UNAVAILABLE: "The browser gives this page no storage",
  TIMEOUT: "That took too long",
  UPGRADE_REQUIRED: "Another tab runs a newer version of this page",
  WASM_UNAVAILABLE: "This browser does not let the page run the model",
  WORKER_LOST: "A part of the search stopped working",
  WORKER_UNAVAILABLE: "A part of the search could not be started",
};

/** Where the page knows better than the library what a visitor can do. */
const REPAIRS: Partial<Readonly<Record<ErrorCode, string>>> = {
  STORAGE_FULL:
    "Remove some of your files below, or free space on this device. What was stored before is still found.",
  WASM_UNAVAILABLE:
    "Allow WebAssembly for this address: a blocker, a policy or a lockdown mode forbids it.",
  WORKER_UNAVAILABLE:
    "Reload the page. If a blocker or a policy stops its scripts, allow those of this address.",
};

/** Any thrown value as an {@link Explanation}; never throws. */
export function explain(thrown: unknown): Explanation {
  if (thrown instanceof FileProblem) {
    return { title: "Not taken", detail: thrown.message, repair: undefined, code: undefined };
  }
  if (!isRetrievalError(thrown)) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    const repair = navigator.onLine
      ? "Reload the page."
      : "Reload the page when you are online again.";
    return { title: "Something went wrong", detail: sentence(detail), repair, code: undefined };
  }
  const { code, message, repair } = thrown;
  const own = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
  const detail = repair && own.endsWith(repair) ? own.slice(0, -repair.length).trim() : own;
  return {
    title: TITLES[code] ?? "Something went wrong",
    detail: sentence(detail),
    repair: REPAIRS[code] ?? repair,
    code,
  };
}

/** True for what a caller wanted: an aborted query is no failure. */
export function isAbort(thrown: unknown): boolean {
  return isRetrievalError(thrown) && thrown.code === "ABORTED";
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
