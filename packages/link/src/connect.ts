import { RetrievalError } from "@nearfield/core";
import { aborted } from "./abort.ts";
import { closed, lost, otherBuild, silent, unavailable } from "./failure.ts";
import { watchLifeLock } from "./life-lock.ts";
import { notify } from "./notify.ts";
import {
  closePort,
  PROTOCOL,
  type Calls,
  type CloneableCalls,
  type Endpoint,
  type FromWorker,
  type MethodOf,
  type ToWorker,
} from "./protocol.ts";
import { checkLimit, Watchdog } from "./watchdog.ts";
import { fromWire } from "./wire.ts";

export interface CallOptions<Progress> {
  /** Its abort rejects the call at once (ABORTED, with the reason as `cause`) and aborts the job's own signal. */
  readonly signal?: AbortSignal | undefined;
  /** What it throws surfaces as an uncaught error of this thread; the call goes on. */
  readonly onProgress?: ((value: Progress) => void) | undefined;
  /** Buffers and ports of the input that are moved instead of copied. */
  readonly transfer?: Transferable[] | undefined;
  /**
   * How long the job may be silent: from the call to its first report (or `job.alive()`), from one to the next, and
   * from the last to the answer. Then the call rejects with TIMEOUT and the job's signal aborts. It limits silence
   * and not duration, so that a long job that reports is left alone; for a limit of the whole, give
   * `AbortSignal.timeout(ms)` as the signal. Default: that of the connection.
   */
  readonly deadlineMs?: number | undefined;
}

/** All limits are in milliseconds, and `Infinity` where none is given. */
export interface ConnectionOptions {
  /** Default of {@link CallOptions.deadlineMs}. */
  readonly deadlineMs?: number | undefined;
  /** How long the other side may take to say that it is ready. Then the connection fails with WORKER_UNAVAILABLE. */
  readonly startMs?: number | undefined;
  /**
   * How long a job that was aborted, or timed out, may hold on. Then the connection fails with WORKER_LOST, since
   * such a job may block all others.
   */
  readonly patienceMs?: number | undefined;
  /** Called with each sign of life of the other side. */
  readonly onFrame?: (() => void) | undefined;
}

interface Pending {
  readonly resolve: (output: never) => void;
  readonly reject: (reason: RetrievalError) => void;
  readonly onProgress: ((value: never) => void) | undefined;
  readonly silence: Watchdog;
  /** Undoes what the call has set up besides its promise. */
  readonly release: () => void;
}

/**
 * The caller's end of a `Worker`'s or `MessagePort`'s life. Once it has failed, it stays failed, and each call rejects
 * with that failure: WORKER_LOST when the other side died or closed, WORKER_UNAVAILABLE when it never got ready, CLOSED
 * after disposal. `onEnd` is called once, in the same turn. `Supervisor` gives the next life.
 *
 * Frames that answer nothing (late, twice, of an unknown call, of somebody else) are passed over.
 */
export class Connection<C extends Calls<C> & CloneableCalls<C>> implements Disposable {
  /** Fulfills when the other side serves; `lock` is the name of its life lock. No call needs to wait for it. */
  readonly ready: Promise<{ lock: string | undefined }>;
  readonly #endpoint: Endpoint;
  readonly #onEnd: ((failure: RetrievalError) => void) | undefined;
  readonly #onFrame: (() => void) | undefined;
  readonly #deadlineMs: number;
  readonly #patienceMs: number;
  readonly #pending = new Map<number, Pending>();
  /** Jobs whose caller gave up, until the other side has let go of them. */
  readonly #abandoned = new Map<number, Watchdog>();
  readonly #opened = Promise.withResolvers<{ lock: string | undefined }>();
  readonly #start: Watchdog;
  readonly #over = new AbortController();
  #isReady = false;
  #nextId = 1;
  #failure: RetrievalError | undefined;

  constructor(
    endpoint: Endpoint,
    onEnd?: (failure: RetrievalError) => void,
    options: ConnectionOptions = {},
  ) {
    const { deadlineMs = Infinity, startMs = Infinity, patienceMs = Infinity, onFrame } = options;
    this.#endpoint = endpoint;
    this.#onEnd = onEnd;
    this.#onFrame = onFrame;
    this.#deadlineMs = checkLimit("deadlineMs", deadlineMs);
    this.#patienceMs = checkLimit("patienceMs", patienceMs);
    this.#start = new Watchdog(checkLimit("startMs", startMs), () =>
      this.fail(unavailable(`the worker was not ready within ${startMs} ms`)),
    );
    this.ready = this.#opened.promise;
    this.ready.catch(() => {}); // each caller sees the same failure through its own call
    const { signal } = this.#over;
    endpoint.addEventListener("message", this.#onMessage, { signal });
    endpoint.addEventListener("messageerror", this.#onMessageError, { signal });
    endpoint.addEventListener("close", this.#onClose, { signal });
    endpoint.start?.();
  }

  /** How many calls wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** True while the other side has a job of ours, awaited or abandoned. */
  get isBusy(): boolean {
    return this.#pending.size + this.#abandoned.size > 0;
  }

  /** True from the other side's `ready` on. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Runs `method` on the other side. Rejects with the handler's own `RetrievalError`, or with ABORTED, TIMEOUT,
   * NOT_CLONEABLE (input or output can not cross), INVALID_OPTION, INTERNAL, or the failure of the connection.
   */
  call<M extends MethodOf<C>>(
    method: M,
    input: C[M]["input"],
    options: CallOptions<C[M]["progress"]> = {},
  ): Promise<C[M]["output"]> {
    const { signal, onProgress, transfer = [], deadlineMs = this.#deadlineMs } = options;
    if (this.#failure) return Promise.reject(this.#failure);
    if (signal?.aborted) return Promise.reject(aborted(signal));
    return new Promise<C[M]["output"]>((resolve, reject) => {
      const id = this.#nextId++;
      const onAbort = () => signal && this.#abandon(id, aborted(signal));
      const silence = new Watchdog(checkLimit("deadlineMs", deadlineMs), () =>
        this.#abandon(id, silent(`"${method}"`, deadlineMs)),
      );
      this.#pending.set(id, {
        resolve,
        reject,
        onProgress,
        silence,
        release() {
          silence.stop();
          signal?.removeEventListener("abort", onAbort);
        },
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        this.#post({ kind: "call", id, method, input }, transfer);
      } catch (cause) {
        const problem = `the input of "${method}" can not cross to the worker`;
        this.#settle(id)?.reject(new RetrievalError("NOT_CLONEABLE", problem, { cause }));
      }
    });
  }

  /** Rejects all that is pending and all that will be asked, and tells the other side where it is a port. */
  fail(failure: RetrievalError): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#start.stop();
    this.#over.abort();
    this.#opened.reject(failure);
    this.#post({ kind: "close" });
    closePort(this.#endpoint);
    for (const id of this.#pending.keys()) this.#settle(id)?.reject(failure);
    for (const id of this.#abandoned.keys()) this.#settle(id);
    this.#onEnd?.(failure);
  }

  /** Ends the connection, and the port it goes over: all calls reject with CLOSED. */
  close(): void {
    this.fail(closed());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #post(frame: ToWorker, transfer: Transferable[] = []) {
    this.#endpoint.postMessage(frame, transfer);
  }

  #abandon(id: number, reason: RetrievalError) {
    const entry = this.#settle(id);
    if (!entry) return;
    entry.reject(reason);
    const code = reason.code === "TIMEOUT" ? "TIMEOUT" : "ABORTED";
    const lostPatience = () =>
      this.fail(lost(true, "a job that was given up did not yield", reason));
    this.#abandoned.set(id, new Watchdog(this.#patienceMs, lostPatience));
    this.#post({ kind: "cancel", id, code });
  }

  /** Takes one call off the books, whether it is awaited or abandoned. */
  #settle(id: number): Pending | undefined {
    this.#abandoned.get(id)?.stop();
    this.#abandoned.delete(id);
    const entry = this.#pending.get(id);
    this.#pending.delete(id);
    entry?.release();
    return entry;
  }

  readonly #onMessage = ({ data }: MessageEvent<FromWorker | null | undefined>): void => {
    if (!data) return;
    this.#onFrame?.();
    switch (data.kind) {
      case "ready":
        return this.#open(data.protocol, data.lock);
      case "alive":
        return this.#pending.get(data.id)?.silence.alive();
      case "progress": {
        const entry = this.#pending.get(data.id);
        entry?.silence.alive();
        return notify(entry?.onProgress, data.value as never);
      }
      case "result":
        return this.#settle(data.id)?.resolve(data.output as never);
      case "error":
        return this.#settle(data.id)?.reject(fromWire(data.error));
      case "fatal": {
        const cause = fromWire(data.error);
        return this.fail(
          lost(this.#isReady, `the worker threw outside of any call: ${cause.message}`, cause),
        );
      }
      case "close":
        return this.#onClose();
      default:
        data satisfies never; // at run time: a message of somebody else
    }
  };

  #open(protocol: number, lock: string | undefined) {
    if (this.#isReady) return;
    if (protocol !== PROTOCOL) return this.fail(otherBuild(protocol, PROTOCOL));
    this.#isReady = true;
    this.#start.stop();
    const onFreed = () => this.fail(lost(true, "the worker went away without a word"));
    if (lock !== undefined) watchLifeLock(lock, this.#over.signal, onFreed);
    this.#opened.resolve({ lock });
  }

  readonly #onMessageError = (): void => {
    this.fail(lost(true, "a message of the worker could not be read"));
  };

  readonly #onClose = (): void => {
    this.fail(lost(true, "the other side closed"));
  };
}
