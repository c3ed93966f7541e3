import { RetrievalError, type Device, type PairScoring, type RerankerCard } from "@nearfield/core";
import { planBatches, type BatchLimits } from "@nearfield/runtime";
import { nextTask, piecesOf, type Engine, type Runtime } from "@nearfield/runtime/worker";
import type { ScoreRequest, Strategy } from "../calls.ts";
import type { ScoreJob, Scorer } from "../scorer.ts";

export interface PairOptions {
  readonly card: RerankerCard;
  readonly scoring: PairScoring;
  readonly device: Device;
  readonly runtime: Runtime;
  /** Puts special tokens around a pair. */
  readonly markup: Engine;
  /** Reads the names of special tokens as text. */
  readonly text: Engine;
}

const BATCH = { tokens: 1024, rows: 32 } as const;
/** As for encoders: on WASM padding changes bits and saves nothing. */
const LIMITS: Readonly<Record<Device, BatchLimits>> = {
  wasm: { ...BATCH, padding: false },
  webgpu: { ...BATCH, padding: true },
};
const ALONE: BatchLimits = { tokens: 1, rows: 1, padding: false };

/** Scores by a classic cross-encoder: query and passage as one input, one logit out. */
export class PairScorer implements Scorer {
  readonly #options: PairOptions;
  readonly #frame: Frame;

  /** @throws RetrievalError `MODEL_INVALID` where the tokenizer has no form for pairs */
  constructor(options: PairOptions) {
    this.#options = options;
    this.#frame = findFrame(options.markup);
  }

  async score(request: ScoreRequest, { signal, onBatch }: ScoreJob = {}): Promise<Float32Array> {
    const rows = this.#rowsOf(request);
    const scores = new Float32Array(rows.length);
    const lengths = rows.map(({ ids }) => ids.length);
    let done = 0;
    for (const batch of planBatches(lengths, this.#limits(request.strategy))) {
      await nextTask();
      if (signal?.aborted) throw new RetrievalError("ABORTED", "the caller gave up scoring");
      const pairs = batch.map((at) => rows[at] as Row);
      const { data, shape } = await this.#options.runtime.run(
        pairs.map(({ ids }) => ids),
        pairs.map(({ types }) => types),
      );
      if (data.length !== batch.length) throw severalLogits(shape);
      for (const [i, at] of batch.entries()) scores[at] = this.#scoreOf(data[i] as number);
      done += batch.length;
      onBatch?.(done);
    }
    return scores;
  }

  #rowsOf({ query, passages }: ScoreRequest): Row[] {
    const { before, between, after } = this.#frame;
    const room =
      this.#options.card.maxTokens - before.ids.length - between.ids.length - after.ids.length;
    const asked = this.#read(query, room);
    if (asked.length >= room) {
      throw new RetrievalError("INPUT_TOO_LARGE", "the query leaves the passages no room", {
        value: `${this.#options.card.maxTokens} tokens in all`,
        repair: "Shorten the query.",
      });
    }
    return passages.map((passage) => {
      const found = this.#read(passage, room - asked.length);
      const parts = [before, own(asked, 0), between, own(found, this.#frame.secondType), after];
      return { ids: parts.flatMap(({ ids }) => ids), types: parts.flatMap(({ types }) => types) };
    });
  }

  #read(text: string, most: number): number[] {
    const ids: number[] = [];
    for (const piece of piecesOf(text)) {
      ids.push(...this.#options.text.idsOf(piece));
      if (ids.length >= most) break;
    }
    return ids.slice(0, most);
  }

  #limits({ batching = "auto" }: Strategy = {}): BatchLimits {
    if (batching === "alone") return ALONE;
    const limits = LIMITS[this.#options.device];
    return { ...limits, padding: limits.padding || batching === "padded" };
  }

  #scoreOf(logit: number): number {
    const { activation } = this.#options.scoring;
    const score = activation === "sigmoid" ? Math.fround(1 / (1 + Math.exp(-logit))) : logit;
    if (Number.isFinite(score)) return score;
    throw new RetrievalError("SCORE_INVALID", "the model gave a score that is no number", {
      value: score,
      repair: "Try another device.",
    });
  }
}

interface Row {
  readonly ids: readonly number[];
  readonly types: readonly number[];
}

interface Frame {
  readonly before: Row;
  readonly between: Row;
  readonly after: Row;
  /** Type of the second text's tokens. */
  readonly secondType: number;
}

/** Two words that no tokenizer makes one. */
const FIRST = "a";
const SECOND = "b";

function findFrame(engine: Engine): Frame {
  const { ids, types } = engine.pairOf(FIRST, SECOND);
  const first = engine.idsOf(FIRST);
  const second = engine.idsOf(SECOND);
  const at = placeOf(first, ids, 0);
  const next = at < 0 ? -1 : placeOf(second, ids, at + first.length);
  if (next < 0) {
    throw new RetrievalError("MODEL_INVALID", "the tokenizer has no form for pairs of texts", {
      value: ids,
      repair: "Choose a cross-encoder.",
    });
  }
  const part = (start: number, end?: number) => ({
    ids: ids.slice(start, end),
    types: types.slice(start, end),
  });
  return {
    before: part(0, at),
    between: part(at + first.length, next),
    after: part(next + second.length),
    secondType: types[next] ?? 0,
  };
}

function placeOf(wanted: readonly number[], ids: readonly number[], from: number): number {
  return ids.findIndex(
    (_, start) => start >= from && wanted.every((id, i) => ids[start + i] === id),
  );
}

function own(ids: readonly number[], type: number): Row {
  return { ids, types: ids.map(() => type) };
}

function severalLogits(shape: readonly number[]): RetrievalError {
  return new RetrievalError("MODEL_INVALID", "the graph does not give one logit for each pair", {
    value: shape.join(" × "),
    repair: "Choose a cross-encoder with one class.",
  });
}
