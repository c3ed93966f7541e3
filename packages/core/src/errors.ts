/**
 * Every way in which a call can fail. Callers switch on `code`, never on `message`. The set is closed: a new
 * failure gets a new code here, so that nothing raw (a `DOMException`, a runtime's text) reaches an app.
 */
export const ERROR_CODES = [
  /** The caller's `AbortSignal` fired; its reason is the `cause`. */
  "ABORTED",
  /** The object was closed or destroyed before or during the call. */
  "CLOSED",
  /** A part of our own code that is loaded when it is asked for did not load: no network, or a newer build took its place. */
  "CODE_UNAVAILABLE",
  /** A WebGPU device was demanded and there is none, or it lacks what the model needs. */
  "DEVICE_UNAVAILABLE",
  /** The GPU device went away during a run. */
  "DEVICE_LOST",
  /** One call names the same document twice. */
  "DUPLICATE_ID",
  /** An encoder gave vectors that are not finite, or that disagree with the model's known answers. */
  "EMBEDDING_INVALID",
  /** A text that has to say something is empty or only white space. */
  "EMPTY_TEXT",
  /** Stored data was written by a newer version of the format. */
  "FORMAT_TOO_NEW",
  /** ONNX Runtime could not start, could not build the model's session, or failed in a run. */
  "INFERENCE_FAILED",
  /** A text, an id or a batch is larger than the stated limit. */
  "INPUT_TOO_LARGE",
  /** The page did not come over HTTPS or from localhost: browsers keep cryptography and the GPU from such a page. */
  "INSECURE_CONTEXT",
  /** A fault of ours, or one that nobody foresaw. The cause is attached. */
  "INTERNAL",
  /** A document does not have the form that `add` takes. */
  "INVALID_DOCUMENT",
  /** A file to import is none of ours, is cut off, or is not as it was written. */
  "INVALID_FILE",
  /** A filter is not made of the operators and values that there are. */
  "INVALID_FILTER",
  /** A vector has the wrong length, or a component that is not finite. */
  "INVALID_VECTOR",
  /** An option is of the wrong type, out of range, or unknown. */
  "INVALID_OPTION",
  /** Bytes of a model are not those that its card promises. */
  "MODEL_INTEGRITY",
  /** A model's files lack a part or contradict one another. */
  "MODEL_INVALID",
  /** Vectors of two embedding spaces would meet: an index's and its model's, or those of two towers. */
  "MODEL_MISMATCH",
  /** A model needs more than a limit of this machine: heap, buffer, memory. The message has the numbers. */
  "MODEL_TOO_LARGE",
  /** A model's file could not be fetched: the server refused or does not have it. */
  "MODEL_UNAVAILABLE",
  /** A model's file is not stored and the network can not be reached. */
  "MODEL_UNAVAILABLE_OFFLINE",
  /** A model's card or files ask for something this build does not do. */
  "MODEL_UNSUPPORTED",
  /** A value can not be sent to a worker (a function, a symbol, a promise in it). */
  "NOT_CLONEABLE",
  /** The engine gives no more memory for what has to be held; what was held before is untouched. */
  "OUT_OF_MEMORY",
  /** A reranker gave scores that are not finite, or that disagree with its known scores. */
  "SCORE_INVALID",
  /** The iterable that gave the documents threw; its error is the `cause`. */
  "SOURCE_FAILED",
  /** A stored record does not have the checksum it was written with. */
  "STORAGE_CORRUPT",
  /** The browser has no room left; what was stored before is untouched. */
  "STORAGE_FULL",
  /** Data that was stored before is gone: cleared, evicted, deleted by another tab, or made anew by the browser. */
  "STORAGE_LOST",
  /** Stored data is older than what was acknowledged before. */
  "STORAGE_ROLLED_BACK",
  /** IndexedDB is missing, refused, or does not answer. */
  "STORAGE_UNAVAILABLE",
  /** Who was asked for a thought gave none, or something that is no text of one. */
  "THOUGHT_INVALID",
  /** A call did not settle within its deadline. */
  "TIMEOUT",
  /** Another tab asks for a newer version of the database: reload this one. */
  "UPGRADE_REQUIRED",
  /** WebAssembly is missing, or the page's Content-Security-Policy forbids it. */
  "WASM_UNAVAILABLE",
  /** A worker died, or its state is unknown; the next call gets a fresh one. */
  "WORKER_LOST",
  /** A worker could not be started: its script did not load, or a policy forbids it. */
  "WORKER_UNAVAILABLE",
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface RetrievalErrorDetails {
  /** What was met: the offending value, shortened to something that can be printed and cloned. */
  readonly value?: unknown;
  /** What the caller can do about it, as one sentence in the imperative. */
  readonly repair?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class of Nearfield. `code` says what happened, `value` what was met, `repair` what to do. Its
 * message holds all three, so that a log line is enough.
 */
export class RetrievalError extends Error {
  override readonly name = "RetrievalError";
  readonly code: ErrorCode;
  readonly value: unknown;
  readonly repair: string | undefined;

  constructor(code: ErrorCode, problem: string, details: RetrievalErrorDetails = {}) {
    const met = "value" in details ? ` (met: ${shorten(details.value)})` : "";
    const repair = details.repair ? ` ${details.repair}` : "";
    super(
      `${code}: ${problem}${met}.${repair}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.value = details.value;
    this.repair = details.repair;
  }
}

/** True for a {@link RetrievalError}, also one of another copy of this package. */
export function isRetrievalError(thrown: unknown): thrown is RetrievalError {
  return (
    thrown instanceof RetrievalError ||
    (thrown instanceof Error && thrown.name === "RetrievalError" && "code" in thrown)
  );
}

/** `thrown` itself where it is one of ours, else wrapped as `code`: for borders where anything may be thrown. */
export function asRetrievalError(
  thrown: unknown,
  code: ErrorCode = "INTERNAL",
  problem = "something failed that should not",
): RetrievalError {
  if (isRetrievalError(thrown)) return thrown;
  const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : shorten(thrown);
  return new RetrievalError(code, `${problem}: ${said}`, { cause: thrown });
}

const MAX_PRINTED = 80;

/** A value as a short piece of text, whatever it is; never throws and never prints a whole document. */
export function shorten(value: unknown): string {
  let text: string;
  try {
    if (typeof value === "string") text = JSON.stringify(value.slice(0, MAX_PRINTED + 1));
    else if (typeof value === "function") text = `function ${value.name}`;
    else if (typeof value === "object" && value !== null) {
      text = Object.prototype.toString.call(value).slice(8, -1);
      if (Array.isArray(value)) text = `Array(${value.length})`;
    } else text = String(value);
  } catch {
    text = typeof value;
  }
  return text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}…` : text;
}
