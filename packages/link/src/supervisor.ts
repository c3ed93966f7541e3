import { Connection, type CallOptions } from "./connect.ts";
import { RetrievalError } from "@nearfield/core";
import type { Calls, CloneableCalls, MethodOf } from "./protocol.ts";

export interface SupervisorOptions<C extends Calls<C> & CloneableCalls<C>> {
  /** Starts a fresh worker; called again for each further life. */
  readonly spawn: () => Worker;
  /** Brings a fresh worker to the state that calls expect (loads the model, opens the index). */
  readonly prepare?: ((connection: Connection<C>) => Promise<unknown>) | undefined;
  /** How many lives in a row may crash before any call succeeded; one more is refused. Default 2. */
  readonly maxCrashes?: number | undefined;
  /** How long a worker may go on with a job that was aborted, before it is ended. Default 2000. */
  readonly patienceMs?: number | undefined;
}

interface Life<C extends Calls<C> & CloneableCalls<C>> {
  readonly worker: Worker;
  readonly connection: Connection<C>;
  readonly prepared: Promise<unknown>;
}

/** Keeps one worker alive: starts it at the first call, buries it when it dies, starts the next at the next call. */
export class Supervisor<C extends Calls<C> & CloneableCalls<C>> implements Disposable {
  readonly #options: SupervisorOptions<C>;
  #life: Life<C> | undefined;
  #generation = 0;
  #crashes = 0;
  #disposed = false;

  constructor(options: SupervisorOptions<C>) {
    this.#options = options;
  }

  /** How many workers have lived so far. */
  get generation(): number {
    return this.#generation;
  }

  async call<M extends MethodOf<C>>(
    method: M,
    input: C[M]["input"],
    options?: CallOptions<C[M]["progress"]>,
  ): Promise<C[M]["output"]> {
    if (this.#disposed) throw new RetrievalError("CLOSED", "the worker was disposed");
    const { worker, connection, prepared } = (this.#life ??= this.#begin());
    await abortable(prepared, options?.signal);
    const output = await connection.call(method, input, {
      ...options,
      onAbandoned: () => this.#losePatienceWith(worker),
    });
    this.#crashes = 0;
    return output;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#end(new RetrievalError("CLOSED", "the worker was disposed"));
  }

  #begin(): Life<C> {
    if (this.#crashes > (this.#options.maxCrashes ?? 2)) {
      throw new RetrievalError("WORKER_LOST", `the worker crashed ${this.#crashes} times in a row`);
    }
    this.#generation++;
    const worker = this.#options.spawn();
    const crash = (failure: RetrievalError) => {
      if (this.#life?.worker !== worker) return; // an earlier life, or one that we ended
      this.#crashes++;
      this.#end(failure);
    };
    const connection = new Connection<C>(worker, crash);
    // An error event does not say that the worker is dead, but its state is unknown from here on.
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      const message = event.message || "the worker's script did not load";
      crash(new RetrievalError("WORKER_LOST", message, { cause: event.error }));
    });
    const prepared = connection.ready.then(({ lock }) => {
      if (lock) {
        const gone = new RetrievalError("WORKER_LOST", "the worker went away without a word");
        navigator.locks.request(lock, () => crash(gone)).catch(() => {});
      }
      return this.#options.prepare?.(connection);
    });
    // A failed preparation must not poison the calls to come: they get a fresh worker.
    prepared.catch((thrown: unknown) => {
      if (this.#life?.worker !== worker) return;
      this.#end(
        new RetrievalError("INTERNAL", "the worker could not be prepared", { cause: thrown }),
      );
    });
    return { worker, connection, prepared };
  }

  /** An aborted job that does not yield blocks all others: its worker is ended. Returns the reprieve. */
  #losePatienceWith(worker: Worker): () => void {
    const timer = setTimeout(() => {
      if (this.#life?.worker !== worker) return;
      this.#end(new RetrievalError("WORKER_LOST", "an aborted job did not yield"));
    }, this.#options.patienceMs ?? 2000);
    return () => clearTimeout(timer);
  }

  #end(failure: RetrievalError) {
    const life = this.#life;
    this.#life = undefined;
    life?.connection.fail(failure);
    life?.worker.terminate();
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
