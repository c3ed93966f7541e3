import { RetrievalError } from "@nearfield/core";
import { holdLifeLock } from "./life-lock.ts";
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
import { toWire } from "./wire.ts";

/** What a handler has besides its input. */
export interface Job<Progress> {
  /**
   * Aborts when the caller gave up, with a `RetrievalError` as reason (ABORTED, TIMEOUT, CLOSED). Check it between two
   * batches and while the job waits for its turn: a job that holds on for long may cost the worker its life.
   */
  readonly signal: AbortSignal;
  /** Sends progress, and is a sign of life. Throws NOT_CLONEABLE. */
  readonly report: (value: Progress) => void;
  /** A sign of life without progress: the caller's deadline starts anew. */
  readonly alive: () => void;
  /** Moves `buffers` with the result instead of copying them. */
  readonly transfer: (...buffers: Transferable[]) => void;
}

/** One function per method of the vocabulary, as own properties. */
export type Handlers<C extends Calls<C>> = {
  readonly [M in MethodOf<C>]: (
    input: C[M]["input"],
    job: Job<C[M]["progress"]>,
  ) => C[M]["output"] | Promise<C[M]["output"]>;
};

/**
 * Answers calls on `endpoint`: a port, or by default the page of this worker, in the last line of its entry file. Jobs
 * run as they come, also at once: a handler that can not bear that needs a mutex. When the caller goes away, or the
 * result is disposed, all jobs are aborted; a port is closed too.
 *
 * What is thrown outside of any job (an uncaught error, a rejection that nobody handled) ends the worker's life on the
 * page's side, since its state is unknown then.
 */
export function serve<C extends Calls<C> & CloneableCalls<C>>(
  handlers: Handlers<C>,
  endpoint: Endpoint = globalThis as unknown as Endpoint,
): Disposable {
  const running = new Map<number, AbortController>();
  const over = new AbortController();
  const { signal } = over;

  const onMessage = ({ data }: MessageEvent<ToWorker | null | undefined>): void => {
    if (!data) return;
    switch (data.kind) {
      case "call":
        if (!running.has(data.id)) void run(data.id, data.method, data.input);
        return;
      case "cancel":
        return running
          .get(data.id)
          ?.abort(new RetrievalError(data.code, "the caller gave up or was kept waiting"));
      case "close":
        return stop();
      default:
        data satisfies never; // at run time: a message of somebody else
    }
  };
  endpoint.addEventListener("message", onMessage, { signal });
  endpoint.addEventListener("close", stop, { signal });
  if (endpoint === (globalThis as unknown)) reportUncaught();
  endpoint.start?.();
  void announce();
  return { [Symbol.dispose]: stop };

  async function run(id: number, method: string, input: unknown) {
    const controller = new AbortController();
    const transfer: Transferable[] = [];
    running.set(id, controller);
    try {
      if (!Object.hasOwn(handlers, method)) {
        throw new RetrievalError("INTERNAL", `no method "${method}" here`);
      }
      const output = await handlers[method as MethodOf<C>](input as C[MethodOf<C>]["input"], {
        signal: controller.signal,
        report: (value) => send({ kind: "progress", id, value }, [], `progress of "${method}"`),
        alive: () => post({ kind: "alive", id }),
        transfer: (...buffers) => void transfer.push(...buffers),
      });
      send({ kind: "result", id, output }, transfer, `output of "${method}"`);
    } catch (thrown) {
      post({ kind: "error", id, error: toWire(thrown) });
    } finally {
      running.delete(id);
    }
  }

  /** Posts what a handler has made, and says so in our words where it can not be cloned. */
  function send(frame: FromWorker, transfer: Transferable[], what: string) {
    try {
      post(frame, transfer);
    } catch (cause) {
      throw new RetrievalError("NOT_CLONEABLE", `the ${what} can not cross to the caller`, {
        cause,
      });
    }
  }

  function post(frame: FromWorker, transfer: Transferable[] = []) {
    if (!signal.aborted) endpoint.postMessage(frame, transfer);
  }

  async function announce() {
    post({ kind: "ready", protocol: PROTOCOL, lock: await holdLifeLock() });
  }

  function reportUncaught() {
    const onError = ({ error, message }: ErrorEvent) =>
      post({ kind: "fatal", error: toWire(error ?? new Error(message)) });
    const onRejection = ({ reason }: PromiseRejectionEvent) =>
      post({ kind: "fatal", error: toWire(reason) });
    addEventListener("error", onError, { signal });
    addEventListener("unhandledrejection", onRejection, { signal });
  }

  function stop() {
    if (signal.aborted) return;
    post({ kind: "close" });
    over.abort();
    closePort(endpoint);
    const reason = new RetrievalError("CLOSED", "the caller went away, or serving was stopped");
    for (const controller of running.values()) controller.abort(reason);
  }
}
