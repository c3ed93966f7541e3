import { isRetrievalError, RetrievalError } from "@nearfield/core";
import { aborted, raceAbort } from "@nearfield/link";
import { invalid } from "./check.ts";

/** What `import` takes: a file that a person chose, a blob, or the stream of a download. */
export type ImportSource = Blob | ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * The source as a blob, which the browser may keep on disk.
 * @throws RetrievalError `INVALID_OPTION`, `SOURCE_FAILED` for a stream that breaks, `ABORTED`
 */
export async function blobOf(source: unknown, signal: AbortSignal | undefined): Promise<Blob> {
  if (source instanceof Blob) return source;
  if (!(source instanceof ReadableStream)) {
    throw invalid("the file", "a Blob, a File or a ReadableStream of bytes", source);
  }
  if (source.locked)
    throw invalid("the file", "a stream that nobody else reads", "a locked stream");
  const abort = new AbortController();
  const onAbort = () => abort.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const whole = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const piped = source.pipeTo(whole.writable, { signal: abort.signal });
    const blob = new Response(whole.readable).blob();
    return await raceAbort(
      Promise.all([blob, piped]).then(([read]) => read),
      signal,
    );
  } catch (thrown) {
    if (signal?.aborted) throw aborted(signal);
    if (isRetrievalError(thrown)) throw thrown;
    throw new RetrievalError("SOURCE_FAILED", "the stream of the file broke off", {
      repair: "See the cause. Nothing was changed.",
      cause: thrown,
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    abort.abort();
  }
}
