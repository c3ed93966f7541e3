import {
  asRetrievalError,
  isRetrievalError,
  loadPart,
  RetrievalError,
  type DocumentInput,
  type ErrorCode,
} from "@nearfield/core";
import { aborted, raceAbort, type LifeEvent, type Supervisor } from "@nearfield/link";
import { checkDimensions, validateCard } from "@nearfield/models";
import { chooseThreads, type Climb, type Rung } from "@nearfield/runtime";
import type { EncoderCalls, IngestReport, LoadReport } from "./calls.ts";
import type {
  EncodeCallOptions,
  EncoderClientOptions,
  IngestCallOptions,
} from "./client-options.ts";
import type { Decision } from "./decision.ts";
import { readMachine } from "./machine.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { superviseRung, type RungWorkerOptions } from "./rung-worker.ts";
import type { WorkerParts } from "./worker-parts.ts";
import type { TextInput } from "./embedder.ts";
import { spawnEncoderWorker } from "./spawn.ts";
import type { EncoderStatus } from "./status.ts";
import type { Measured } from "./trial.ts";

type Loaded = LoadReport & { readonly totalMs: number };

/**
 * The page's end of an encoder worker. The first call starts it and climbs down the ladder (WebGPU, WebGPU without
 * subgroups, WASM) until a rung loads and gives the card's known answers; each rung has a fresh worker, because a failed
 * one stays broken. A rung that fails later is replaced in the same way, and the pending calls are asked again: both
 * encoding and ingesting may be repeated. A lost GPU is tried once more, then WASM serves.
 */
export class EncoderClient implements Disposable {
  readonly #options: EncoderClientOptions;
  #decision: Decision | undefined;
  #planning: Promise<Climb> | undefined;
  #supervisor: Supervisor<EncoderCalls> | undefined;
  #loaded: Loaded | undefined;
  #measured: Measured | null = null;
  #rehearsal: Rehearsal | undefined;
  #isRehearsing = false;
  /** Calls under way. */
  #calls = 0;
  #state: EncoderStatus["state"] = "idle";

  /** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` */
  constructor(options: EncoderClientOptions) {
    checkDimensions(validateCard(options.card), options.dimensions);
    this.#options = options;
  }

  /**
   * Loads the model. No call needs to wait for it.
   * @throws RetrievalError what `encode` throws
   */
  async start(signal?: AbortSignal): Promise<void> {
    // Encoding nothing is the one call that only waits until the worker is prepared.
    await this.encode([], { signal });
  }

  /**
   * One vector for each text, in their order, of unit length unless the card says `normalize: false`. An empty text is
   * encoded as the model sees it: its special tokens alone. What the card calls `queryStep` is not done here: a query that
   * needs a thought or a rewrite is given with it.
   * @throws RetrievalError `INVALID_OPTION`, `ABORTED`, `CLOSED`, `MODEL_*`, `DEVICE_UNAVAILABLE`, `DEVICE_LOST`,
   * `EMBEDDING_INVALID`, `INFERENCE_FAILED`, `WASM_UNAVAILABLE`, `WORKER_*`, `TIMEOUT`
   */
  async encode(
    texts: readonly TextInput[],
    options: EncodeCallOptions = {},
  ): Promise<Float32Array[]> {
    const { role = this.#options.role, instruction, dimensions: cut, signal, onProgress } = options;
    if (cut !== undefined) checkDimensions(this.#options.card, cut);
    for (const [at, text] of texts.entries()) {
      if (typeof text === "string" || isTokens(text)) continue;
      throw new RetrievalError("INVALID_OPTION", `text ${at} is not a string`, {
        value: text,
        repair: "Give strings only.",
      });
    }
    const { rows, dimensions, vectors } = await this.#ask(signal, HUNG, (supervisor) =>
      supervisor.call(
        "encode",
        { texts, role, instruction, dimensions: cut },
        { signal, onProgress },
      ),
    );
    return Array.from({ length: rows }, (_, row) =>
      vectors.slice(row * dimensions, (row + 1) * dimensions),
    );
  }

  /**
   * How much of a text the model can not read: the share of its tokens that are not in the vocabulary, 0 to 1.
   * @throws RetrievalError as `encode`
   */
  unknownShare(text: string, signal?: AbortSignal): Promise<number> {
    return this.#ask(signal, HUNG, (supervisor) =>
      supervisor.call("unknown", { text }, { signal }),
    );
  }

  /**
   * Splits, encodes and commits documents, inside the worker. Where a worker is lost on the way, the call is asked again
   * of the next one: documents that were committed before then count as unchanged.
   * @throws RetrievalError as `encode`, and what the index worker answers
   */
  async ingest(
    documents: readonly DocumentInput[],
    { signal, onProgress }: IngestCallOptions = {},
  ): Promise<IngestReport> {
    const { connectIndex } = this.#options;
    if (!connectIndex) {
      throw new RetrievalError("INVALID_OPTION", "this encoder has no index to ingest into", {
        repair: "Give connectIndex.",
      });
    }
    return this.#ask(signal, POISONED, async (supervisor) => {
      for (let attempt = 1; ; attempt++) {
        const port = await connectIndex();
        await supervisor.call("connect", { port }, { signal, transfer: [port] });
        const { generation } = supervisor;
        try {
          return await supervisor.call("ingest", { documents }, { signal, onProgress });
        } catch (thrown) {
          // It died after it was connected, and somebody else's call has started the next one already, which has no way to the index.
          const isReplaced =
            codeOf(thrown) === "WORKER_LOST" && supervisor.generation !== generation;
          if (!isReplaced || attempt === MAX_CONNECTIONS) throw thrown;
        }
      }
    });
  }

  status(): EncoderStatus {
    const loaded = this.#loaded;
    const { queryStep = "none" } = this.#options.card;
    const rung = this.#decision?.climb.rung ?? null;
    return {
      state: this.#state,
      rung,
      device: rung && (rung === "wasm" ? "wasm" : "webgpu"),
      adapter: loaded?.adapter ?? null,
      threads: loaded?.threads ?? null,
      reasons: [...(this.#decision?.climb.reasons ?? [])],
      plan: this.#decision?.plan ?? null,
      measured: this.#measured,
      knownAnswers: loaded?.knownAnswers ?? null,
      timings: loaded
        ? {
            fetchMs: loaded.fetchMs,
            sessionMs: loaded.sessionMs,
            knownAnswersMs: loaded.knownAnswersMs,
            totalMs: loaded.totalMs,
          }
        : null,
      notStored: loaded?.notStored ?? null,
      queryStep,
    };
  }

  /** Ends the worker. What is pending and what will be asked rejects with `CLOSED`. Idempotent. */
  close(): void {
    this.#state = "closed";
    this.#rehearsal?.[Symbol.dispose]();
    this.#supervisor?.[Symbol.dispose]();
    this.#supervisor = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Asks the rung in place, and after its failure the next one, until one answers or none is left. */
  async #ask<T>(
    signal: AbortSignal | undefined,
    fatal: readonly ErrorCode[],
    ask: (supervisor: Supervisor<EncoderCalls>) => Promise<T>,
  ): Promise<T> {
    this.#refuseClosed();
    const climb = await raceAbort(this.#plan(), signal);
    for (;;) {
      this.#refuseClosed();
      if (signal?.aborted) throw aborted(signal);
      if (climb.defeat) throw climb.defeat; // perhaps by the failure of another call
      const supervisor = (this.#supervisor ??= this.#begin(climb));
      this.#calls++;
      try {
        const answer = await ask(supervisor);
        climb.succeed();
        this.#rehearse(climb, this.#parts(climb));
        return answer;
      } catch (thrown) {
        const failure = asRetrievalError(thrown);
        this.#refuseClosed();
        if (signal?.aborted) throw aborted(signal);
        // Another call may have left this rung already.
        if (this.#supervisor === supervisor) this.#judge(climb, supervisor, failure, fatal);
      } finally {
        this.#calls--;
      }
    }
  }

  /** The climb under way. After a defeat a new one, since a network or a driver may have come back. */
  #plan(): Promise<Climb> {
    const climb = this.#decision?.climb;
    if (climb && !climb.defeat) return Promise.resolve(climb);
    this.#planning ??= this.#decide().finally(() => (this.#planning = undefined));
    return this.#planning;
  }

  async #decide(): Promise<Climb> {
    const { device, machine = readMachine } = this.#options;
    try {
      // The arithmetic of a plan is fetched while the browser is asked for its GPU: no page has to carry it from the start.
      const [{ decide }, facts] = await Promise.all([
        loadPart(() => import("./decision.ts")),
        machine({ gpu: device !== "wasm" }),
      ]);
      this.#decision = await decide(this.#options, facts);
    } catch (thrown) {
      this.#decision = undefined;
      this.#enterDefeat();
      throw thrown;
    }
    const { climb, measured } = this.#decision;
    this.#measured = measured;
    if (climb.defeat) this.#enterDefeat();
    return climb;
  }

  #begin(climb: Climb): Supervisor<EncoderCalls> {
    const { dimensions, card, idleMs, onLoadProgress } = this.#options;
    return superviseRung({
      ...this.#parts(climb),
      rung: climb.rung as Rung,
      dimensions: dimensions ?? card.dimensions,
      idleMs,
      onLoadProgress,
      expect: this.#expectation(climb),
      onLoaded: (report) => (this.#loaded = report),
      onLife: (event) => this.#onLife(event),
    });
  }

  /** What is the same for every worker that this client starts. */
  #parts({ adapter }: Climb): WorkerParts {
    const { card, role, runtime, redirects, threads = chooseThreads(role), spawn } = this.#options;
    return { card, role, adapter, runtime, redirects, threads, spawn: spawn ?? spawnEncoderWorker };
  }

  /** A card without known answers gets them at its first use, and a GPU is held against them. */
  #expectation(climb: Climb): RungWorkerOptions["expect"] {
    const { machine } = this.#decision ?? {};
    const { card, onLoadProgress } = this.#options;
    const isShipped = card.artifacts.webgpu?.knownAnswers !== undefined;
    if (climb.rung === "wasm" || isShipped || !machine) return undefined;
    const parts = this.#parts(climb);
    return async (preparation) => {
      // A card that brings its own never needs this part. Where it is missing, no GPU is used unchecked.
      const { obtainKnownVectors } = await loadPart(() => import("./known-vectors.ts"));
      try {
        return await obtainKnownVectors(parts, machine, preparation, onLoadProgress);
      } catch (thrown) {
        if (preparation.signal.aborted) throw thrown;
        const { code, message } = asRetrievalError(thrown);
        climb.note({ rung: "wasm", code, message: `no known answers were computed: ${message}` });
        return null;
      }
    };
  }

  /** Has WASM tried beside a GPU that serves, once, when nobody waits. */
  #rehearse(climb: Climb, parts: WorkerParts): void {
    const isWanted = this.#decision?.isTrialWanted && climb.rung !== "wasm";
    if (!isWanted || this.#isRehearsing || this.#measured) return;
    this.#isRehearsing = true;
    // A trial that can not be loaded is none.
    this.#beginRehearsal(climb, parts).catch(() => {});
  }

  async #beginRehearsal({ rung, adapter }: Climb, parts: WorkerParts): Promise<void> {
    const { recallTimes, Rehearsal, rememberTimes, timeOnWasm, timeShapes } = await loadPart(
      () => import("./rehearsal-part.ts"),
    );
    if (this.#state === "closed") return;
    this.#rehearsal = new Rehearsal({
      quietMs: this.#options.trialQuietMs ?? TRIAL_QUIET_MS,
      isBusy: () => this.#calls > 0,
      recall: () => recallTimes(parts.card, adapter.description),
      timeOther: (signal) => timeOnWasm(parts, signal),
      timeServing: () => timeShapes((texts, role) => this.encode(texts, { role })),
      onMeasured: async (measured) => {
        // Meanwhile the GPU may have been left.
        if (this.#decision?.climb.rung !== rung) return;
        this.#measured = measured;
        await rememberTimes(parts.card, adapter.description, measured);
      },
    });
  }

  #onLife({ state }: LifeEvent): void {
    if (this.#state === "closed" || state === "closed") return;
    if (state === "starting") this.#loaded = undefined;
    // After a loss without a call there is no worker until the next call; with one, #judge says what follows.
    this.#state = state === "lost" ? "idle" : state;
  }

  /** Leaves the worker where `failure` is its own, and throws where it is the caller's. */
  #judge(
    climb: Climb,
    supervisor: Supervisor<EncoderCalls>,
    failure: RetrievalError,
    fatal: readonly ErrorCode[],
  ): void {
    const isLost = supervisor.life?.state === "lost";
    if (!isLost && !fatal.includes(failure.code)) throw failure;
    climb.fail(failure, this.#loaded !== undefined);
    supervisor[Symbol.dispose]();
    this.#supervisor = undefined;
    this.#loaded = undefined;
    if (climb.defeat) this.#enterDefeat();
    else this.#state = "starting";
  }

  #enterDefeat(): void {
    if (this.#state !== "closed") this.#state = "failed";
  }

  #refuseClosed(): void {
    if (this.#state === "closed") throw new RetrievalError("CLOSED", "the encoder was closed");
  }
}

/** How often one ingest is connected anew, each time to a worker that lived long enough to be connected. */
const MAX_CONNECTIONS = 3;

function codeOf(thrown: unknown): ErrorCode | undefined {
  return isRetrievalError(thrown) ? thrown.code : undefined;
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0);
}

/** Long enough for a page to have become quiet. */
const TRIAL_QUIET_MS = 5_000;

/** After these the worker is of no use, although it answers. */
const POISONED: readonly ErrorCode[] = [
  "DEVICE_LOST",
  "DEVICE_UNAVAILABLE",
  "EMBEDDING_INVALID",
  "INFERENCE_FAILED",
];

/** An encode waits for nobody but the device. (An ingest also waits for the index, whose silence is not the rung's.) */
const HUNG: readonly ErrorCode[] = [...POISONED, "TIMEOUT"];
