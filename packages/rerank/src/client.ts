import { RetrievalError, type Device, type ErrorCode, type RerankerCard } from "@nearfield/core";
import { Relay, Supervisor, type LifeEvent } from "@nearfield/link";
import { validateRerankerCard } from "@nearfield/models";
import {
  chooseThreads,
  Climb,
  findAdapter,
  type AdapterReport,
  type DeviceChoice,
  type Rung,
  type RuntimeFiles,
} from "@nearfield/runtime";
import type { LoadProgress, LoadReport, RerankCalls, Strategy } from "./calls.ts";
import { spawnRerankWorker } from "./spawn.ts";
import type { RerankerStatus } from "./status.ts";

export interface RerankClientOptions {
  readonly card: RerankerCard;
  readonly device: DeviceChoice;
  /** Takes the place of the card's instruction in each call that has none. */
  readonly instruction?: string | undefined;
  /** Starts a fresh worker; called again after a failure. */
  readonly spawn?: (() => Worker) | undefined;
  /** Where the app serves ONNX Runtime, as absolute URLs. Default: the files that its bundler emitted beside the worker. */
  readonly runtime?: Readonly<Record<Device, RuntimeFiles>> | undefined;
  /** Threads of the WASM build. */
  readonly threads?: number | undefined;
  /** How long the worker is kept without work. Default: for ever. */
  readonly idleMs?: number | undefined;
  readonly onLoadProgress?: ((progress: LoadProgress) => void) | undefined;
}

export interface ScoreOptions {
  readonly instruction?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly of: number }) => void)
    | undefined;
  readonly strategy?: Strategy | undefined;
}

/**
 * The page's end of a reranker's worker. The first call starts it and climbs down the ladder (WebGPU, WebGPU without
 * subgroups, WASM) until a rung loads and gives the card's known scores. A rung that fails later is replaced in the same way,
 * and the pending calls are asked again.
 */
export class RerankClient implements Disposable {
  readonly #options: RerankClientOptions;
  readonly #relay: Relay<RerankCalls, Climb>;
  #loaded: LoadReport | undefined;

  /** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` */
  constructor(options: RerankClientOptions) {
    const { card, device } = options;
    validateRerankerCard(card);
    this.#options = options;
    this.#relay = new Relay({
      plan: async () => {
        const adapter = device === "wasm" ? UNASKED : await findAdapter();
        return new Climb(card, device, adapter);
      },
      begin: (climb, onLife) => this.#begin(climb.rung as Rung, onLife),
      fatal: HUNG,
      onUnprepared: () => (this.#loaded = undefined),
    });
  }

  /**
   * Loads the model. No call needs to wait for it.
   * @throws RetrievalError what `score` throws
   */
  async start(signal?: AbortSignal): Promise<void> {
    // Scoring nothing is the one call that only waits until the worker is prepared.
    await this.#ask("", [], { signal });
  }

  /**
   * One score for each passage, in their order; the higher the better. Passages that are too long lose their end.
   * @throws RetrievalError `INVALID_OPTION`, `INPUT_TOO_LARGE`, `ABORTED`, `CLOSED`, `MODEL_*`, `DEVICE_UNAVAILABLE`,
   * `DEVICE_LOST`, `SCORE_INVALID`, `INFERENCE_FAILED`, `WASM_UNAVAILABLE`, `WORKER_*`, `TIMEOUT`
   */
  async score(
    query: string,
    passages: readonly string[],
    options: ScoreOptions = {},
  ): Promise<Float32Array> {
    for (const [at, text] of [query, ...passages].entries()) {
      if (typeof text === "string") continue;
      const what = at === 0 ? "the query" : `passage ${at - 1}`;
      throw new RetrievalError("INVALID_OPTION", `${what} is not a string`, {
        value: text,
        repair: "Give strings only.",
      });
    }
    // Nothing to score needs no model.
    if (passages.length === 0) return new Float32Array(0);
    return this.#ask(query, passages, options);
  }

  status(): RerankerStatus {
    const loaded = this.#loaded;
    const climb = this.#relay.course;
    const rung = climb?.rung ?? null;
    return {
      state: this.#relay.state,
      rung,
      device: rung && (rung === "wasm" ? "wasm" : "webgpu"),
      adapter: loaded?.adapter ?? null,
      threads: loaded?.threads ?? null,
      reasons: [...(climb?.reasons ?? [])],
      knownScores: loaded?.knownScores ?? null,
      timings: loaded
        ? {
            fetchMs: loaded.fetchMs,
            sessionMs: loaded.sessionMs,
            knownScoresMs: loaded.knownScoresMs,
          }
        : null,
      notStored: loaded?.notStored ?? null,
    };
  }

  /** Ends the worker. What is pending and what will be asked rejects with `CLOSED`. Idempotent. */
  close(): void {
    this.#relay[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #ask(query: string, passages: readonly string[], options: ScoreOptions): Promise<Float32Array> {
    const { signal, onProgress, strategy } = options;
    const instruction = options.instruction ?? this.#options.instruction;
    return this.#relay.ask(signal, (supervisor) =>
      supervisor.call("score", { query, passages, instruction, strategy }, { signal, onProgress }),
    );
  }

  #begin(rung: Rung, onLife: (event: LifeEvent) => void): Supervisor<RerankCalls> {
    const { card, runtime, threads, spawn, idleMs, onLoadProgress } = this.#options;
    const files = runtime?.[rung === "wasm" ? "wasm" : "webgpu"];
    return new Supervisor<RerankCalls>({
      spawn: spawn ?? spawnRerankWorker,
      idleMs,
      onLife,
      prepare: async (connection) => {
        const request = {
          card,
          rung,
          runtime: files,
          threads: threads ?? chooseThreads("document"),
        };
        this.#loaded = await connection.call("load", request, { onProgress: onLoadProgress });
      },
    });
  }
}

/** After these the worker is of no use, although it answers. */
const HUNG: readonly ErrorCode[] = [
  "DEVICE_LOST",
  "DEVICE_UNAVAILABLE",
  "INFERENCE_FAILED",
  "SCORE_INVALID",
  "TIMEOUT",
];

/** A demand for WASM asks for no adapter. */
const UNASKED: AdapterReport = { kind: "none", description: "not asked for" };
