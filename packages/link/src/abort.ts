import { RetrievalError } from "@nearfield/core";

/** ABORTED, with the signal's reason as its cause: a caller never meets a raw `DOMException`. */
export function aborted(signal: AbortSignal): RetrievalError {
  return new RetrievalError("ABORTED", "the caller gave up", { cause: signal.reason });
}

/** Settles as `promise` does, or rejects with `reasonOf(signal)` as soon as `signal` aborts. */
export function raceAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  reasonOf: (signal: AbortSignal) => unknown = aborted,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
