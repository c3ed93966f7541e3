import { RetrievalError } from "@nearfield/core";
import { Body } from "./store/body.ts";
import { decodeDataUrl } from "./store/data-url.ts";
import { findRedirect, refuseRedirect } from "./store/redirect.ts";
import {
  aborted,
  PATIENT,
  pause,
  pauseBefore,
  readRetryAfter,
  type Failure,
  type RetryPolicy,
} from "./store/retry.ts";

/** What a file is being waited for: another worker's download, the network, the storage, or its check. */
export type FetchStage = "wait" | "download" | "read" | "verify";

/**
 * Called with the bytes of this file that are here. It is called again with the same number as a sign of life, and with a
 * smaller one where bytes turned out to be bad.
 */
export type OnBytes = (loadedBytes: number, stage: FetchStage) => void;

/** A file to fetch. Without `byteLength` any length will do. */
export interface DownloadSource {
  readonly url: string;
  readonly byteLength?: number | undefined;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnBytes | undefined;
  /** Passes over the browser's own HTTP cache: for the second try after bad bytes. */
  readonly fresh?: boolean | undefined;
  /** How long the server may stay silent. Default {@link STALL_MS}. */
  readonly stallMs?: number | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Hosts that a redirect may lead to, see `refuseRedirect`. */
  readonly redirects?: readonly string[] | undefined;
}

/** Long enough for a phone that changes cells, short enough that somebody is still waiting. */
const STALL_MS = 20_000;

/** An end for a server that breaks off after a few bytes, again and again. */
const MOST_TRIES = 100;

/**
 * Fetches exactly `file.byteLength` bytes into `body`, which may hold the first of them already: then only the rest is
 * asked for, by Range. A broken connection, silence, 408, 429 and 5xx are tried again from where they broke. The hash is
 * not looked at here.
 * @param onChunk told after each piece how many bytes are there
 * @throws RetrievalError `ABORTED`; `MODEL_UNAVAILABLE` for an HTTP error, a connection that broke, a server that fell
 * silent or sent us elsewhere; `MODEL_UNAVAILABLE_OFFLINE` where nothing was reached; `MODEL_INTEGRITY` for HTML or another
 * length
 */
export async function download(
  file: DownloadSource,
  options: DownloadOptions = {},
  body: Body = new Body(file.byteLength),
  onChunk?: (loadedBytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { signal, onProgress, retry = PATIENT } = options;
  if (signal?.aborted) throw aborted(signal.reason);
  if (file.url.startsWith("data:")) {
    const bytes = decodeDataUrl(file.url);
    if (file.byteLength !== undefined && bytes.length !== file.byteLength) {
      throw wrongLength(file, bytes.length);
    }
    return bytes;
  }
  let reached = false;
  for (let all = 1, vain = 1; ; all++, vain++) {
    const before = body.loaded;
    const failure = await attempt(file, options, body, onChunk, () => (reached = true));
    if (!failure) return body.whole();
    if (body.loaded > before) vain = 1;
    // The first request of all that reaches nobody is the answer: there is no network.
    const wait = reached && all < MOST_TRIES ? pauseBefore(failure, vain, retry) : null;
    if (wait === null) throw failure.error;
    await pause(wait, signal, () => onProgress?.(body.loaded, "wait"));
  }
}

async function attempt(
  file: DownloadSource,
  { signal, onProgress, fresh, stallMs = STALL_MS, redirects }: DownloadOptions,
  body: Body,
  onChunk: ((loadedBytes: number) => void) | undefined,
  onReached: () => void,
): Promise<Failure | null> {
  // Without a length nothing says that the rest belongs to what is here.
  if (body.byteLength === undefined) body.reset(0);
  const start = body.loaded;
  if (start > 0 && start === body.byteLength) return null;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), stallMs);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), stallMs);
  };
  let answered = false;
  try {
    const response = await fetch(file.url, {
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
      // What is asked for in pieces is not to be glued together by the HTTP cache.
      cache: fresh ? "reload" : start > 0 ? "no-store" : "default",
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      headers: start > 0 ? { range: `bytes=${start}-` } : {},
    });
    answered = true;
    onReached();
    refuseRedirect(file.url, response, redirects);
    const refusal = refusalOf(file, response, start);
    if (refusal) {
      response.body?.cancel().catch(() => {});
      if (refusal.restart) body.reset(0);
      return refusal;
    }
    // A server that knows no ranges sends all of it again.
    if (response.status !== 206) body.reset(0);
    // A 200 without a body has no reader.
    for await (const chunk of response.body ? chunksOf(response.body) : []) {
      heard();
      if (!body.append(chunk)) throw wrongLength(file, body.loaded + chunk.length);
      onProgress?.(body.loaded, "download");
      onChunk?.(body.loaded);
    }
    if (body.byteLength !== undefined && body.loaded < body.byteLength) {
      throw wrongLength(file, body.loaded);
    }
    return null;
  } catch (thrown) {
    if (thrown instanceof RetrievalError) return { error: thrown, again: false };
    if (signal?.aborted) return { error: aborted(signal.reason), again: false };
    if (!answered && !silence.signal.aborted) {
      const away = await findRedirect(file.url);
      if (away) return { error: away, again: false };
    }
    return breakOf(file, body, { stalled: silence.signal.aborted, stallMs, answered, thrown });
  } finally {
    clearTimeout(timer);
  }
}

interface Break {
  readonly stalled: boolean;
  readonly stallMs: number;
  readonly answered: boolean;
  readonly thrown: unknown;
}

function breakOf(
  file: DownloadSource,
  { loaded, byteLength }: Body,
  { stalled, stallMs, answered, thrown }: Break,
): Failure {
  const value = `${file.url}, byte ${loaded} of ${byteLength ?? "?"}`;
  if (stalled) {
    const error = new RetrievalError(
      "MODEL_UNAVAILABLE",
      `the server fell silent for ${stallMs} ms`,
      { value, repair: "Try again when the network is better." },
    );
    return { error, again: true };
  }
  if (answered) {
    const error = new RetrievalError(
      "MODEL_UNAVAILABLE",
      "the connection broke during a download",
      { value, repair: "Try again: what has arrived is kept.", cause: thrown },
    );
    return { error, again: true };
  }
  const error = new RetrievalError(
    "MODEL_UNAVAILABLE_OFFLINE",
    "a model's file could not be reached",
    {
      value: file.url,
      repair:
        "Connect to the network once, or check that the server, and where it redirects to, allows this origin (CORS).",
      cause: thrown,
    },
  );
  return { error, again: true };
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

const TOO_EARLY_OR_BUSY: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const REPAIRS: Readonly<Record<number, string>> = {
  401: "The host wants a login: choose a model that is not gated, or serve its files yourself.",
  403: "The host refuses this page: choose a model that is not gated, or serve its files yourself.",
  429: "The host is asked too often: try again later, or serve the files yourself.",
};

function refusalOf(
  file: DownloadSource,
  response: Response,
  start: number,
): (Failure & { readonly restart?: boolean }) | null {
  const { status } = response;
  if (status === 416) {
    // The server's file ends before ours: what is here can not be the beginning of it.
    return { error: wrongLength(file, start), again: true, restart: true };
  }
  if (!response.ok) {
    const error = new RetrievalError("MODEL_UNAVAILABLE", `the server answered ${status}`, {
      value: file.url,
      repair:
        REPAIRS[status] ?? "Check the address in the model card and that the server has the file.",
    });
    const pauseMs = readRetryAfter(response.headers.get("retry-after"));
    return { error, again: TOO_EARLY_OR_BUSY.has(status), pauseMs };
  }
  // A server for single-page apps answers 200 and its start page for whatever it does not have.
  if (response.headers.get("content-type")?.includes("text/html")) {
    const error = new RetrievalError("MODEL_INTEGRITY", "the server answered with a web page", {
      value: file.url,
      repair: "Check the address in the model card: the server may not have this file.",
    });
    return { error, again: false };
  }
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  // Another origin may hide this header; then the hash decides.
  if (status === 206 && range && Number(range[1]) !== start) {
    return { error: wrongLength(file, start), again: true, restart: true };
  }
  return null;
}

function wrongLength(file: DownloadSource, met: number): RetrievalError {
  const more = met > (file.byteLength ?? 0) ? "more than" : "not";
  return new RetrievalError("MODEL_INTEGRITY", `${file.url} has ${more} ${file.byteLength} bytes`, {
    value: met,
    repair: "Check that the server has the file that the model card names, whole and unchanged.",
  });
}
