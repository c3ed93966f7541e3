// When to try again, and after how long.
import { RetrievalError } from "@nearfield/core";

export interface RetryPolicy {
  /** Tries in a row that may bring nothing. */
  readonly tries: number;
  /** Wait before the second try; doubled for each one after it. */
  readonly firstMs: number;
}

/** 0.5 + 1 + 2 seconds: a phone that changes cells is back by then; a server that is down is not waited for. */
export const PATIENT: RetryPolicy = { tries: 4, firstMs: 500 };

/** A server that asks for a longer pause than somebody looks at a progress bar is given up instead. */
const LONGEST_PAUSE_MS = 60_000;

/** One failed try: what the caller is told, and whether another one may help. */
export interface Failure {
  readonly error: RetrievalError;
  readonly again: boolean;
  /** What the server's `Retry-After` asks for. */
  readonly pauseMs?: number | undefined;
}

/** Milliseconds until the next try; null where there is none. `tried` counts the tries in a row that brought nothing. */
export function pauseBefore(failure: Failure, tried: number, policy: RetryPolicy): number | null {
  if (!failure.again || tried >= policy.tries) return null;
  if (failure.pauseMs !== undefined) {
    return failure.pauseMs > LONGEST_PAUSE_MS ? null : failure.pauseMs;
  }
  const doubled = policy.firstMs * 2 ** Math.max(0, tried - 1);
  // Tabs that broke off together shall not come back together.
  return doubled * (0.75 + Math.random() / 2);
}

/** `Retry-After` in milliseconds, from seconds or from a date. */
export function readRetryAfter(
  header: string | null,
  now: number = Date.now(),
): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds) && header.trim() !== "") return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Time between two signs of life while something is waited for: whoever watches a worker must not think it hung. */
const BEAT_MS = 1_000;

/**
 * Waits, with a sign of life each second.
 * @throws RetrievalError `ABORTED`
 */
export async function pause(
  pauseMs: number,
  signal: AbortSignal | undefined,
  onBeat: () => void,
): Promise<void> {
  const until = performance.now() + pauseMs;
  for (let left = pauseMs; left > 0; left = until - performance.now()) {
    onBeat();
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(left, BEAT_MS));
      signal?.addEventListener("abort", wake);
      if (signal?.aborted) wake();
    });
    if (signal?.aborted) throw aborted(signal.reason);
  }
}

export function aborted(reason: unknown): RetrievalError {
  return new RetrievalError("ABORTED", "the caller gave up a download", { cause: reason });
}
