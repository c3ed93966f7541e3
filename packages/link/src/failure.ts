// The ways in which a whole connection ends, each said in one place.
import { RetrievalError } from "@nearfield/core";

const TRY_AGAIN = "Call again: a lost worker is replaced by a fresh one.";
const LET_IT_START =
  "Check that the worker's script is served as JavaScript, from the origin of the page, and that the Content-Security-Policy allows it (worker-src, Trusted Types).";
const RELOAD = "Reload the page, so that page and worker come from one build.";

/** WORKER_LOST, or WORKER_UNAVAILABLE where the worker never got as far as `ready`. */
export function lost(wasReady: boolean, problem: string, cause?: unknown): RetrievalError {
  return wasReady
    ? new RetrievalError("WORKER_LOST", problem, { repair: TRY_AGAIN, cause })
    : unavailable(problem, cause);
}

export function unavailable(problem: string, cause?: unknown): RetrievalError {
  return new RetrievalError("WORKER_UNAVAILABLE", problem, { repair: LET_IT_START, cause });
}

export function otherBuild(theirs: number, ours: number): RetrievalError {
  const problem = `the worker speaks protocol ${theirs}, this page ${ours}`;
  return new RetrievalError("WORKER_UNAVAILABLE", problem, { repair: RELOAD });
}

export function closed(): RetrievalError {
  return new RetrievalError("CLOSED", "the worker's client was disposed");
}

/** TIMEOUT after `silentMs` without a sign of life; `what` is the subject of the sentence. */
export function silent(what: string, silentMs: number): RetrievalError {
  const problem = `${what} gave no sign of life for ${silentMs} ms`;
  return new RetrievalError("TIMEOUT", problem, {
    repair: "Call again, or allow more time (deadlineMs, prepareMs).",
  });
}
