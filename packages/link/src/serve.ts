import { RetrievalError } from "@nearfield/core";
import { toWire } from "./wire.ts";
import {
  PROTOCOL,
  type Calls,
  type CloneableCalls,
  type Endpoint,
  type FromWorker,
  type MethodOf,
  type ToWorker,
} from "./protocol.ts";

/** What a handler has besides its input. */
export interface Job<Progress> {
  /** Aborts when the caller gave up: check it between two batches. */
  readonly signal: AbortSignal;
  report(value: Progress): void;
  /** Moves `buffers` with the result instead of copying them. */
  transfer(...buffers: Transferable[]): void;
}

/** One function per method of the vocabulary. */
export type Handlers<C extends Calls<C>> = {
  readonly [M in MethodOf<C>]: (
    input: C[M]["input"],
    job: Job<C[M]["progress"]>,
  ) => C[M]["output"] | Promise<C[M]["output"]>;
};

/** Answers calls on `endpoint`. The last line of a worker's entry file. */
export function serve<C extends Calls<C> & CloneableCalls<C>>(
  handlers: Handlers<C>,
  endpoint: Endpoint = globalThis as unknown as Endpoint,
): void {
  const running = new Map<number, AbortController>();

  endpoint.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
    switch (data.kind) {
      case "call":
        return void run(data.id, data.method, data.input);
      case "cancel":
        return running.get(data.id)?.abort();
      default:
        data satisfies never;
    }
  });
  endpoint.start?.();
  void announce();

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
        report: (value) => post({ kind: "progress", id, value }),
        transfer: (...buffers) => void transfer.push(...buffers),
      });
      post({ kind: "result", id, output }, transfer);
    } catch (thrown) {
      const failure = controller.signal.aborted
        ? new RetrievalError("ABORTED", "the caller gave up", { cause: thrown })
        : thrown;
      post({ kind: "error", id, error: toWire(failure) });
    } finally {
      running.delete(id);
    }
  }

  async function announce() {
    const lock = await holdLifeLock().catch(() => undefined);
    post({ kind: "ready", protocol: PROTOCOL, lock });
  }

  function post(frame: FromWorker, transfer: Transferable[] = []) {
    endpoint.postMessage(frame, transfer);
  }
}

/**
 * Takes a lock for as long as this thread lives: whoever obtains it next knows that we are gone,
 * even where the browser killed us and sent no event. A worker of opaque origin (a `data:` URL) may
 * hold no lock: then `undefined`.
 */
async function holdLifeLock(): Promise<string | undefined> {
  if (typeof document !== "undefined" || !("locks" in navigator)) return undefined;
  const name = `nearfield:alive:${crypto.randomUUID()}`;
  return new Promise((held, denied) => {
    navigator.locks
      .request(name, () => {
        held(name);
        return new Promise<never>(() => {});
      })
      .catch(denied);
  });
}
