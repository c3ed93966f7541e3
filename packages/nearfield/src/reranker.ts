import {
  asRetrievalError,
  loadPart,
  RetrievalError,
  type Device,
  type RerankerCard,
} from "@nearfield/core";
import type { RuntimeFiles } from "@nearfield/encoder";
import { aborted, raceAbort } from "@nearfield/link";
import {
  checkRepository,
  validateRerankerCard,
  validateRerankerRepositoryCard,
} from "@nearfield/models";
import type { RerankClient, RerankerStatus } from "@nearfield/rerank";
import { checkKeys, invalid } from "./check.ts";
import { checkModelsOptions } from "./model.ts";
import { checkSignal, DEFAULTS, requireSecureContext, type WorkerFactory } from "./options.ts";
import type { RerankModelOptions } from "./rerank-options.ts";

export interface RerankerOptions extends RerankModelOptions {
  /** Where the app serves ONNX Runtime, as URLs. Default: the files that the app's bundler emitted. */
  readonly runtime?: Readonly<Record<Device, RuntimeFiles>> | undefined;
  /** A factory for the worker, for bundlers that need the literal form in the app, Trusted Types, and extensions. */
  readonly workers?: { readonly rerank?: WorkerFactory | undefined } | undefined;
}

export interface ScoreOptions {
  /** Takes the place of the reranker's instruction in this call. */
  readonly instruction?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Query and passages in, scores out, in a worker of its own that is started at first use and ended when it is idle. */
export interface Reranker {
  /**
   * One number for each passage, in their order: the higher, the better it answers the query. Scores of two models can not be
   * compared. A passage that is too long loses its end.
   * @throws RetrievalError `INVALID_OPTION`; `INPUT_TOO_LARGE` where the query leaves a passage no room; `ABORTED`, `CLOSED`,
   * and whatever finding and loading the model can meet: `MODEL_*`, `DEVICE_*`, `SCORE_INVALID`, `WORKER_*`, `TIMEOUT`
   */
  score(query: string, passages: readonly string[], options?: ScoreOptions): Promise<number[]>;
  /** A snapshot; null before the model's card was found. */
  status(): RerankerStatus | null;
  /** Ends the worker; pending calls reject with `CLOSED`. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long a reranker's worker is kept without work: it holds a model in memory. */
const IDLE_MS = 60_000;

const RERANKER_KEYS = ["model", "instruction", "device", "models", "runtime", "workers"] as const;

/**
 * Opens a reranker. Nothing is fetched before the first `score`.
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` for what is known to be wrong beforehand; `INSECURE_CONTEXT`
 */
export function openReranker(options: RerankerOptions): Reranker {
  const checked = checkRerankerOptions(options);
  const closing = new AbortController();
  let client: RerankClient | undefined;
  let opening: Promise<RerankClient> | undefined;

  async function open(): Promise<RerankClient> {
    const card = await findCard(checked, closing.signal);
    if (closing.signal.aborted) throw closed();
    const { instruction, device = DEFAULTS.device, runtime, workers } = checked;
    const spawn = workers?.rerank;
    const { RerankClient } = await loadPart(() => import("./rerank-part.ts"));
    client = new RerankClient({ card, instruction, device, runtime, spawn, idleMs: IDLE_MS });
    return client;
  }

  const close = async () => {
    closing.abort();
    client?.close();
  };
  return {
    score: async (query, passages, options) => {
      if (closing.signal.aborted) throw closed();
      const { instruction, signal } = checkScore(query, passages, options);
      // A card that could not be found may be found the next time, when a network is back.
      opening ??= open().catch((thrown: unknown) => {
        opening = undefined;
        throw thrown;
      });
      try {
        const opened = await raceAbort(opening, signal);
        return [...(await opened.score(query, passages, { instruction, signal }))];
      } catch (thrown) {
        if (closing.signal.aborted) throw closed();
        if (signal?.aborted) throw aborted(signal);
        throw asRetrievalError(thrown);
      }
    },
    status: () => client?.status() ?? null,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`, `INSECURE_CONTEXT` */
export function checkRerankerOptions(options: unknown): RerankerOptions {
  const checked = checkKeys("openReranker", options, RERANKER_KEYS);
  const { model, instruction, device, workers } = checked;
  requireSecureContext();
  checkChoice(model);
  if (instruction !== undefined && typeof instruction !== "string") {
    throw invalid("instruction", "a string", instruction);
  }
  if (device !== undefined && !["auto", "webgpu", "wasm"].includes(device as string)) {
    throw invalid("device", `"auto", "webgpu" or "wasm"`, device);
  }
  checkModelsOptions(checked["models"]);
  const { rerank } = checkKeys("workers", workers, ["rerank"]);
  if (rerank !== undefined && typeof rerank !== "function") {
    throw invalid("workers.rerank", "a function that returns a new Worker", rerank);
  }
  return checked as unknown as RerankerOptions;
}

function checkChoice(model: unknown): void {
  if (typeof model === "string") {
    // Whether there is a reranker of this name is seen when it is looked up.
    checkRepository(model);
    return;
  }
  if (typeof model !== "object" || model === null) {
    throw invalid("model", "the name of a reranker or its card", model);
  }
  if ("repository" in model) validateRerankerRepositoryCard(model);
  else validateRerankerCard(model);
}

async function findCard(
  { model, models }: RerankerOptions,
  signal: AbortSignal,
): Promise<RerankerCard> {
  if (typeof model === "object" && !("repository" in model)) return model;
  const { resolveReranker } = await loadPart(() => import("./catalogue.ts"));
  const { host, revision, redirects, dtypes } = models ?? {};
  return resolveReranker(model, { host, revision, redirects, dtypes, signal });
}

function checkScore(query: unknown, passages: unknown, options: unknown): ScoreOptions {
  if (typeof query !== "string") throw invalid("the query", "a string", query);
  if (!Array.isArray(passages) || !passages.every((one) => typeof one === "string")) {
    throw invalid("passages", "an array of strings", passages);
  }
  const { instruction, signal } = checkKeys("score", options, ["instruction", "signal"]);
  if (instruction !== undefined && typeof instruction !== "string") {
    throw invalid("instruction", "a string", instruction);
  }
  checkSignal(signal);
  return { instruction, signal };
}

function closed(): RetrievalError {
  return new RetrievalError("CLOSED", "the reranker was closed", {
    repair: "Open it again with openReranker.",
  });
}
