import type { ScoreRequest } from "./calls.ts";

export interface ScoreJob {
  /** Looked at between two runs. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each run with the number of passages done so far. */
  readonly onBatch?: ((done: number) => void) | undefined;
}

/** A loaded reranker inside its worker. */
export interface Scorer {
  /**
   * One score for each passage, in their order. What is too long loses the end of its passage.
   * @throws RetrievalError `ABORTED`, `INPUT_TOO_LARGE` where the query leaves a passage no room, `DEVICE_LOST`,
   * `INFERENCE_FAILED`, `SCORE_INVALID`
   */
  score(request: ScoreRequest, job?: ScoreJob): Promise<Float32Array>;

  /**
   * How well the device agrees with itself: cosine of what it gives for the same tokens in two ways. Absent where there is no second
   * way.
   */
  measureAgreement?(): Promise<number>;
}
