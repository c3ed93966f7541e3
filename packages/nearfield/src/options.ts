import { RetrievalError, type Device, type Role } from "@nearfield/core";
import type { RuntimeFiles } from "@nearfield/encoder";
import type { Durability, Precision, StorageChoice } from "@nearfield/index";
import { checkDurability, checkKeys, checkPrecision, checkStorage, invalid } from "./check.ts";
import type { ModelChoice, ModelsOptions } from "./model.ts";
import type { SearchReasonOptions } from "./reason-options.ts";
import type { SearchRerankOptions } from "./rerank-options.ts";
import type { ModelLoading } from "./status.ts";

/** Starts a worker. A factory, not a worker, because a worker that died is replaced. */
export type WorkerFactory = () => Worker;

export interface EncoderOptions {
  /**
   * The embedding model: a name such as `Qwen/Qwen3-Embedding-0.6B`, a card, or two towers `{ query, document }` of these.
   * Default: the embedded pocket model (English, 384 dimensions, offline).
   */
  readonly model?: ModelChoice | undefined;
  /** Where models by name come from. */
  readonly models?: ModelsOptions | undefined;
  /**
   * `auto` (default): WebGPU on a real GPU, else WASM. `webgpu`: WebGPU only, software adapters too, and an error where
   * there is none. `wasm`: no GPU. What was chosen and why is in `status()`.
   */
  readonly device?: "auto" | Device | undefined;
  /** Length of the vectors: the model's own (default) or one of its Matryoshka sizes. */
  readonly dimensions?: number | undefined;
  /** Told how far a model is while it loads: which encoder's, what goes on, bytes and rate. */
  readonly onLoadProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Where the app serves ONNX Runtime, as URLs. Default: the files that the app's bundler emitted. */
  readonly runtime?: Readonly<Record<Device, RuntimeFiles>> | undefined;
  /** Worker factories, for bundlers that need the literal form in the app, Trusted Types, and extensions. */
  readonly workers?:
    | {
        readonly query?: WorkerFactory | undefined;
        readonly document?: WorkerFactory | undefined;
        readonly index?: WorkerFactory | undefined;
      }
    | undefined;
}

export interface LoadProgress extends ModelLoading {
  readonly role: Role;
}

export interface SearchOptions extends EncoderOptions {
  /** Names the index: the same name opens the same index again. 1 to 200 characters. */
  readonly name: string;
  /**
   * `exact` (default): all vectors are in memory, and the nearest passages are found for certain. `compact`: a fraction of it is in
   * memory; some of the nearest may be missed, and `status().recall` says what share is found.
   */
  readonly precision?: Precision | undefined;
  /**
   * When documents count as durable. `strict` (default): the disk has them. `relaxed`: the operating system has them; quicker on slow
   * disks, safe from a crash of the browser, not from a power failure.
   */
  readonly durability?: Durability | undefined;
  /**
   * `browser` (default): documents are kept in IndexedDB. `memory`: they live in a worker of this page and are gone with it; nothing of
   * them is stored, and an index of the same name that is stored is neither read nor changed. Models are kept as ever.
   */
  readonly storage?: StorageChoice | undefined;
  /**
   * `false`: the query model begins to load with the first query, not at once. For a page that only adds. Default `true`.
   */
  readonly warm?: boolean | undefined;
  /** Reads the best hits once more, with the query, in a worker of its own that starts with the first of them. Default: none. */
  readonly rerank?: SearchRerankOptions | undefined;
  /** Has each query thought about, or rewritten, before it is encoded. Default: none. */
  readonly reason?: SearchReasonOptions | undefined;
  readonly workers?: SearchWorkers | undefined;
}

/** Worker factories; see {@link EncoderOptions.workers}. */
export interface SearchWorkers extends NonNullable<EncoderOptions["workers"]> {
  readonly rerank?: WorkerFactory | undefined;
  readonly reason?: WorkerFactory | undefined;
}

export interface AddOptions {
  readonly onProgress?: ((progress: AddProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AddProgress {
  /** Documents of this call that are durable now. */
  readonly documents: number;
  /** Passages of this call that have been encoded; some may still wait for their transaction. */
  readonly passages: number;
  /** Documents in this call, where that is known beforehand (an array). */
  readonly total: number | undefined;
}

export const DEFAULTS = {
  device: "auto",
  limit: 10,
  mode: "hybrid",
  /** A document worker that has had nothing to do for so long gives its memory back. */
  documentIdleMs: 30_000,
} as const;

export const LIMITS = {
  /** UTF-16 code units of an index's name: it becomes part of a database's name. */
  nameLength: 200,
  limit: 1_000,
  /** UTF-16 code units of a query. Only the first few hundred tokens can count anyway. */
  queryLength: 100_000,
} as const;

const ENCODER_KEYS = [
  "model",
  "models",
  "device",
  "dimensions",
  "onLoadProgress",
  "runtime",
  "workers",
] as const;
const SEARCH_KEYS = [
  "name",
  "precision",
  "durability",
  "storage",
  "warm",
  "rerank",
  "reason",
  ...ENCODER_KEYS,
] as const;
const WORKERS: readonly string[] = [
  "query",
  "document",
  "index",
  "rerank",
  "reason",
] satisfies (keyof SearchWorkers)[];
const ADD_KEYS = ["onProgress", "signal"] as const;

/** @throws RetrievalError `INVALID_OPTION`, `INSECURE_CONTEXT` */
export function checkSearchOptions(options: unknown): SearchOptions {
  const checked = checkKeys("openSearch", options, SEARCH_KEYS);
  const { name, precision, durability, storage, warm, rerank: _, reason: __, ...rest } = checked;
  checkName(name);
  checkPrecision(precision);
  checkDurability(durability);
  checkStorage(storage);
  if (warm !== undefined && typeof warm !== "boolean") throw invalid("warm", "true or false", warm);
  checkEncoderOptions(rest);
  return checked as unknown as SearchOptions;
}

/** What concerns the model is checked by `ModelSource`. @throws RetrievalError `INVALID_OPTION`, `INSECURE_CONTEXT` */
export function checkEncoderOptions(options: unknown): EncoderOptions {
  const checked = checkKeys("openEncoder", options, ["name", ...ENCODER_KEYS]);
  const { model, device, dimensions, onLoadProgress, workers } = checked;
  requireSecureContext();
  if (model === null || !["undefined", "string", "object"].includes(typeof model)) {
    throw invalid("model", `"pocket", the name of a model or a model card`, model);
  }
  if (device !== undefined && !["auto", "webgpu", "wasm"].includes(device as string)) {
    throw invalid("device", `"auto", "webgpu" or "wasm"`, device);
  }
  if (dimensions !== undefined && !(Number.isInteger(dimensions) && (dimensions as number) > 0)) {
    throw invalid("dimensions", "a positive integer", dimensions);
  }
  if (onLoadProgress !== undefined && typeof onLoadProgress !== "function") {
    throw invalid("onLoadProgress", "a function", onLoadProgress);
  }
  for (const [role, factory] of Object.entries(workers ?? {})) {
    if (!WORKERS.includes(role)) {
      throw invalid("workers", `an object with ${WORKERS.join(", ")}`, role);
    }
    if (factory !== undefined && typeof factory !== "function") {
      throw invalid(`workers.${role}`, "a function that returns a new Worker", factory);
    }
  }
  return checked as EncoderOptions;
}

/** @throws RetrievalError `INVALID_OPTION` */
export function checkAddOptions(options: unknown): AddOptions {
  const checked = checkKeys("add", options, ADD_KEYS) as AddOptions;
  if (checked.onProgress !== undefined && typeof checked.onProgress !== "function") {
    throw invalid("onProgress", "a function", checked.onProgress);
  }
  checkSignal(checked.signal);
  return checked;
}

/** @throws RetrievalError `INVALID_OPTION` */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== "string" || name.length < 1 || name.length > LIMITS.nameLength) {
    throw invalid("name", `a string of 1 to ${LIMITS.nameLength} characters`, name);
  }
}

/** @throws RetrievalError `INVALID_OPTION` */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalid("signal", "an AbortSignal", signal);
  }
}

/**
 * Hashes and names of the index need what browsers give to secure pages alone.
 * @throws RetrievalError `INSECURE_CONTEXT`
 */
export function requireSecureContext(): void {
  // Undefined outside of browsers.
  if (globalThis.isSecureContext !== false) return;
  throw new RetrievalError("INSECURE_CONTEXT", "this page is no secure context", {
    repair: "Serve it over HTTPS, or from localhost.",
  });
}
