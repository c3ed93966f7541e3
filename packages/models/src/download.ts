import { RetrievalError, type ModelFile } from "@nearfield/core";

/** Called with the bytes of this file that have arrived so far. */
export type OnBytes = (loadedBytes: number) => void;

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnBytes | undefined;
  /** Passes over the browser's own HTTP cache: for the second try after bad bytes. */
  readonly fresh?: boolean | undefined;
  /** How long the server may stay silent. Default {@link STALL_MS}. */
  readonly stallMs?: number | undefined;
}

/** Long enough for a phone that changes cells, short enough that somebody is still waiting. */
const STALL_MS = 20_000;

/**
 * Fetches exactly `file.byteLength` bytes. Their hash is not looked at here.
 * @throws RetrievalError `ABORTED`; `MODEL_UNAVAILABLE` for an HTTP error, a connection that broke or a server that fell
 * silent; `MODEL_UNAVAILABLE_OFFLINE` where nothing was reached; `MODEL_INTEGRITY` for HTML or another length
 */
export async function download(
  file: ModelFile,
  { signal, onProgress, fresh, stallMs = STALL_MS }: DownloadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (signal?.aborted) throw aborted(signal.reason);
  if (file.url.startsWith("data:")) return exactly(file, decodeDataUrl(file));
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), stallMs);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), stallMs);
  };
  let loaded = 0;
  let reached = false;
  try {
    const response = await fetch(file.url, {
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
      cache: fresh ? "reload" : "default",
      referrerPolicy: "no-referrer",
    });
    reached = true;
    refuseBadResponse(file, response);
    const bytes = new Uint8Array(file.byteLength);
    // A 200 without a body has no reader.
    for await (const chunk of response.body ? chunksOf(response.body) : []) {
      heard();
      if (loaded + chunk.length > bytes.length) throw wrongLength(file, loaded + chunk.length);
      bytes.set(chunk, loaded);
      loaded += chunk.length;
      onProgress?.(loaded);
    }
    if (loaded < bytes.length) throw wrongLength(file, loaded);
    return bytes;
  } catch (thrown) {
    if (thrown instanceof RetrievalError) throw thrown;
    if (signal?.aborted) throw aborted(signal.reason);
    if (silence.signal.aborted) {
      throw new RetrievalError("MODEL_UNAVAILABLE", `the server fell silent for ${stallMs} ms`, {
        value: `${file.url}, byte ${loaded} of ${file.byteLength}`,
        repair: "Try again when the network is better.",
      });
    }
    if (reached) {
      throw new RetrievalError("MODEL_UNAVAILABLE", "the connection broke during a download", {
        value: `${file.url}, byte ${loaded} of ${file.byteLength}`,
        repair: "Try again.",
        cause: thrown,
      });
    }
    throw new RetrievalError("MODEL_UNAVAILABLE_OFFLINE", "a model's file could not be reached", {
      value: file.url,
      repair: "Connect to the network once, or check that the server allows this origin (CORS).",
      cause: thrown,
    });
  } finally {
    clearTimeout(timer);
  }
}

// Safari has no async iteration of streams.
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // After an early exit the rest of the body is not wanted; after the end this does nothing.
    reader.cancel().catch(() => {});
  }
}

function refuseBadResponse(file: ModelFile, response: Response): void {
  if (!response.ok) {
    response.body?.cancel().catch(() => {});
    throw new RetrievalError("MODEL_UNAVAILABLE", `the server answered ${response.status}`, {
      value: file.url,
      repair: "Check the address in the model card and that the server has the file.",
    });
  }
  // A server for single-page apps answers 200 and its start page for whatever it does not have.
  if (response.headers.get("content-type")?.includes("text/html")) {
    response.body?.cancel().catch(() => {});
    throw new RetrievalError("MODEL_INTEGRITY", "the server answered with a web page", {
      value: file.url,
      repair: "Check the address in the model card: the server may not have this file.",
    });
  }
}

// By hand, because a policy of `connect-src 'self'` forbids to fetch a data: URL, and bundlers inline small files.
function decodeDataUrl(file: ModelFile): Uint8Array<ArrayBuffer> {
  const comma = file.url.indexOf(",");
  const body = file.url.slice(comma + 1);
  try {
    if (!file.url.slice(0, comma).endsWith(";base64")) {
      return new TextEncoder().encode(decodeURIComponent(body));
    }
    return Uint8Array.from(atob(decodeURIComponent(body)), (letter) => letter.charCodeAt(0));
  } catch (thrown) {
    throw new RetrievalError("MODEL_INTEGRITY", "a data: URL could not be decoded", {
      value: file.url,
      repair: "Check how the bundler inlined this file.",
      cause: thrown,
    });
  }
}

function exactly(file: ModelFile, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length !== file.byteLength) throw wrongLength(file, bytes.length);
  return bytes;
}

function wrongLength(file: ModelFile, met: number): RetrievalError {
  const more = met > file.byteLength ? "more than" : "not";
  return new RetrievalError("MODEL_INTEGRITY", `${file.url} has ${more} ${file.byteLength} bytes`, {
    value: met,
    repair: "Check that the server has the file that the model card names, whole and unchanged.",
  });
}

function aborted(reason: unknown): RetrievalError {
  return new RetrievalError("ABORTED", "the caller gave up a download", { cause: reason });
}
