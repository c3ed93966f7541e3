import { RetrievalError } from "@nearfield/core";
import { aborted, raceAbort } from "./abort.ts";
import type { CallOptions } from "./connect.ts";
import { closed, unavailable } from "./failure.ts";
import { Life, type Prepare } from "./life.ts";
import { notify } from "./notify.ts";
import type { Calls, CloneableCalls, MethodOf } from "./protocol.ts";
import { checkLimit, Watchdog } from "./watchdog.ts";

/** All times are in milliseconds; `Infinity` switches a limit off. */
export interface SupervisorOptions<C extends Calls<C> & CloneableCalls<C>> {
  /** Starts a fresh worker; called again for each further life. What it throws becomes WORKER_UNAVAILABLE. */
  readonly spawn: () => Worker;
  /**
   * Brings a fresh worker to the state that calls expect (loads the model, opens the index). All calls wait for it.
   * When it fails, they reject with its `RetrievalError`, and the next call gets a fresh worker.
   */
  readonly prepare?: Prepare<C> | undefined;
  /** Told of every turn in the workers' lives; see {@link LifeEvent}. */
  readonly onLife?: ((event: LifeEvent) => void) | undefined;
  /** How many lives in a row may crash before any call succeeded; one more is refused for `restMs`. Default 2. */
  readonly maxCrashes?: number | undefined;
  /** How long calls are refused after too many crashes; then one more life is tried. Default 30,000. */
  readonly restMs?: number | undefined;
  /** How long a worker may take from `spawn` until it serves. Then WORKER_UNAVAILABLE. Default 30,000. */
  readonly startMs?: number | undefined;
  /** How long `prepare` may go without a sign of life of the worker or itself. Then TIMEOUT. Default 120,000. */
  readonly prepareMs?: number | undefined;
  /**
   * How long a call may go without a sign of life (its progress, `job.alive()`), counted from when the worker is
   * prepared. Then TIMEOUT. Each call may say otherwise; those of `prepare` have `prepareMs` instead. Default 120,000.
   */
  readonly deadlineMs?: number | undefined;
  /**
   * How long a worker may go on with a job that was aborted or timed out, before it is ended. Longer than the longest
   * step between two looks at `job.signal`. Default 2,000.
   */
  readonly patienceMs?: number | undefined;
  /**
   * How long a worker without any job is kept. Only calls of this supervisor count: not for a worker that others ask
   * over a port. Default `Infinity`.
   */
  readonly idleMs?: number | undefined;
}

/**
 * `starting`: a worker was started. `ready`: it takes calls. `lost`: it could not be started or prepared, or died.
 * `idle`: it was ended for lack of work. `closed`: the supervisor was disposed.
 */
export type LifeEvent =
  | {
      readonly state: "starting" | "ready" | "idle" | "closed";
      /** Which worker it is about, from 1; 0 where none was started. */
      readonly generation: number;
    }
  | { readonly state: "lost"; readonly generation: number; readonly error: RetrievalError };

// Where there is no reason for a figure but to be generous: a slow machine must never reach these limits.
const DEFAULTS = {
  restMs: 30_000,
  startMs: 30_000,
  prepareMs: 120_000,
  deadlineMs: 120_000,
  patienceMs: 2_000,
  idleMs: Infinity,
} as const;
const MAX_CRASHES = 2;

/**
 * Keeps one worker alive: starts it at the first call, buries it when it dies, starts the next at the next call. Every
 * call settles: with its output, or with one of the errors of `Connection.call`, WORKER_UNAVAILABLE, or what `prepare`
 * threw. Nothing is asked twice: what was pending at a death rejects, and whoever asked may ask again.
 */
export class Supervisor<C extends Calls<C> & CloneableCalls<C>> implements Disposable {
  readonly #options: SupervisorOptions<C>;
  readonly #limits: { readonly [L in keyof typeof DEFAULTS]: number };
  #life: Life<C> | undefined;
  #last: LifeEvent | undefined;
  #idle: Watchdog | undefined;
  #generation = 0;
  #crashes = 0;
  #crash: { readonly failure: RetrievalError; readonly at: number } | undefined;
  #isClosed = false;

  constructor(options: SupervisorOptions<C>) {
    const limit = (name: keyof typeof DEFAULTS) =>
      checkLimit(name, options[name] ?? DEFAULTS[name]);
    this.#options = options;
    this.#limits = {
      restMs: limit("restMs"),
      startMs: limit("startMs"),
      prepareMs: limit("prepareMs"),
      deadlineMs: limit("deadlineMs"),
      patienceMs: limit("patienceMs"),
      idleMs: limit("idleMs"),
    };
  }

  /** How many workers have been started so far. */
  get generation(): number {
    return this.#generation;
  }

  /** What happened last, for a status report; `undefined` before the first call. */
  get life(): LifeEvent | undefined {
    return this.#last;
  }

  /** Waits for a worker that is prepared, and asks it. `input` must not change until then. */
  async call<M extends MethodOf<C>>(
    method: M,
    input: C[M]["input"],
    options: CallOptions<C[M]["progress"]> = {},
  ): Promise<C[M]["output"]> {
    const { signal, deadlineMs = this.#limits.deadlineMs } = options;
    if (this.#isClosed) throw closed();
    if (signal?.aborted) throw aborted(signal);
    const life = this.#life ?? this.#begin();
    this.#idle?.stop();
    life.calls++;
    try {
      await raceAbort(life.prepared, signal);
      const output = await life.connection.call(method, input, { ...options, deadlineMs });
      this.#crashes = 0;
      return output;
    } finally {
      life.calls--;
      this.#watchIdle(life);
    }
  }

  /** Ends the worker. What is pending, and all that will be asked, rejects with CLOSED. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop("closed");
  }

  #begin(): Life<C> {
    this.#refuseAfterCrashes();
    const generation = ++this.#generation;
    let worker: Worker;
    try {
      worker = checkWorker(this.#options.spawn());
    } catch (thrown) {
      const failure = unavailable("the worker could not be started", thrown);
      this.#bury(generation, failure);
      throw failure;
    }
    const life = new Life<C>(worker, this.#limits, this.#options.prepare, (failure) => {
      if (this.#life !== life) return; // we ended it ourselves
      this.#life = undefined;
      this.#idle?.stop();
      this.#bury(generation, failure);
    });
    this.#life = life;
    this.#tell({ state: "starting", generation });
    const onPrepared = () => {
      this.#tell({ state: "ready", generation });
      this.#watchIdle(life);
    };
    life.prepared.then(onPrepared, () => {});
    return life;
  }

  #bury(generation: number, error: RetrievalError) {
    if (isCrash(error)) {
      this.#crashes++;
      this.#crash = { failure: error, at: performance.now() };
    }
    this.#tell({ state: "lost", generation, error });
  }

  #refuseAfterCrashes() {
    const { restMs } = this.#limits;
    const crash = this.#crash;
    if (!crash || this.#crashes <= (this.#options.maxCrashes ?? MAX_CRASHES)) return;
    if (performance.now() - crash.at >= restMs) return;
    const { code } = crash.failure;
    throw new RetrievalError(code, `the worker crashed ${this.#crashes} times in a row`, {
      repair: `Look at the cause; after ${restMs} ms a call tries a fresh worker again.`,
      cause: crash.failure,
    });
  }

  #watchIdle(life: Life<C>) {
    if (this.#life !== life || life.calls > 0 || !life.isPrepared) return;
    this.#idle?.stop();
    this.#idle = new Watchdog(this.#limits.idleMs, () =>
      // An aborted job may still be at work: it has `patienceMs`.
      life.connection.isBusy ? this.#watchIdle(life) : this.#stop("idle"),
    );
  }

  #stop(state: "idle" | "closed") {
    const life = this.#life;
    this.#life = undefined;
    this.#idle?.stop();
    life?.connection.fail(closed());
    this.#tell({ state, generation: this.#generation });
  }

  #tell(event: LifeEvent) {
    this.#last = event;
    notify(this.#options.onLife, event);
  }
}

/** Whether a worker failed of itself; not where `prepare` refused, or the caller aborted a job that did not yield. */
function isCrash({ code, cause }: RetrievalError): boolean {
  if (cause instanceof RetrievalError && cause.code === "ABORTED") return false;
  return code === "WORKER_LOST" || code === "WORKER_UNAVAILABLE" || code === "TIMEOUT";
}

/** A factory of the app may give anything, a promise of a worker first of all. */
function checkWorker(worker: Worker): Worker {
  if (typeof (worker as Partial<Worker> | null | undefined)?.terminate === "function")
    return worker;
  throw new TypeError("the factory gave something that is no Worker");
}
