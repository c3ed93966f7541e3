/**
 * Calls a function that was handed in. What it throws is no fault of the connection: it surfaces as an uncaught error
 * of this thread (`reportError`), where the app's own error handling looks for it, and the connection goes on.
 */
export function notify<T>(callback: ((value: T) => void) | undefined, value: T): void {
  try {
    callback?.(value);
  } catch (thrown) {
    if (typeof reportError === "function") return reportError(thrown);
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
