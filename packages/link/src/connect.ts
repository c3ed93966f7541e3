import { RetrievalError } from "@nearfield/core";
import { fromWire } from "./wire.ts";
import {
  PROTOCOL,
  type Calls,
  type CloneableCalls,
  type Endpoint,
  type FromWorker,
  type MethodOf,
  type ToWorker,
} from "./protocol.ts";

export interface CallOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((value: Progress) => void) | undefined;
  /** Buffers of the input that are moved instead of copied. */
  readonly transfer?: Transferable[] | undefined;
  /** Called when the caller gave up; what it returns is called once the worker has let go of the job. */
  readonly onAbandoned?: (() => () => void) | undefined;
}

interface Pending {
  resolve(output: never): void;
  reject(reason: unknown): void;
  readonly onProgress: ((value: never) => void) | undefined;
}

/**
 * The caller's end of one worker's life. Once it has failed, it stays failed: `Supervisor` has the
 * next life. `onEnd` is called once, in the same turn as the failure.
 */
export class Connection<C extends Calls<C> & CloneableCalls<C>> implements Disposable {
  readonly ready: Promise<{ lock: string | undefined }>;
  readonly #endpoint: Endpoint;
  readonly #onEnd: ((failure: RetrievalError) => void) | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #abandoned = new Map<number, () => void>();
  readonly #opened = Promise.withResolvers<{ lock: string | undefined }>();
  #nextId = 1;
  #failure: RetrievalError | undefined;

  constructor(endpoint: Endpoint, onEnd?: (failure: RetrievalError) => void) {
    this.#endpoint = endpoint;
    this.#onEnd = onEnd;
    this.ready = this.#opened.promise;
    this.ready.catch(() => {}); // each caller sees the same failure through its own call
    endpoint.addEventListener("message", this.#onMessage);
    endpoint.addEventListener("messageerror", this.#onMessageError);
    endpoint.start?.();
  }

  get pending(): number {
    return this.#pending.size;
  }

  call<M extends MethodOf<C>>(
    method: M,
    input: C[M]["input"],
    { signal, onProgress, onAbandoned, transfer = [] }: CallOptions<C[M]["progress"]> = {},
  ): Promise<C[M]["output"]> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    return new Promise<C[M]["output"]>((resolve, reject) => {
      const onAbort = () => {
        this.#settle(id)?.reject(signal?.reason);
        this.#abandoned.set(id, onAbandoned?.() ?? (() => {}));
        this.#post({ kind: "cancel", id }, []);
      };
      const off = () => signal?.removeEventListener("abort", onAbort);
      this.#pending.set(id, {
        resolve: (output) => (off(), resolve(output)),
        reject: (reason) => (off(), reject(reason)),
        onProgress,
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        this.#post({ kind: "call", id, method, input }, transfer);
      } catch (thrown) {
        const message = `the input of "${method}" cannot cross to the worker`;
        this.#settle(id)?.reject(new RetrievalError("NOT_CLONEABLE", message, { cause: thrown }));
      }
    });
  }

  /** Rejects all that is pending and all that will be asked. */
  fail(failure: RetrievalError): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#endpoint.removeEventListener("message", this.#onMessage);
    this.#endpoint.removeEventListener("messageerror", this.#onMessageError);
    this.#opened.reject(failure);
    for (const id of this.#pending.keys()) this.#settle(id)?.reject(failure);
    for (const id of this.#abandoned.keys()) this.#settle(id);
    this.#onEnd?.(failure);
  }

  [Symbol.dispose](): void {
    this.fail(new RetrievalError("CLOSED", "the worker was disposed"));
  }

  #post(frame: ToWorker, transfer: Transferable[]) {
    this.#endpoint.postMessage(frame, transfer);
  }

  /** Takes one call off the books, whether it is awaited or abandoned. */
  #settle(id: number): Pending | undefined {
    this.#abandoned.get(id)?.();
    this.#abandoned.delete(id);
    const entry = this.#pending.get(id);
    this.#pending.delete(id);
    return entry;
  }

  readonly #onMessage = ({ data }: MessageEvent<FromWorker>): void => {
    switch (data.kind) {
      case "ready":
        if (data.protocol === PROTOCOL) return this.#opened.resolve({ lock: data.lock });
        return this.fail(
          new RetrievalError(
            "WORKER_LOST",
            `the worker speaks protocol ${String(data.protocol)}, this page ${PROTOCOL}`,
          ),
        );
      case "progress":
        return this.#pending.get(data.id)?.onProgress?.(data.value as never);
      case "result":
        return this.#settle(data.id)?.resolve(data.output as never);
      case "error":
        return this.#settle(data.id)?.reject(fromWire(data.error));
      default:
        data satisfies never;
    }
  };

  readonly #onMessageError = (): void => {
    this.fail(new RetrievalError("WORKER_LOST", "a message of the worker could not be read"));
  };
}
