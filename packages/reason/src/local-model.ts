import type { Device, ErrorCode, GeneratorCard } from "@nearfield/core";
import { Relay, Supervisor, type LifeEvent } from "@nearfield/link";
import { validateGeneratorCard } from "@nearfield/models";
import {
  chooseThreads,
  Climb,
  findAdapter,
  type DeviceChoice,
  type Rung,
  type RuntimeFiles,
} from "@nearfield/runtime";
import type { LoadReport, ReasonCalls, WriteRequest, WrittenThought } from "./calls.ts";
import type { Thought, ThoughtProvider, ThoughtRequest } from "./provider.ts";
import { spawnReasonWorker } from "./spawn.ts";
import type { GeneratorStatus } from "./status.ts";

export interface LocalModelOptions {
  readonly card: GeneratorCard;
  /** Default `auto`. */
  readonly device?: DeviceChoice | undefined;
  readonly spawn?: (() => Worker) | undefined;
  readonly runtime?: Readonly<Record<Device, RuntimeFiles>> | undefined;
  readonly threads?: number | undefined;
  /** How long the worker is kept without work. Default 60,000. */
  readonly idleMs?: number | undefined;
}

const IDLE_MS = 60_000;

/**
 * A local language model as a provider: a worker of its own, started at the first thought, on the first rung of the ladder that
 * loads. It takes the likeliest token each time, so that it has one thought for a prompt; where several are asked for, they are
 * drawn as the card's `sampling` says, the same ones each time.
 */
export class LocalModel implements ThoughtProvider, Disposable {
  readonly name: string;
  readonly card: GeneratorCard;
  readonly #options: LocalModelOptions;
  readonly #relay: Relay<ReasonCalls, Climb>;
  #loaded: LoadReport | undefined;

  /** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` */
  constructor(options: LocalModelOptions) {
    const { device = "auto" } = options;
    const card = validateGeneratorCard(options.card);
    this.name = card.name;
    this.card = card;
    this.#options = options;
    this.#relay = new Relay({
      plan: async () => new Climb(card, device, device === "wasm" ? UNASKED : await findAdapter()),
      begin: (climb, onLife) => this.#begin(climb.rung as Rung, onLife),
      fatal: POISONED,
      onUnprepared: () => (this.#loaded = undefined),
    });
  }

  async think(request: ThoughtRequest): Promise<readonly Thought[]> {
    const { prompt, maxNewTokens, signal } = request;
    const count = this.card.sampling ? request.thoughts : 1;
    const thoughts: Thought[] = [];
    for (let at = 0; at < count; at++) {
      // The prompt is whole already: braces in a query must not be filled again.
      const wanted = { template: "{query}", query: prompt, maxNewTokens };
      const draw = count > 1 ? at : undefined;
      const { text, promptTokens, thoughtTokens } = await this.write({ ...wanted, draw }, signal);
      thoughts.push({ text, tokens: [...promptTokens, ...thoughtTokens] });
    }
    return thoughts;
  }

  /**
   * Writes one thought.
   * @throws RetrievalError `ABORTED`, `CLOSED`, `MODEL_*`, `DEVICE_*`, `INFERENCE_FAILED`, `THOUGHT_INVALID`,
   * `WASM_UNAVAILABLE`, `WORKER_*`, `TIMEOUT`
   */
  write(request: WriteRequest, signal?: AbortSignal): Promise<WrittenThought> {
    return this.#relay.ask(signal, (supervisor) => supervisor.call("write", request, { signal }));
  }

  status(): GeneratorStatus {
    const climb = this.#relay.course;
    const rung = climb?.rung ?? null;
    return {
      state: this.#relay.state,
      rung,
      device: rung && (rung === "wasm" ? "wasm" : "webgpu"),
      reasons: [...(climb?.reasons ?? [])],
      check: this.#loaded?.check ?? null,
    };
  }

  /** Ends the worker. What is pending and what will be asked rejects with `CLOSED`. Idempotent. */
  close(): void {
    this.#relay[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #begin(rung: Rung, onLife: (event: LifeEvent) => void): Supervisor<ReasonCalls> {
    const { card, runtime, threads, spawn, idleMs = IDLE_MS } = this.#options;
    const files = runtime?.[rung === "wasm" ? "wasm" : "webgpu"];
    return new Supervisor<ReasonCalls>({
      spawn: spawn ?? spawnReasonWorker,
      idleMs,
      onLife,
      prepare: async (connection) => {
        this.#loaded = await connection.call("load", {
          card,
          rung,
          runtime: files,
          threads: threads ?? chooseThreads("query"),
        });
      },
    });
  }
}

const POISONED: readonly ErrorCode[] = [
  "DEVICE_LOST",
  "DEVICE_UNAVAILABLE",
  "INFERENCE_FAILED",
  // Of the worker this means that its device computes something else, or no numbers at all.
  "THOUGHT_INVALID",
  "TIMEOUT",
];

/** A demand for WASM asks for no adapter. */
const UNASKED = { kind: "none", description: "not asked for" } as const;
