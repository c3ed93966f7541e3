import { isRetrievalError, RetrievalError } from "@nearfield/core";

/** What a failure of IndexedDB means. Only the name is looked at: messages differ between engines and may be empty. */
export function toStorageError(thrown: unknown): RetrievalError {
  if (isRetrievalError(thrown)) return thrown;
  switch (nameOf(thrown)) {
    case "QuotaExceededError":
      return new RetrievalError("STORAGE_FULL", "the browser has no room left for this index", {
        repair: "Remove documents or free space, then try again; nothing was changed.",
        cause: thrown,
      });
    case "VersionError":
      return new RetrievalError("FORMAT_TOO_NEW", "the index was stored by a newer version", {
        repair: "Load the newer version of Nearfield; the index was left as it is.",
        cause: thrown,
      });
    default:
      return new RetrievalError("STORAGE_UNAVAILABLE", "IndexedDB refused the request or failed", {
        value: nameOf(thrown),
        repair: "Try again; if it stays so, check that the browser may store data for this site.",
        cause: thrown,
      });
  }
}

/** True where the connection itself was no longer usable, so that the request was never looked at. */
export function isDeadConnection(thrown: unknown): boolean {
  return nameOf(thrown) === "InvalidStateError";
}

/** True where the browser ended the request itself, for a reason of its own. */
export function isAborted(thrown: unknown): boolean {
  return nameOf(thrown) === "AbortError";
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "unknown";
}

/** Settles as `promise` does, or, after `timeoutMs`, rejects with what `onTimeout` returns. */
export async function settleWithin<T>(
  promise: Promise<T>,
  timeoutMs: number,
  onTimeout: () => RetrievalError,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error for a transaction, or a read, that does not come to an end. */
export function timedOut(timeoutMs: number): RetrievalError {
  return new RetrievalError("TIMEOUT", "IndexedDB did not answer in time", {
    value: timeoutMs,
    repair: "Try again; another tab that hangs may be holding the index.",
  });
}
