import { RetrievalError, type Device, type YesNoScoring } from "@nearfield/core";
import { planBatches, type BatchLimits } from "@nearfield/runtime";
import {
  measureAgreement,
  nextTask,
  type Cache,
  type Decoder,
  type Engine,
} from "@nearfield/runtime/worker";
import type { ScoreRequest, Strategy } from "../calls.ts";
import { sharedPrefix } from "../prefix.ts";
import type { ScoreJob, Scorer } from "../scorer.ts";
import type { Template } from "./template.ts";

export interface YesNoOptions {
  readonly device: Device;
  readonly decoder: Decoder;
  readonly template: Template;
  readonly answers: Answers;
  /** Whether several rows may go on from a cache: a `GroupQueryAttention` takes one only. */
  readonly batchesBehindCache: boolean;
}

/** About half a second of a small model on one WASM thread: an abort gets its turn only between two runs. */
const BATCH = { tokens: 1024, rows: 32 } as const;
/** On WASM a batch is not faster than its rows one after the other, and rows without padding give the same bits each time. */
const LIMITS: Readonly<Record<Device, BatchLimits>> = {
  wasm: { ...BATCH, padding: false },
  webgpu: { ...BATCH, padding: true },
};
const ALONE: BatchLimits = { tokens: 1, rows: 1, padding: false };
/** 64 MB of logits in one run: most exports compute them at every position, for the whole vocabulary. */
const LOGITS = 16 * 2 ** 20;
/** Below this a cache costs as much as it saves. */
const LEAST_PREFIX = 8;

/** With whatever template, more than 32 tokens. */
const PROBE = "Refunds are paid to the original card within five working days. ".repeat(6);

/** Scores by the likelihood of "yes" as the next token (Qwen3-Reranker). */
export class YesNoScorer implements Scorer {
  readonly #options: YesNoOptions;

  constructor(options: YesNoOptions) {
    this.#options = options;
  }

  async score(request: ScoreRequest, job: ScoreJob = {}): Promise<Float32Array> {
    const { passages, strategy = {} } = request;
    const rows = this.#options.template.rowsOf(request);
    const scores = new Float32Array(passages.length);
    const { past, shared } = await this.#readPrefix(rows, strategy, job);
    const rests = rows.map((row) => row.slice(shared));
    let done = 0;
    for (const batch of planBatches(lengthsOf(rests), this.#limits(strategy, past))) {
      const logits = await this.#run(
        batch.map((at) => rests[at] as readonly number[]),
        past,
        job,
      );
      for (const [i, at] of batch.entries()) scores[at] = this.#scoreOf(logits[i] as Float32Array);
      done += batch.length;
      job.onBatch?.(done);
    }
    return scores;
  }

  measureAgreement(): Promise<number> {
    const { decoder, template } = this.#options;
    const [row = []] = template.rowsOf({ query: PROBE, passages: [PROBE] });
    return measureAgreement(decoder, row);
  }

  async #readPrefix(
    rows: readonly (readonly number[])[],
    { reusePrefix = true }: Strategy,
    job: ScoreJob,
  ) {
    const shared = rows.length > 1 ? sharedPrefix(rows) : 0;
    if (!reusePrefix || !this.#options.decoder.caches || shared < LEAST_PREFIX) {
      return { past: undefined, shared: 0 };
    }
    const prefix = rows[0]?.slice(0, shared) ?? [];
    const { past, rest } = await this.#readLong(prefix, undefined, job);
    return { past: await this.#options.decoder.read(rest, past), shared };
  }

  async #run(rows: readonly (readonly number[])[], past: Cache | undefined, job: ScoreJob) {
    await turn(job);
    const { decoder } = this.#options;
    const [row] = rows;
    if (rows.length > 1 || !row || !decoder.caches) return decoder.last(rows, past);
    const long = await this.#readLong(row, past, job);
    return decoder.last([long.rest], long.past);
  }

  /** Reads a row in parts until what is left of it fits into one run. */
  async #readLong(row: readonly number[], past: Cache | undefined, job: ScoreJob) {
    const { decoder } = this.#options;
    const part = this.#mostTokens;
    let at = 0;
    let cache = past;
    for (; row.length - at > part; at += part) {
      await turn(job);
      cache = await decoder.read(row.slice(at, at + part), cache);
    }
    return { rest: row.slice(at), past: cache };
  }

  #limits({ batching = "auto" }: Strategy, past: Cache | undefined): BatchLimits {
    const { device, batchesBehindCache } = this.#options;
    if (batching === "alone" || (past && !batchesBehindCache)) return ALONE;
    const limits = LIMITS[device];
    const tokens = Math.min(limits.tokens, this.#mostTokens);
    return { ...limits, tokens, padding: limits.padding || batching === "padded" };
  }

  get #mostTokens(): number {
    const { vocabulary, keepsLast } = this.#options.decoder;
    return keepsLast
      ? BATCH.tokens
      : Math.max(1, Math.min(BATCH.tokens, Math.floor(LOGITS / vocabulary)));
  }

  #scoreOf(logits: Float32Array): number {
    const { yes, no } = this.#options.answers;
    const score = sigmoid((logits[yes] as number) - (logits[no] as number));
    if (Number.isFinite(score)) return score;
    throw new RetrievalError("SCORE_INVALID", "the model gave a score that is no number", {
      value: score,
      repair: "Try another device.",
    });
  }
}

/** Ids of the tokens whose logits are compared. */
export interface Answers {
  readonly yes: number;
  readonly no: number;
}

/** @throws RetrievalError `MODEL_INVALID` where the vocabulary has no token for yes or no */
export function answersOf({ yes, no }: YesNoScoring, engine: Engine): Answers {
  return { yes: tokenOf(engine, yes), no: tokenOf(engine, no) };
}

function tokenOf(engine: Engine, name: string): number {
  const id = engine.idOf(name);
  if (id !== undefined) return id;
  throw new RetrievalError("MODEL_INVALID", `the model's vocabulary has no token "${name}"`, {
    value: name,
    repair: "Choose a reranker that answers yes or no, or correct yes and no of its card.",
  });
}

async function turn({ signal }: ScoreJob): Promise<void> {
  await nextTask();
  if (signal?.aborted) throw new RetrievalError("ABORTED", "the caller gave up scoring");
}

function lengthsOf(rows: readonly (readonly number[])[]): number[] {
  return rows.map((row) => row.length);
}

/** In single precision, as the model's authors compute it: the order of close scores must not depend on ours being finer. */
function sigmoid(logit: number): number {
  return Math.fround(1 / (1 + Math.exp(-logit)));
}
