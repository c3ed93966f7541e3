// A reranker as the last stage of an answer. Most searches have none: this part is loaded where one is asked for.
import { asRetrievalError, RetrievalError } from "@nearfield/core";
import type { Degradation } from "@nearfield/index";
import { aborted, raceAbort } from "@nearfield/link";
import type { RerankerStatus } from "@nearfield/rerank";
import { checkKeys, invalid } from "./check.ts";
import type { Hit } from "./hit.ts";
import { LIMITS, type SearchOptions } from "./options.ts";
import type { QueryRerank, SearchRerankOptions } from "./rerank-options.ts";
import { openReranker, type Reranker } from "./reranker.ts";
import type { FurtherStage, Question } from "./stage.ts";

/** Twice what an answer has unless told, so that as much again has a chance to come up. Each one is a run of the model. */
const CANDIDATES = 20;

/** UTF-16 code units of a title before its passage: a longer one would leave a small model no room for the passage. */
const MAX_TITLE_LENGTH = 200;

const RERANK_KEYS = [
  "model",
  "instruction",
  "device",
  "models",
  "candidates",
  "timeoutMs",
] as const;

/** The reranker of a search. Its worker starts with the first hits that it is shown. */
export class RerankStage {
  readonly #reranker: Reranker;
  readonly #candidates: number;
  readonly #timeoutMs: number | undefined;
  #failure: RetrievalError | undefined;

  constructor(reranker: Reranker, { candidates, timeoutMs }: SearchRerankOptions) {
    this.#reranker = reranker;
    this.#candidates = candidates ?? CANDIDATES;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The stage of one query; undefined where it wants none.
   * @throws RetrievalError `INVALID_OPTION`
   */
  stageFor(wish: QueryRerank | undefined): FurtherStage | undefined {
    const given = typeof wish === "object" ? checkKeys("rerank", wish, ["candidates"]) : {};
    if (wish !== undefined && typeof wish !== "boolean" && typeof wish !== "object") {
      throw invalid("rerank of a query", "true, false or { candidates }", wish);
    }
    if (wish === false) return undefined;
    const { candidates = this.#candidates } = given;
    checkCandidates(candidates);
    return {
      name: "reranked",
      part: "rerank",
      candidates,
      rank: (text, hits, options) => this.#rank(text, hits, options),
    };
  }

  /** Null before the reranker's card was found. */
  status(): RerankerStatus | null {
    return this.#reranker.status();
  }

  /** What it lacks, where it did not do its part the last time. */
  get degradation(): Degradation | undefined {
    const { code, message } = this.#failure ?? {};
    return code && { code, message: `answers are not reranked: ${message}` };
  }

  close(): void {
    void this.#reranker.close();
  }

  async #rank(
    text: string,
    hits: readonly Hit[],
    { instruction, signal }: Pick<Question, "instruction" | "signal">,
  ): Promise<readonly Hit[]> {
    try {
      const scores = await this.#inTime(signal, (either) =>
        this.#reranker.score(text, hits.map(textOf), { instruction, signal: either }),
      );
      this.#failure = undefined;
      const ranked = hits.map((hit, at) => {
        const score = scores[at] as number;
        return { ...hit, score, parts: { ...hit.parts, rerank: score } };
      });
      return ranked.sort((a, b) => b.score - a.score);
    } catch (thrown) {
      if (!signal?.aborted) this.#failure = asRetrievalError(thrown);
      throw thrown;
    }
  }

  /** Whoever gives up, and whoever has no more time, ends the work before the next run of the model. */
  async #inTime<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    const ms = this.#timeoutMs;
    if (ms === undefined) return work(signal);
    const over = new AbortController();
    const late = new RetrievalError("TIMEOUT", `the reranker took longer than ${ms} ms`, {
      repair: "Allow more time (timeoutMs), or fewer candidates.",
    });
    const timer = setTimeout(() => over.abort(), ms);
    const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    try {
      return await raceAbort(work(either), either, () =>
        signal?.aborted ? aborted(signal) : late,
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`, `INSECURE_CONTEXT` */
export function openRerankStage(options: unknown, search: SearchOptions): RerankStage {
  const checked = checkKeys("rerank", options, RERANK_KEYS) as unknown as SearchRerankOptions;
  const { candidates, timeoutMs, model, instruction, device, models } = checked;
  if (candidates !== undefined) checkCandidates(candidates);
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
    throw invalid("rerank.timeoutMs", "a number of milliseconds above 0", timeoutMs);
  }
  const { host, redirects } = search.models ?? {};
  const reranker = openReranker({
    model,
    instruction,
    device: device ?? search.device,
    models: { host, redirects, ...models },
    runtime: search.runtime,
    workers: { rerank: search.workers?.rerank },
  });
  return new RerankStage(reranker, checked);
}

function checkCandidates(value: unknown): asserts value is number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LIMITS.limit)
    return;
  throw invalid("rerank.candidates", `an integer from 1 to ${LIMITS.limit}`, value);
}

/** A passage seldom says what its document is about: it is read with the title before it, as an encoder reads it. */
function textOf({ document: { title }, passage: { text } }: Hit): string {
  return title ? `${title.slice(0, MAX_TITLE_LENGTH).toWellFormed()} ${text}` : text;
}
